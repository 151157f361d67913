"""One delivery, two senders, a reconciler and a provider, small enough to look at every state they can reach.

The row is moved by the library's own code (`after`, `decide`); only time and the provider are modelled. Time is what
the spans of DELIVERY.md promise: when Q has passed, no sender that passed its deadline check has still to write (P),
the provider accepts nothing any more (L), and its list shows everything (V). A span taken away is a Q that
is too short.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from uuid import UUID

from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening, State
from dispatch.provider import Found, Seen
from dispatch.settlement.lookup import Bind, Doubt, Hold, LookAgain, Ours, Policy, Resend, decide

from tests.dispatch.ledger.small_world import Rules, Sender, Time, World

SETTLED = {State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.REJECTED, State.SKIPPED, State.EXPIRED}
_EPOCH = datetime(2026, 3, 2, tzinfo=UTC)


class Explorer:
    """Breadth first through every state."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.edges: dict[World, tuple[World, ...]] = {}

    def explore(self, until: Callable[[World], bool] = lambda _: False) -> World | None:
        """Fill `edges`, or stop at the first world of which `until` holds and give that."""
        queue = deque([World()])
        known = {World()}
        while queue:
            world = queue.popleft()
            nexts = self.edges[world] = tuple({_alike(following) for following in self.steps(world)})
            for following in nexts:
                if following not in known:
                    if until(following):
                        return following
                    known.add(following)
                    queue.append(following)
        return None

    def stuck(self) -> list[World]:
        """States from which no way leads to an end."""
        back: dict[World, list[World]] = {}
        for world, nexts in self.edges.items():
            for following in nexts:
                back.setdefault(following, []).append(world)
        ends = [world for world in self.edges if world.state in SETTLED or world.state is State.HELD]
        reached = set(ends)
        queue = deque(ends)
        while queue:
            for before in back.get(queue.popleft(), ()):
                if before not in reached:
                    reached.add(before)
                    queue.append(before)
        return [world for world in self.edges if world not in reached]

    def steps(self, world: World) -> Iterator[World]:
        for number, sender in enumerate(world.senders):
            yield from self._sender(world, number, sender)
        yield from self._provider(world)
        yield from self._clock(world)
        yield from self._reconciler(world)

    def _apply(self, world: World, happening: Happening, gen: int, bind: int = 0, *, unless: bool = False) -> World:
        fence = gen if self.rules.fenced else world.gen
        moved = self.rules.after(world.row, Move(happening, "model", fence, not_before=_EPOCH, unless_permitted=unless))
        looks = 0 if moved.state is not world.state else world.looks
        bound = world.bound | {bind} if bind else world.bound
        return replace(world, state=moved.state, resends=moved.resends, looks=looks, bound=bound)

    def _sender(self, world: World, number: int, sender: Sender) -> Iterator[World]:
        becomes, gen = partial(_becomes, number), sender.gen
        match sender.phase:
            case "idle":
                if world.state is State.REQUESTED and world.gen < self.rules.most_gens:
                    mine, fates = world.gen + 1, (*world.fates, "none")
                    claimed = replace(world, state=State.SENDING, gen=mine, time=Time.OPEN, looks=0, fates=fates)
                    yield becomes(claimed, Sender("claimed", mine))
                return
            case "claimed":
                in_time = world.gen == gen and world.time is Time.OPEN
                late = Sender("knows", gen, Happening.NOT_SENT)
                yield becomes(world, Sender("checked", gen) if in_time else late)
            case "checked" if self.rules.asks:
                yield self._asked(world, number, gen)
            case "checked" | "let":
                yield becomes(_fate(world, gen, "flying"), Sender("posted", gen))
            case "posted":
                for happening in _answers(world.fates[gen - 1]):
                    yield becomes(world, Sender("knows", gen, happening))
            case "knows":
                assert sender.knows is not None
                bind = gen if sender.knows is Happening.TOOK else 0
                yield becomes(self._apply(world, sender.knows, gen, bind), Sender())
        yield becomes(world, Sender())  # kill -9

    def _asked(self, world: World, number: int, gen: int) -> World:
        if world.state is State.SENDING and world.gen == gen and world.time is Time.OPEN:
            return _becomes(number, replace(world, permitted=gen), Sender("let", gen))
        told_no = Sender("knows", gen, Happening.NOT_SENT) if self.rules.heeds else Sender("let", gen)
        return _becomes(number, world, told_no)

    def _provider(self, world: World) -> Iterator[World]:
        for gen, fate in enumerate(world.fates, 1):
            if fate == "flying":
                yield _fate(world, gen, "has")
                yield _fate(world, gen, "dropped")
                yield _fate(world, gen, "refused")
            elif fate == "has":
                yield _fate(world, gen, "listed")
            if fate in {"has", "listed"} and gen not in world.bound:
                yield self._apply(world, Happening.TOOK, gen, gen)  # a receipt

    def _clock(self, world: World) -> Iterator[World]:
        if world.state not in {State.SENDING, State.IN_DOUBT}:
            return
        if world.time is Time.OPEN:
            yield replace(world, time=Time.OVERDUE)
        elif world.time is Time.OVERDUE and self._spans_hold(world):
            yield replace(world, time=Time.RIPE)

    def _spans_hold(self, world: World) -> bool:
        rules = self.rules
        writing = any(sender.phase in {"checked", "let"} for sender in world.senders)
        return not (
            (rules.pause and writing)
            or (rules.late and "flying" in world.fates)
            or (rules.lag and "has" in world.fates)
        )

    def _reconciler(self, world: World) -> Iterator[World]:
        if world.state is State.SENDING and world.time is not Time.OPEN:
            if self.rules.asks:  # even if it was let go since the reconciler read that it was not
                yield self._apply(world, Happening.NOT_SENT, world.gen, unless=True)
            if not self.rules.asks or world.permitted >= world.gen:
                yield self._apply(world, Happening.LOST_SIGHT, world.gen)
        if world.seen is not None:
            yield replace(self._decided(world), seen=None)
            yield replace(world, seen=None)  # kill -9
        elif world.state is State.IN_DOUBT and world.time is Time.RIPE:
            listed = frozenset(gen for gen, fate in enumerate(world.fates, 1) if fate == "listed")
            yield replace(world, seen=(world.gen, listed))

    def _decided(self, world: World) -> World:
        assert world.seen is not None
        gen, listed = world.seen
        if self.rules.fenced and (world.gen != gen or world.state is not State.IN_DOUBT):
            return world
        looks = max(world.looks, 2 - self.rules.looks)
        policy: Policy = "hold" if self.rules.asks else "resend"
        doubt = Doubt(UUID(int=1), date(2026, 3, 1), gen, looks, world.resends, "a", "", b"", _EPOCH, _EPOCH, policy)
        found = Found(() if self.rules.asks else tuple(Seen(str(one)) for one in sorted(listed)))
        bound = frozenset(str(one) for one in world.bound)
        match decide(doubt, found, Ours(references=bound), self.rules.attempts):
            case Bind(seen, _):
                return self._apply(world, Happening.TOOK, gen, int(seen.reference))
            case LookAgain(negative):
                return replace(world, looks=world.looks + negative)
            case Resend():
                return self._apply(world, Happening.NOT_FOUND, gen)
            case Hold():
                return self._apply(world, Happening.GIVEN_TO_A_PERSON, gen)


def _becomes(number: int, world: World, sender: Sender) -> World:
    senders = list(world.senders)
    senders[number] = sender
    return replace(world, senders=tuple(senders))


def _alike(world: World) -> World:
    """The two senders are one like the other."""
    first, second = world.senders
    swapped = (second.phase, second.gen, second.knows or "") < (first.phase, first.gen, first.knows or "")
    return replace(world, senders=(second, first)) if swapped else world


def _fate(world: World, gen: int, fate: str) -> World:
    fates = list(world.fates)
    fates[gen - 1] = fate
    return replace(world, fates=tuple(fates))


def _answers(fate: str) -> Iterator[Happening]:
    yield Happening.LOST_SIGHT  # the answer is lost or late, whatever became of the message
    if fate in {"has", "listed"}:
        yield Happening.TOOK
    elif fate == "refused":
        yield Happening.NOT_SENT
