"""A certificate authority of the tests' own, and the service between its neighbours."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from dispatch_email import app
from dispatch_email.settings import Settings
from sandbox.app import build as build_sandbox
from sandbox.settings import Settings as SandboxSettings

from tests.dispatch_email.campaigning import Campaigning
from tests.dispatch_email.keys import SigningKeys
from tests.dispatch_email.post import Post, quick
from tests.support.answers import http_client
from tests.support.world import World


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a self-signed certificate for localhost; its key lies beside it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return str(folder / "certificate.pem")


@pytest.fixture(scope="session")
def certificate(authority: str) -> ssl.SSLContext:
    """What a server shows for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, str(Path(authority).parent / "key.pem"))
    return context


@pytest.fixture(scope="session")
def signing_keys() -> SigningKeys:
    """One of each kind."""
    return SigningKeys.made()


@pytest.fixture(scope="module")
async def post(
    world: World, signing_keys: SigningKeys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Post]:
    """dispatch-email, signing with both keys, and the sandbox's mail server, each knowing the other."""
    journal = tmp_path_factory.mktemp("journal")
    office = build_sandbox(world.settings(SandboxSettings, smtp_port=0, journal_dir=journal, bounce_delay=0.1))
    login = (world.secrets["TWILIO_ACCOUNT_SID"], world.secrets["TWILIO_AUTH_TOKEN"])
    async with office.serving() as office_url, http_client("sandbox", office_url, auth=login) as there:
        settings = world.settings(Settings, **quick(smtp_port=office.smtp_port, **signing_keys.settings))
        service = app.build(settings)
        async with service.serving() as url, http_client("dispatch_email", url, headers=world.headers()) as client:
            target = {"dsn_target": f"127.0.0.1:{service.bounce_port}"}
            (await there.put("/sandbox/settings", json=target)).raise_for_status()
            yield Post(world, settings, client, there, service.bounce_port, journal, service.metrics)


@pytest.fixture(scope="module")
async def campaign(post: Post) -> Campaigning:
    """One that may send now."""
    return await Campaigning.launched(post.world)
