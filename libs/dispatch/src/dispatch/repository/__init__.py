"""Statements to the dispatcher's database, by noun. They work on sets; none of them opens or ends a transaction."""
