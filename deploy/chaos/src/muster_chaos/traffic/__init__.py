"""What goes on meanwhile: campaigns, events of other systems, texts from members, and the staff who act."""
