"""Every statement that the segmenter gives to its database."""
