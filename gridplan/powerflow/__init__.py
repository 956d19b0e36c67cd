"""What the grid does: batched three-phase power flow."""
