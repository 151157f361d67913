"""The ledger of deliveries: states, moves, and the one place that writes them."""
