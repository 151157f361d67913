"""The segmenter's verbs."""
