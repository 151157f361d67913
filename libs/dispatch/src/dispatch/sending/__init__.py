"""From a due row to the provider's answer: loop, claim, gate, composition, calls, outcomes."""
