"""What an auditor does: compare with expectations, explain, verify."""
