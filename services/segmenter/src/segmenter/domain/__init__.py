"""What the segmenter decides: segment rules, campaigns and their states, audiences, disclosure. Pure."""
