"""The first schema: ledger by month, attempts, projections, suppressions, rates.

`execute` is Alembic's `op.execute` or anything that runs one statement.
"""

from collections.abc import Callable

from dispatch.migrations.storage import LEDGER, MONTHS, no_illegal_move

_TABLES = (
    """CREATE TABLE deliveries (
        delivery_id uuid NOT NULL, month date NOT NULL,
        campaign_id uuid NOT NULL, step smallint NOT NULL, variant text NOT NULL, script_version integer NOT NULL,
        member_id uuid NOT NULL, member_version integer NOT NULL, branch text, region text, urgent boolean NOT NULL,
        expires_at timestamptz NOT NULL, merge jsonb NOT NULL, admitted_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'requested', gen integer NOT NULL DEFAULT 0,
        rev integer NOT NULL DEFAULT 0, published_rev integer NOT NULL DEFAULT 0,
        not_before timestamptz NOT NULL, waiting_for text, deadline timestamptz,
        reference text, code text NOT NULL DEFAULT '', reason text NOT NULL DEFAULT '',
        address_bad boolean NOT NULL DEFAULT false, address_hash text, consent_id uuid,
        parts smallint, encoding text, passed jsonb NOT NULL DEFAULT '[]'::jsonb,
        looks smallint NOT NULL DEFAULT 0, look_at timestamptz, resends smallint NOT NULL DEFAULT 0,
        permitted integer NOT NULL DEFAULT 0,
        polls smallint NOT NULL DEFAULT 0, poll_at timestamptz,
        PRIMARY KEY (delivery_id, month)
    ) PARTITION BY LIST (month)""",
    "CREATE INDEX deliveries_due ON deliveries (urgent DESC, not_before) WHERE state = 'requested'",
    "CREATE INDEX deliveries_open ON deliveries (deadline) WHERE state IN ('sending', 'in_doubt')",
    "CREATE INDEX deliveries_held ON deliveries (deadline) WHERE state = 'held'",
    "CREATE INDEX deliveries_awaiting_receipt ON deliveries (poll_at) WHERE state = 'accepted'",
    """CREATE INDEX deliveries_unpublished ON deliveries (month)
        WHERE published_rev < rev AND state NOT IN ('requested', 'sending')""",
    """CREATE TABLE attempts (
        delivery_id uuid NOT NULL, gen integer NOT NULL, month date NOT NULL,
        t_send timestamptz NOT NULL, deadline timestamptz NOT NULL, sender text NOT NULL, address text,
        mark bytea NOT NULL, reference text, by_list boolean NOT NULL DEFAULT false,
        outcome text, why text NOT NULL DEFAULT '', closed_at timestamptz,
        withdrawn_at timestamptz,
        PRIMARY KEY (delivery_id, gen)
    )""",
    "CREATE UNIQUE INDEX attempts_reference ON attempts (reference) WHERE reference IS NOT NULL",
    "CREATE INDEX attempts_unbound ON attempts (mark)"
    " WHERE reference IS NULL AND (outcome IS NULL OR outcome = 'accepted')",
    """CREATE TABLE contacts (
        member_id uuid PRIMARY KEY, version integer NOT NULL, erased boolean NOT NULL DEFAULT false,
        status text NOT NULL, given_name text NOT NULL DEFAULT '', family_name text NOT NULL DEFAULT '',
        language text NOT NULL DEFAULT '', time_zone text NOT NULL DEFAULT '',
        address text, address_hash text, usable boolean NOT NULL DEFAULT true,
        consents jsonb NOT NULL DEFAULT '{}'::jsonb, places jsonb NOT NULL DEFAULT '[]'::jsonb
    )""",
    "CREATE INDEX contacts_address ON contacts (address_hash) WHERE address_hash IS NOT NULL",
    "CREATE TABLE bad_addresses (address_hash text PRIMARY KEY, code text NOT NULL, at timestamptz NOT NULL)",
    """CREATE TABLE suppressions (
        address_hash text PRIMARY KEY, since timestamptz NOT NULL, source text NOT NULL, lifted_at timestamptz
    )""",
    """CREATE TABLE campaigns (
        campaign_id uuid PRIMARY KEY, version integer NOT NULL, state text NOT NULL, poll_id uuid,
        snapshot jsonb NOT NULL
    )""",
    """CREATE TABLE campaign_steps (
        campaign_id uuid NOT NULL, step smallint NOT NULL, month date NOT NULL, PRIMARY KEY (campaign_id, step, month)
    )""",
    """CREATE TABLE sending_stop (
        id smallint PRIMARY KEY, version integer NOT NULL, stopped boolean NOT NULL, reason text NOT NULL,
        at timestamptz NOT NULL, CHECK (id = 1)
    )""",
    "CREATE TABLE participation (member_id uuid NOT NULL, poll_id uuid NOT NULL, PRIMARY KEY (member_id, poll_id))",
    """CREATE TABLE served (
        campaign_id uuid NOT NULL, step smallint NOT NULL, address_hash text NOT NULL, slot uuid NOT NULL,
        delivery_id uuid, member_id uuid, sender text NOT NULL, poll_id uuid,
        test boolean NOT NULL, asked_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        PRIMARY KEY (campaign_id, step, address_hash, slot)
    )""",
    "CREATE INDEX served_asks ON served (address_hash, asked_at) WHERE poll_id IS NOT NULL",
    """CREATE TABLE rates (
        provider text NOT NULL, sender text NOT NULL, allowed double precision NOT NULL, rate double precision NOT NULL,
        theoretical_arrival timestamptz NOT NULL, touched_at timestamptz NOT NULL, lowered_at timestamptz,
        PRIMARY KEY (provider, sender)
    )""",
    "CREATE TABLE erasures (member_id uuid PRIMARY KEY, at timestamptz NOT NULL)",
    "CREATE TABLE replies_taken (reply_id uuid PRIMARY KEY, at timestamptz NOT NULL)",
)
_NAMES = (
    "deliveries",
    "attempts",
    "contacts",
    "bad_addresses",
    "suppressions",
    "campaigns",
    "campaign_steps",
    "sending_stop",
    "participation",
    "served",
    "rates",
    "erasures",
    "replies_taken",
)


def upgrade(execute: Callable[[str], object]) -> None:
    """Everything a dispatcher's library needs in its database."""
    for statement in (*_TABLES, *LEDGER, *MONTHS, *no_illegal_move()):
        execute(statement)


def downgrade(execute: Callable[[str], object]) -> None:
    """All of it gone."""
    execute("DROP FUNCTION ensure_month(date)")
    for name in reversed(_NAMES):
        execute(f"DROP TABLE {name}")
    execute("DROP FUNCTION refuse_move()")
