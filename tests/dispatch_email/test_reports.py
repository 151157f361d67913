"""What comes back is read right, and nothing that comes back can stop the reader."""

import pytest
from dispatch_email.domain.reports import Kind, Report, read
from hypothesis import given
from hypothesis import strategies as st

from tests.dispatch_email import bounced


@pytest.mark.parametrize(("status", "bad"), [("5.1.1", True), ("5.2.2", False), ("5.7.1", False), ("5.1.10", True)])
def test_a_failed_report_tells_why(status: str, bad: bool) -> None:
    assert read(bounced.failed(status)) == Report(Kind.FAILED, status, address_bad=bad)


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("Failed", Kind.FAILED),
        ("failed (no such user)", Kind.FAILED),
        ("delivered", Kind.DELIVERED),
        ("delayed", Kind.PASSING),
        ("relayed", Kind.PASSING),
        ("expanded", Kind.PASSING),
        ("exploded", Kind.UNKNOWN),
        ("", Kind.UNKNOWN),
    ],
)
def test_only_the_action_says_how_it_ended(action: str, kind: Kind) -> None:
    assert read(bounced.failed("5.1.1", action)).kind is kind


def test_a_status_with_words_around_it_is_found() -> None:
    assert read(bounced.failed("5.1.1 (bad destination mailbox address)")).status == "5.1.1"


def test_a_failure_without_a_status_has_the_unknown_one() -> None:
    assert read(bounced.dsn({"Action": "failed"})) == Report(Kind.FAILED, "5.0.0")


def test_reached_at_one_address_of_two_is_reached() -> None:
    both = [{"Action": "failed", "Status": "5.1.1"}, {"Action": "delivered", "Status": "2.0.0"}]
    assert read(bounced.dsn(*both)).kind is Kind.DELIVERED
    assert read(bounced.dsn(*reversed(both))).kind is Kind.DELIVERED


def test_a_report_inside_a_forwarded_mail_is_still_a_report() -> None:
    outer = b"From: a@x.example\r\nContent-Type: message/rfc822\r\n\r\n" + bounced.failed("5.2.1")
    assert read(outer) == Report(Kind.FAILED, "5.2.1", address_bad=True)


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out", "Abuse"])
def test_a_complaint_names_the_return_path_it_saw(kind: str) -> None:
    report = read(bounced.complaint("<bounces+x.1.y@mail.union.example>", kind))
    assert (report.kind, report.return_path) == (Kind.COMPLAINT, "bounces+x.1.y@mail.union.example")


def test_praise_is_no_complaint() -> None:
    assert read(bounced.complaint(kind="not-spam")).kind is Kind.PASSING


def test_plain_words_of_a_known_kind_are_a_failure() -> None:
    assert read(bounced.qmail()) == Report(Kind.FAILED, "5.1.1", address_bad=True)


def test_plain_words_of_no_known_kind_are_a_failure_if_they_name_one_status() -> None:
    assert read(bounced.plain("Sorry, nobody here by that name. (#5.1.1)")) == Report(
        Kind.FAILED, "5.1.1", address_bad=True
    )
    assert read(bounced.plain("See #5.1.1 and #5.2.2 of our rules.")).kind is Kind.UNKNOWN


@pytest.mark.parametrize("subject", ["Re: Undelivered mail", "AW: Zustellung der Wahlbriefe", "Retour sur la grève"])
def test_what_a_person_writes_about_delivery_is_no_bounce(subject: str) -> None:
    raw = bounced.plain("550 of us never got it; the user unknown to you is me.").replace(
        b"Subject: Hello", f"Subject: {subject}".encode()
    )
    assert read(raw).kind is Kind.UNKNOWN


def test_a_mail_system_that_writes_without_fields_reports_a_failure() -> None:
    raw = bounced.plain("Your message was refused.").replace(b"From: somebody", b"From: MAILER-DAEMON")
    assert read(raw) == Report(Kind.FAILED, "5.0.0")


def test_headers_that_are_not_ascii_hide_no_failure() -> None:
    """flufl.bounce falls over them."""
    raw = "From: Système <postmaster@x.example>\nSubject: Échec\n\n<a@x.example>\n550 Utilisateur inconnu\n".encode()
    assert read(raw) == Report(Kind.FAILED, "5.0.0", address_bad=True)


@pytest.mark.parametrize("subject", ["=?utf-8?b?AAA?=", "=?no-such-charset?q?a?=", "=?utf-8?b?/////w==?="])
def test_a_subject_that_cannot_be_decoded_hides_no_failure(subject: str) -> None:
    raw = f"From: MAILER-DAEMON@x.example\nSubject: {subject}\n\n<a@x.example>\n550 no such user\n".encode()
    assert read(raw) == Report(Kind.FAILED, "5.0.0", address_bad=True)
    person = f"From: a@x.example\nSubject: {subject}\n\nHello\n".encode()
    assert read(person) == Report(Kind.UNKNOWN)


def test_a_report_without_an_action_is_read_by_its_words() -> None:
    fields = {"Status": "5.0.0", "Diagnostic-Code": "smtp; 550 no such user"}
    assert read(bounced.dsn(fields)) == Report(Kind.FAILED, "5.0.0", address_bad=True)
    silent = {"Final-Recipient": "rfc822; member@branch.example"}
    words = "Hi. This is the qmail-send program at x.example.\n\n<member@branch.example>:\nno mailbox here. (#5.1.1)\n"
    assert read(bounced.dsn(silent, words=words)) == Report(Kind.FAILED, "5.1.1", address_bad=True)


def test_an_auto_reply_is_no_bounce() -> None:
    assert read(bounced.vacation()).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n\r\n", b"\x00\xff" * 100, bounced.plain(), b"Content-Type: multipart/report"]
)
def test_anything_else_is_unknown(raw: bytes) -> None:
    assert read(raw) == Report(Kind.UNKNOWN)


def test_parts_nested_a_thousand_deep_stop_nobody() -> None:
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{depth}"\r\n\r\n--b{depth}\r\n' for depth in range(1000))
    assert read(head.encode()).kind is Kind.UNKNOWN


SHAPES = [bounced.failed(), bounced.complaint("<a@b.example>"), bounced.qmail(), bounced.vacation()]


@given(st.sampled_from(SHAPES), st.integers(0, 3000), st.integers(0, 400), st.binary(max_size=60))
def test_a_damaged_report_is_read_without_a_fall(raw: bytes, start: int, length: int, noise: bytes) -> None:
    damaged = raw[:start] + noise + raw[start + length :]
    assert read(damaged).kind in Kind


@given(st.binary(max_size=2000))
def test_any_bytes_at_all_are_read_without_a_fall(raw: bytes) -> None:
    assert read(raw).kind in Kind


@pytest.mark.parametrize("charset", ["no-such-charset", "utf-8", "\\x00"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "nonsense"])
def test_a_report_in_any_dress_is_read_without_a_fall(charset: str, encoding: str) -> None:
    head = f"Content-Type: message/delivery-status; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    assert read(head.encode() + b"Action: failed\r\nStatus: 5.1.1\r\n\r\n").kind in Kind
