"""What the segmenter does: one transaction a method."""
