"""Rates of sending unless a deployment sets others. The dispatchers keep to them; the segmenter estimates with them how
long a campaign takes. A deployment that sets another rate sets it for both."""

TEXT_PARTS_A_SECOND = 10.0
"""Over all replicas. Twilio allows a sender more or less by its kind and country."""
MAILS_A_SECOND = 50.0
