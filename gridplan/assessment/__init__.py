"""What is wrong: limits, durations, rules and findings."""
