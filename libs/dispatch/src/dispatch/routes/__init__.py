"""The paths of a dispatcher: `desk` for every one, `suppressions` for a channel that says what its addresses are."""
