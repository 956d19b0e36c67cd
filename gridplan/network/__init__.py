"""What stands in the field: feeders read from pandapower networks."""
