"""The protections that keep messages from being lost or repeated: how each is removed, and which tests then fail.

`before` occurs in the file one time; a test fails when a protection was rewritten.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Protection:
    """One protection. `tests` are pytest's arguments for the tests that fail without it."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def taken_out(self, root: Path) -> str:
        """The file's text without it. Raises ValueError if it does not occur one time, or if a test file is missing."""
        if missing := [test for test in self.tests if test.startswith("tests/") and not (root / test).exists()]:
            raise ValueError(f"{self.name}: no {', '.join(missing)}")
        text = (root / self.file).read_text()
        if text.count(self.before) != 1:
            raise ValueError(f"{self.name}: not once in {self.file}")
        return text.replace(self.before, self.after)


_DISPATCH = "libs/dispatch/src/dispatch"

PROTECTIONS = (
    Protection(
        "a dropped month admits nothing",
        f"{_DISPATCH}/ddl.py",
        "AND m.dropped_at IS NOT NULL) THEN RETURN; END IF;",
        "AND m.dropped_at IS NOT NULL) THEN NULL; END IF;",
        ("tests/dispatch/retention/test_months.py",),
    ),
    Protection(
        "the unique key of a delivery",
        f"{_DISPATCH}/models/ledger.py",
        'Column("delivery_id", Uuid, primary_key=True),\n    Column("month", Date, primary_key=True),',
        'Column("delivery_id", Uuid, nullable=False),\n    Column("month", Date, nullable=False),',
        ("tests/dispatch/admission/test_redelivery.py",),
    ),
    Protection(
        "an outcome counts for its own generation only",
        f"{_DISPATCH}/ledger/moves.py",
        "return move.gen is None or move.gen == row.gen",
        "return True",
        ("tests/dispatch/ledger/test_moves.py",),
    ),
    Protection(
        "evidence of an earlier attempt counts",
        f"{_DISPATCH}/ledger/moves.py",
        "return row.gen >= 1 and (move.gen is None or 1 <= move.gen <= row.gen)",
        "return move.gen is None or move.gen == row.gen",
        ("tests/dispatch/ledger/test_moves.py",),
    ),
    Protection(
        "the wait Q before the list is believed",
        f"{_DISPATCH}/settlement/sql.py",
        "WHERE state = 'in_doubt' AND deadline + CAST(:wait AS interval) < clock_timestamp()",
        "WHERE state = 'in_doubt' AND CAST(:wait AS interval) IS NOT NULL",
        (
            "tests/dispatch/settlement/test_crashes.py",
            "-k",
            "test_6_the_second_look_comes_a_gap_after_the_first_and_neither_before",
        ),
    ),
    Protection(
        "the second look at the list",
        f"{_DISPATCH}/settlement/lookup.py",
        "LOOKS = 2",
        "LOOKS = 1",
        ("tests/dispatch/settlement/test_doubts.py", "-k", "test_a_late_accept_is_found_by_the_second_look"),
    ),
    Protection(
        "no call after deadline minus timeout",
        f"{_DISPATCH}/sending/calls.py",
        "late = max(start, time.monotonic()) > call.last_start",
        "late = start > call.last_start",
        (
            "tests/dispatch/settlement/test_crashes.py",
            "-k",
            "test_13_a_stalled_process_does_not_begin_a_call_too_late",
        ),
    ),
    Protection(
        "Q is at least P + L + V, or the start is refused",
        f"{_DISPATCH}/settings.py",
        "if self.doubt_seconds < needed - 1e-6:",
        "if self.doubt_seconds < 0:",
        ("tests/dispatch/admission/test_redelivery.py", "-k", "test_too_short_a_wait_for_its_spans"),
    ),
    Protection(
        "publication is marked up to the revision that was read",
        f"{_DISPATCH}/publication/sql.py",
        "SET published_rev = n.rev",
        "SET published_rev = d.rev",
        (
            "tests/dispatch/publication/test_publication.py",
            "-k",
            "test_a_transition_while_publishing_stays_to_be_told",
        ),
    ),
    Protection(
        "a claim and a STOP lock the same contacts",
        f"{_DISPATCH}/sending/claim_sql.py",
        "ORDER BY member_id FOR SHARE",
        "ORDER BY member_id",
        ("tests/dispatch/inbound/test_suppression.py", "-k", "test_a_claim_waits_for_a_stop_that_began_first"),
    ),
    Protection(
        "one address gets one message of a step",
        f"{_DISPATCH}/sending/same_address.py",
        "AND d.state IN ('skipped', 'rejected')",
        "AND d.state <> ''",
        ("tests/dispatch/sending/test_same_address.py",),
    ),
    Protection(
        "a request for somebody erased is skipped",
        f"{_DISPATCH}/admission/sql.py",
        "CASE WHEN c.erased THEN 'skipped' ELSE 'requested' END, CASE WHEN c.erased",
        "CASE WHEN false THEN 'skipped' ELSE 'requested' END, CASE WHEN c.erased",
        ("tests/dispatch/erasure/test_erasure.py", "tests/dispatch/inbound/test_suppression.py"),
    ),
    Protection(
        "a written dot without an answer is in doubt",
        "services/dispatch-email/src/dispatch_email/provider/mail.py",
        'return InDoubt("no_answer_after_dot")',
        'return NotSent("no_answer_after_dot", retry_after=again)',
        ("tests/dispatch_email/test_dispatching.py", "-k", "test_a_connection_lost_once_the_dot_was_written"),
    ),
    Protection(
        "an event posted again is not done again",
        "services/members/src/members/service/intake.py",
        "fresh = [item for item in posted if item.key in new and distinct[item.key] is item]",
        "fresh = [item for item in posted if distinct[item.key] is item]",
        ("tests/members/intake/test_intake.py",),
    ),
    Protection(
        "an answered inbound text is heard once",
        f"{_DISPATCH}/inbound/replies_sql.py",
        "    return list((await run(session, _NOTE_ALL, ids=sorted(reply_ids), at=at)).scalars())",
        "    await run(session, _NOTE_ALL, ids=sorted(reply_ids), at=at)\n    return list(reply_ids)",
        ("tests/dispatch/inbound/test_suppression.py", "-k", "test_a_repeated_webhook_says_it_once"),
    ),
    Protection(
        "admission stores its offset with its rows",
        f"{_DISPATCH}/admission/admission.py",
        '            await batch.store(session)\n            reach("admission.before-commit")',
        '            reach("admission.before-commit")',
        ("tests/dispatch/restore/test_recovery.py",),
    ),
    Protection(
        "a connection that broke after the first byte is in doubt",
        "services/dispatch-sms/src/dispatch_sms/provider/sms.py",
        '    return InDoubt("connection_broken")',
        '    return NotSent(why="connection_broken")',
        ("tests/dispatch_sms/test_provider.py",),
    ),
    Protection(
        "the checkpoint moves after the broker's acknowledgement",
        "services/segmenter/src/segmenter/repository/fanout.py",
        '"checkpoint": shard.prepared,',
        '"checkpoint": prepared,',
        ("tests/segmenter/audience/test_fan_out_crash.py", "-k", "test_a_killed_fan_out"),
    ),
    Protection(
        "a stalled relay is fenced",
        "libs/chassis/src/chassis/kafka/outbox.py",
        'transactional_id=f"{self._kafka.settings.topic_prefix}{self._service}-outbox-{shard}"',
        'transactional_id=f"{self._kafka.settings.topic_prefix}{self._service}-outbox-{id(self)}-{shard}"',
        ("tests/chassis/kafka/test_running.py", "-k", "test_a_stalled_relay_is_fenced_by_its_successor"),
    ),
    Protection(
        "a consumer goes on where the database says",
        "libs/chassis/src/chassis/kafka/consumer.py",
        "consumer.seek(part, stored[part]",
        "(part, stored[part]",
        ("tests/chassis/kafka/test_running.py", "-k", "test_a_database_that_was_set_back_hears_again"),
    ),
    Protection(
        "a batch that another replica has handled has no effect",
        "libs/chassis/src/chassis/kafka/positions.py",
        "result.rowcount < len(positions)",
        "result.rowcount < 0",
        ("tests/chassis/kafka/test_overtaken.py", "-k", "stalled"),
    ),
    Protection(
        "a new connection proves that nothing was forgotten",
        "libs/chassis/src/chassis/db/restore_guard.py",
        "return not committed or (",
        "return True or (",
        ("tests/chassis/db/test_restore_guard.py",),
    ),
    Protection(
        "what a person called accepted may own a message that is listed",
        f"{_DISPATCH}/settlement/sql.py",
        "AND reference IS NULL AND (outcome IS NULL OR outcome = 'accepted')",
        "AND reference IS NULL AND outcome IS NULL",
        ("tests/dispatch/settlement/test_twins.py",),
    ),
    Protection(
        "no dot is written without the ledger's leave",
        f"{_DISPATCH}/sending/permits.py",
        "        return self.granted",
        "        return True",
        ("tests/dispatch/sending/test_permits.py",),
    ),
    Protection(
        "what was let go meanwhile is not taken for unsent",
        f"{_DISPATCH}/ledger/moves.py",
        "    if move.unless_permitted and row.permitted >= row.gen:",
        "    if move.unless_permitted and row.gen < 0:",
        ("tests/dispatch/sending/test_permits.py", "tests/dispatch/ledger/test_model.py"),
    ),
    Protection(
        "a restored ledger takes what it was sending for let go",
        f"{_DISPATCH}/restore/sql.py",
        "greatest(deadline, clock_timestamp()), permitted = gen",
        "greatest(deadline, clock_timestamp())",
        ("tests/dispatch/sending/test_permits.py",),
    ),
    Protection(
        "a claim in the moment of the stop is waited for",
        f"{_DISPATCH}/sending/loop.py",
        "            await asyncio.wait_for(self._resting.wait(), self._settings.drain_seconds)",
        "            await asyncio.sleep(0)",
        ("tests/dispatch/sending/test_outcomes.py",),
    ),
    Protection(
        "nothing is claimed in a stop",
        f"{_DISPATCH}/brake/brake.py",
        "return state.known and not state.stopped and not state.behind",
        "return True",
        ("tests/dispatch/brake/test_stops.py", "-k", "test_the_unions_stop_by_hand or test_nothing_is_claimed_while"),
    ),
    Protection(
        "what was claimed before a stop is not called",
        f"{_DISPATCH}/brake/brake.py",
        "return not state.stopped and campaign_id not in state.campaigns",
        "return True",
        ("tests/dispatch/brake/test_stops.py", "-k", "test_what_is_claimed_and_not_called_yet"),
    ),
    Protection(
        "what no webhook brought is found in the provider's list",
        f"{_DISPATCH}/inbound/provider_list.py",
        "await self._inbound.take_listed(texts)",
        "await self._inbound.take_listed(texts[:0])",
        ("tests/dispatch/inbound/test_listing.py", "-k", "test_a_stop_that_no_webhook_brought"),
    ),
)
