"""What a dispatcher decides: pure, synchronous, no I/O."""
