"""The shared rate of a provider's sender."""
