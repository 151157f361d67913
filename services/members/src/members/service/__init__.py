"""The verbs of members: each opens one transaction, and what it says goes out with its commit."""
