"""How long each table keeps its rows, and the one led task that deletes what has been kept long enough."""
