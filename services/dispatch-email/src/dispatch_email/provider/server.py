"""How the mail server is reached, from the settings. The certificate is checked wherever TLS is required."""

import ssl

from dispatch_email.provider.connection import Way
from dispatch_email.settings import Settings

_START_TLS = {"required": True, "opportunistic": None, "none": False, "implicit": False}
"""aiosmtplib's word: True refuses a server that does not offer STARTTLS, None takes it where offered."""


def way_to(settings: Settings) -> Way:
    """aiosmtplib's options; the TLS context is built once for all connections."""
    options = {
        "hostname": settings.smtp_host,
        "port": settings.smtp_port,
        "timeout": settings.smtp_timeout_seconds,
        "local_hostname": settings.mail_domain,
        "use_tls": settings.smtp_tls == "implicit",
        "start_tls": _START_TLS[settings.smtp_tls],
        "tls_context": _context(settings),
        "username": settings.smtp_username or None,
        "password": settings.smtp_password.get_secret_value() or None,
    }
    return Way(options, settings.smtp_answer_seconds)


def _context(settings: Settings) -> ssl.SSLContext | None:
    if settings.smtp_tls == "none":
        return None
    context = ssl.create_default_context(cafile=settings.smtp_ca_file or None)
    if settings.smtp_tls == "opportunistic":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
