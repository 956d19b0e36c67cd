"""What is kept: regression baselines."""
