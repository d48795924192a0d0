"""Drawing on lots: credits, commitments and entitlements, and the one order in which they give."""
