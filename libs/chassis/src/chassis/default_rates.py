"""How fast messages go where a deployment says nothing else. The dispatchers keep to it; the segmenter reckons with it
when it says how long a campaign would take. Whoever sets another rate sets it for both."""

TEXT_PARTS_A_SECOND = 10.0
"""Over all replicas. Twilio allows a sender more or less by its kind and country."""
MAILS_A_SECOND = 50.0
