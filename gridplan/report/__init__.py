"""What people read: plan.json, report.html, moves.csv."""
