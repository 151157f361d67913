"""Muster under kill -9, stalls and hostile providers: a seeded run through real processes, and the judge after it."""
