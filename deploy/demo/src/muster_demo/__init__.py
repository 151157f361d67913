"""The main job, run and judged."""
