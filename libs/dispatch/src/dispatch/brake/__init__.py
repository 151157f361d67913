"""Stops, and whether sending may go on: kept in the dispatcher's own database, so that they need nobody else."""
