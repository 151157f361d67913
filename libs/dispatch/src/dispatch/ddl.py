"""Creates a dispatcher's tables, and what their description cannot say: the function that makes a month's
partition, storage settings, and the trigger that refuses illegal moves.

The first migration of each dispatcher calls this, so that the tables are described once, in `models`. After the first
release a change is a migration like any other, and the first one must then be frozen as it was released.
"""

from dispatch.ledger.states import PAIRS
from dispatch.models import metadata
from sqlalchemy import Connection

_STATEMENTS = (
    # Hot tables: half a million dead rows must not wait for a fifth of the table to change.
    "ALTER TABLE attempts SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)",
    "ALTER TABLE rates SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)",
    """CREATE FUNCTION ensure_month(wanted date) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        first date := date_trunc('month', wanted)::date;
        part text := 'deliveries_' || to_char(first, 'YYYY_MM');
    BEGIN
        IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('ensure_month', 0));
        IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
        IF EXISTS (SELECT FROM ledger_months m WHERE m.month = first AND m.dropped_at IS NOT NULL) THEN RETURN; END IF;
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF deliveries FOR VALUES IN (%L) '
            'WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)',
            part, first);
    END $$""",
)


def _no_illegal_move() -> tuple[str, ...]:
    """A trigger from the transition table: other moves, a falling generation or a revision that does not rise fail.

    The test stands in the trigger's WHEN, so that a legal update calls no function.
    """
    pairs = ", ".join(f"('{was}', '{after}')" for was, after in PAIRS)
    return (
        """CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a delivery cannot go from % (gen %) to % (gen %)', OLD.state, OLD.gen, NEW.state, NEW.gen
                USING ERRCODE = 'check_violation';
        END $$""",
        f"""CREATE TRIGGER deliveries_legal_moves BEFORE UPDATE ON deliveries FOR EACH ROW
        WHEN (NEW.gen < OLD.gen OR NEW.rev < OLD.rev OR (OLD.state IS DISTINCT FROM NEW.state
              AND (NEW.rev <= OLD.rev OR (OLD.state, NEW.state) NOT IN ({pairs}))))
        EXECUTE FUNCTION refuse_move()""",
    )


def create(connection: Connection) -> None:
    """Everything that libs/dispatch needs in a dispatcher's database."""
    metadata.create_all(connection)
    for statement in (*_STATEMENTS, *_no_illegal_move()):
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """All of it gone."""
    metadata.drop_all(connection)
    connection.exec_driver_sql("DROP FUNCTION ensure_month(date)")
    connection.exec_driver_sql("DROP FUNCTION refuse_move()")
