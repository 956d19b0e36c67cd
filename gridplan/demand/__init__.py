"""What people will draw: festival days, returnees and their loads."""
