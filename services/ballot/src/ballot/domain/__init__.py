"""What ballot decides: words, times, votes and what may be told of them. Pure and synchronous."""
