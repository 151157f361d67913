"""`muster erasure sweep`: takes what erased members left behind out of freed space, WAL and compacted topics."""
