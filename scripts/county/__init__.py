"""A synthetic county, made appliance by appliance: a rehearsal ground for the back-test."""
