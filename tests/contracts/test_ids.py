"""A list of members does not match delivery ids and pseudonyms without the installation's secret."""

import ast
import hashlib
import hmac
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations
from uuid import NAMESPACE_DNS, NAMESPACE_OID, NAMESPACE_URL, NAMESPACE_X500, UUID, uuid3, uuid5

import contracts.ids
import pytest
from contracts.ids import Ids, Pseudonyms

MEMBERS = [UUID(int=0x12345678_1234_4234_8234_000000000000 + number) for number in range(10)]
CAMPAIGN, STEP, CHANNEL = UUID(int=0x0D9F3A1E_5B7C_4C2D_8E6F_000000000003), 1, "sms"
OURS, THEIRS = b"o" * 32, b"t" * 32
HASHES = ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s")
Made = Callable[[UUID], set[str]]


def public_words() -> list[bytes]:
    """Every text that anybody can read in the source of the ids."""
    tree = ast.parse(inspect.getsource(contracts.ids))
    words = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [b"", *(word if isinstance(word, bytes) else str(word).encode() for word in words)]


def namespaces() -> list[UUID]:
    """Those of RFC 9562, the nil one, and what can be made of the source."""
    known = [NAMESPACE_DNS, NAMESPACE_URL, NAMESPACE_OID, NAMESPACE_X500, UUID(int=0), UUID(int=2**128 - 1)]
    words = public_words()
    made = [hmac.digest(key, b"muster/namespace", "sha256") for key in words]
    made += [hashlib.new(kind, word).digest() for word in words for kind in HASHES]
    uuids = [UUID(bytes=some[:16], version=version) for some in made for version in (None, 5)]
    return [*known, *uuids, *(uuid5(namespace, "muster") for namespace in known), CAMPAIGN]


NAMESPACES = namespaces()


def names(member: UUID) -> Iterator[str]:
    """What may have been hashed: the id in its spellings, alone and with all that is public of a delivery."""
    yield from (str(member), member.hex, member.urn, str(member).upper())
    parts = (str(CAMPAIGN), str(STEP), str(member), CHANNEL)
    for separator in ("|", ":", ""):
        yield separator.join(("delivery", *parts))
        yield separator.join(("event", *parts))
        for some in (*permutations(parts, 2), *permutations(parts, 4)):
            if str(member) in some:
                yield separator.join(some)


def hashed(some: bytes) -> Iterator[str]:
    """As hex, whole and cut to a pseudonym's length, by every hash without a key or under a public one."""
    for kind in HASHES:
        yield hashlib.new(kind, some).hexdigest()
    for key in public_words():
        yield hmac.new(key, some, "sha256").hexdigest()


@cache
def guesses(member: UUID) -> set[str]:
    """All that can be made of a member's id without the secret; 32 hex digits each, or a whole digest."""
    spelt = list(names(member))
    found = {make(namespace, name).hex for namespace in NAMESPACES for name in spelt for make in (uuid3, uuid5)}
    for some in (*(name.encode() for name in spelt), member.bytes):
        for digest in hashed(some):
            found |= {digest, digest[:32], UUID(digest[:32], version=4).hex, UUID(digest[:32], version=5).hex}
    return found


def published(ids: Ids, pseudonyms: Pseudonyms, member: UUID) -> set[str]:
    """What `deliveries` says of a member."""
    delivery = ids.delivery(CAMPAIGN, STEP, member, CHANNEL)
    return {delivery.hex, ids.event(delivery, "accepted").hex, ids.event(CAMPAIGN, member).hex, pseudonyms.of(member)}


def installation(secret: bytes) -> Made:
    """Both under one installation's secrets."""
    ids, pseudonyms = Ids(secret), Pseudonyms(secret[::-1] + b"p", "1")
    return lambda member: published(ids, pseudonyms, member)


def test_no_public_namespace_and_no_hash_without_the_secret_finds_a_member() -> None:
    told = installation(OURS)
    everything = {some for member in MEMBERS for some in told(member)}
    assert len(everything) == 4 * len(MEMBERS)
    assert not [member for member in MEMBERS if guesses(member) & everything]


@pytest.mark.parametrize(
    "weak",
    [
        lambda member: uuid5(NAMESPACE_URL, f"delivery|{CAMPAIGN}|{STEP}|{member}|{CHANNEL}").hex,
        lambda member: uuid5(UUID(int=0), str(member)).hex,
        lambda member: uuid3(NAMESPACE_DNS, f"{member}{CAMPAIGN}").hex,
        lambda member: _unkeyed(member).hex,
        lambda member: hashlib.sha256(member.bytes).hexdigest()[:32],
        lambda member: hashlib.md5(str(member).encode(), usedforsecurity=False).hexdigest(),
        lambda member: hashlib.blake2b(member.hex.encode()).hexdigest(),
        lambda member: hmac.new(b"", member.bytes, hashlib.sha256).hexdigest()[:32],
    ],
)
def test_the_same_search_finds_who_is_badly_hidden(weak: Callable[[UUID], str]) -> None:
    assert all(weak(member) in guesses(member) for member in MEMBERS[:2])


def _unkeyed(member: UUID) -> UUID:
    """An id as ours are made, under a namespace that is a constant of the source."""
    namespace = UUID(bytes=hmac.digest(b"muster/namespace", b"muster/namespace", "sha256")[:16], version=5)
    return uuid5(namespace, f"delivery|{CAMPAIGN}|{STEP}|{member}|{CHANNEL}")


def test_another_installation_gives_wholly_other_ids() -> None:
    ours, theirs = ({some for member in MEMBERS for some in installation(key)(member)} for key in (OURS, THEIRS))
    assert not ours & theirs


def test_one_secret_gives_the_same_again_and_a_short_one_is_refused() -> None:
    assert installation(OURS)(MEMBERS[0]) == installation(OURS)(MEMBERS[0])
    with pytest.raises(ValueError, match="32 bytes"):
        Ids(b"o" * 31)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ada@straße.de", "ada@strasse.de", False),
        ("ada@straße.de", "Ada@xn--strae-oqa.de", True),
        ("ada@Bücher.de", " ada@bücher.DE", True),
        ("ada@union.example", "ADA@Union.Example", True),
        ("+447400123456", "+447400123456 ", True),
    ],
)
def test_an_opt_out_is_kept_under_the_domain_that_mail_is_routed_by(one: str, other: str, same: bool) -> None:
    hashes = {contracts.ids.address_hash(OURS, "email", each) for each in (one, other)}
    assert (len(hashes) == 1) is same
