"""What the segmenter decides: rules, campaigns, transitions, prices. Pure."""
