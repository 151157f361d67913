"""What is sent: content, sender identity and links of one delivery."""
