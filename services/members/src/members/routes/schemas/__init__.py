"""Response bodies of members."""
