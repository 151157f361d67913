"""The dispatchers' common schema, step by step; each service's own migrations call these."""
