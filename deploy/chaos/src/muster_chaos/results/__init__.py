"""What is measured after a run."""
