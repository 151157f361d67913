"""Incidents: what happens to a union on its worst day, each of them once a run and by name."""
