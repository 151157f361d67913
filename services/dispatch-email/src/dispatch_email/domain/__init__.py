"""What dispatch-email decides: what a server's reply means, whose bounce this is, what a report says."""
