"""What the segmenter keeps of other services' events: set-based, and newer versions only. Addresses are not kept."""
