"""Broker credentials in FastStream's own terms."""

from aiokafka.helpers import create_ssl_context
from chassis.settings import ServiceSettings
from faststream.security import BaseSecurity, SASLScram512


def broker_security(settings: ServiceSettings) -> BaseSecurity | None:
    """None on a plain connection."""
    protocol = settings.kafka_security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = create_ssl_context() if protocol.endswith("SSL") else None
    if protocol.startswith("SASL"):
        return SASLScram512(
            settings.kafka_sasl_username,
            settings.kafka_sasl_password.get_secret_value(),
            ssl_context=context,
            use_ssl=context is not None,
        )
    return BaseSecurity(ssl_context=context, use_ssl=True)
