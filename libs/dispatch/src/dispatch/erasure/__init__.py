"""Removes what ties the ledger to erased members."""
