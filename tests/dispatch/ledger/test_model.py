"""Every state that two senders, a reconciler and a hostile provider can reach: nothing lost, nothing twice."""

from dataclasses import replace

import pytest
from dispatch.ledger.moves import Move, Row, after
from dispatch.ledger.states import TRANSITIONS, State

from tests.dispatch.ledger.model import SETTLED, Explorer
from tests.dispatch.ledger.small_world import Rules, World


@pytest.fixture(scope="module")
def explored() -> Explorer:
    explorer = Explorer(Rules())
    explorer.explore()
    return explorer


def twice(world: World) -> bool:
    return world.sent > 1


def lied(world: World) -> bool:
    """The ledger says that it went, and the provider has nothing."""
    return world.state is State.ACCEPTED and not world.sent


def test_no_state_holds_a_message_twice(explored: Explorer) -> None:
    assert len(explored.edges) > 1000
    assert [world for world in explored.edges if twice(world)] == []


def test_no_state_calls_accepted_what_the_provider_does_not_have(explored: Explorer) -> None:
    assert [world for world in explored.edges if lied(world)] == []


def test_from_every_state_a_way_leads_to_an_end(explored: Explorer) -> None:
    assert [world for world in explored.stuck() if world.gen < Rules().most_gens] == []


def test_an_accepted_message_is_never_sent_again(explored: Explorer) -> None:
    for world, nexts in explored.edges.items():
        if world.state in SETTLED:
            assert all(following.state in SETTLED for following in nexts)


SPANS = {"pause": Rules(pause=False), "late": Rules(late=False), "lag": Rules(lag=False)}


@pytest.mark.parametrize("span", SPANS)
def test_a_wait_that_is_shorter_than_one_of_the_spans_is_caught(span: str) -> None:
    assert Explorer(SPANS[span]).explore(twice) is not None


def test_a_ledger_without_the_generation_check_is_caught() -> None:
    assert Explorer(Rules(fenced=False, most_gens=3)).explore(lambda world: twice(world) or lied(world)) is not None


ASKING = Rules(asks=True)


@pytest.fixture(scope="module")
def asking() -> Explorer:
    explorer = Explorer(ASKING)
    explorer.explore()
    return explorer


def test_a_provider_that_asks_before_it_lets_go_holds_only_what_was_let_go(asking: Explorer) -> None:
    assert len(asking.edges) > 1000
    assert [world for world in asking.edges if twice(world) or lied(world)] == []
    assert [world for world in asking.edges if world.state is State.HELD and world.permitted < world.gen] == []
    assert [world for world in asking.stuck() if world.gen < ASKING.most_gens] == []


def test_a_reconciler_that_trusts_what_it_read_before_the_lock_is_caught() -> None:
    def trusting(row: Row, move: Move) -> Row:
        return after(row, replace(move, unless_permitted=False))

    assert Explorer(replace(ASKING, after=trusting)).explore(twice) is not None


def test_a_sender_that_lets_go_without_leave_is_caught() -> None:
    assert Explorer(replace(ASKING, heeds=False)).explore(twice) is not None


@pytest.mark.parametrize("missing", [("in_doubt", "not_found"), ("sending", "lost_sight")])
def test_a_table_that_loses_a_move_is_caught(missing: tuple[str, str]) -> None:
    """Without the way into doubt, or out of it, something is stuck."""

    def crippled(row: Row, move: Move) -> Row:
        return row if (row.state.value, move.happening.value) == missing else after(row, move)

    explorer = Explorer(Rules(after=crippled))
    explorer.explore()
    assert [world for world in explorer.stuck() if world.gen < Rules().most_gens]


def test_the_model_walks_every_move_that_a_message_alone_can_make(explored: Explorer) -> None:
    walked = {
        (world.state, following.state)
        for world, nexts in explored.edges.items()
        for following in nexts
        if world.state is not following.state
    }
    modelled = {State.REQUESTED, State.SENDING, State.IN_DOUBT, State.HELD, State.ACCEPTED}
    table = {
        (was, to)
        for (was, happening), to in TRANSITIONS.items()
        if {was, to} <= modelled and happening.value != "released"
    }
    # While the spans hold, what is held or waits again was never taken: no evidence can come for it.
    assert table - walked == {(State.HELD, State.ACCEPTED), (State.REQUESTED, State.ACCEPTED)}
