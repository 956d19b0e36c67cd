"""What would help: phase moves and the measures beside them."""
