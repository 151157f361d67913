"""The report of a series, for the terminal."""

from muster_chaos.series import Run
from muster_demo.report import plain_table
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text


def show(console: Console, found: Run) -> None:
    """The verdict, then the tables."""
    console.print()
    console.print(Panel(_verdict(found), title="Muster under kill -9", width=100))
    for table in (_kills(found), _incidents(found), _deliveries(found), _doubts(found)):
        console.print(table)


def _verdict(found: Run) -> Text:
    seeds = ", ".join(str(seed) for seed in found["seeds"])
    if found["holds"]:
        text = Text("Nothing lost, nothing twice. ", style="bold green")
        sums = f"{found['kills_in_all']:,} kills survived, {found['accepted']:,} deliveries accepted, "
        text.append(f"{sums}0 lost, 0 duplicates at the journal. Seeds: {seeds}.", style="default")
        return text
    lines = ["It does NOT hold.", *found["missing"], *found["faults"], *found["lost_events"][:10]]
    lines += [f"{found['lost']} lost, {found['duplicates']} twice, {found['held_unexplained']} held without cause"]
    lines += [f"answers: {found['answers']}", f"Seeds: {seeds}. SEED= repeats one."]
    return Text("\n".join(lines), style="bold red")


def _kills(found: Run) -> Table:
    table = plain_table("\nHit", "process", "kill -9", "stalled", "ended by itself", "did not start")
    columns = ("kills", "stalls", "fell", "gave_up")
    for kind in sorted({kind for what in columns for kind in found[what]}):
        table.add_row(kind, *(f"{found[what].get(kind, 0):,}" for what in columns))
    hit = sum(found["failpoints_hit"].values())
    table.add_row(f"{hit} of them at {len(found['failpoints_hit'])} failpoints", "", "", "")
    if found["failpoints_missed"]:
        table.add_row(f"never reached: {', '.join(found['failpoints_missed'])}", "", "", "")
    injected = sum(found["faults_hit"].values())
    table.add_row(f"{injected:,} faults of {len(found['faults_hit'])} kinds injected", "", "", "")
    return table


def _deliveries(found: Run) -> Table:
    table = plain_table("\nDeliveries", "", "number")
    for name in ("planned", "accepted", "lost", "duplicates"):
        table.add_row(name, f"{found[name]:,}")
    share = found["share"]
    table.add_row(f"  of {share['ought']:,} that ought to be, in the drain", f"{share['share']:.2%}")
    for state, times in found["states"].items():
        table.add_row(f"  {state}", f"{times:,}")
    table.add_row("events posted, none lost" if not found["lost_events"] else "events posted", f"{found['events']:,}")
    for what, (webhook, listed) in _texted(found).items():
        table.add_row(f"{what} taken by webhook, and found in the list", f"{webhook:,}, {listed:,}")
    return table


def _texted(found: Run) -> dict[str, tuple[int, int]]:
    """What members texted, by webhook and by the carrier's list."""
    answers, stops = found["answers"], found["opt_outs"]
    return {
        "answers": (answers.get("taken", 0), answers.get("listed", 0)),
        "STOPs": (stops["by_webhook"], stops["listed"]),
    }


def _incidents(found: Run) -> Table:
    table = plain_table("\nIncidents", "", "seconds")
    for incident, seconds in found["incident_seconds"].items():
        table.add_row(incident, f"{seconds:.0f}")
    if found["imported"] or found["erased"]:
        table.add_row(f"  {found['erased']:,} members erased, {found['imported']:,} imported", "")
    return table


def _doubts(found: Run) -> Table:
    doubt = found["in_doubt"]
    table = plain_table("\nIn doubt", "", "number")
    table.add_row("opened", f"{doubt['opened']:,}")
    for how, times in sorted(doubt["resolved"].items()):
        table.add_row(f"  {how}", f"{times:,}")
    table.add_row("still open", f"{doubt['open']:,}")
    table.add_row("held for an operator", f"{sum(found['held'].values()):,}")
    table.add_row("seconds to drain, at most", f"{found['drain_seconds']:.0f}")
    return table
