"""SQL fragments for the statuses that a delivery has passed, the column `passed`."""

from dispatch.ledger.states import UNPUBLISHED

BEYOND = 1_000_000
"""More moves than a delivery has by itself: a rev from here on was given by a recovery."""
LATER = "CAST(floor(extract(epoch FROM clock_timestamp() - TIMESTAMPTZ '2026-01-01 UTC') / 60) * 100 AS integer)"
"""SQL for the least rev, at this minute, of what may have gone on without the ledger: what is published of it from now
on is later than what was published before, also after an earlier recovery that this ledger has lost. It fits until
2066."""
_SHORTENED = """CASE WHEN jsonb_array_length({passed}) < 60 THEN {passed} ELSE (
            SELECT jsonb_agg(step ORDER BY at) FROM jsonb_array_elements({passed}) WITH ORDINALITY AS s (step, at)
            WHERE at <= 10 OR at > jsonb_array_length({passed}) - 20 OR step->>1 NOT IN ({unpublished})) END
""".strip().replace("{unpublished}", ", ".join(f"'{state}'" for state in sorted(UNPUBLISHED)))


def skipped_step(rev: str, gen: str, reason: str) -> str:
    """SQL for what `passed` grows by when a row is skipped; the arguments are expressions."""
    step = f"{rev}, 'skipped', {gen}, clock_timestamp(), 'gate', jsonb_build_object('reason', {reason})"
    return f"jsonb_build_array(jsonb_build_array({step}))"


def shortened(passed: str) -> str:
    """SQL for `passed` without the middle of a long outage, in which one try was put off after the other. Published
    statuses stay, and so does the number of each attempt, which shows how many there were."""
    return _SHORTENED.replace("{passed}", passed)
