"""The report of a run: a page of text, and the same figures as JSON."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from muster_demo.judge import Answers, Evidence, Verdict
from muster_demo.scenario import Scenario
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_BRANCHES_SHOWN = 10
Figures = Mapping[str, Any]
"""The figures as they are kept in JSON."""


def figures(scenario: Scenario, evidence: Evidence, verdict: Verdict, answers: Answers, seconds: float) -> Figures:
    """All figures. Counts are made of the evidence, not of what services report."""
    facts = scenario.facts
    by_channel: dict[str, Counter[str]] = {}
    skipped = Counter[str]()
    for _, row in evidence.ledgers:
        by_channel.setdefault(row.channel, Counter())[row.state] += 1
        if row.state == "skipped":
            skipped[row.reason] += 1
    return {
        "holds": verdict.holds and answers.holds,
        "wall_seconds": round(seconds, 1),
        "stages": {name: round(spent, 1) for name, spent in scenario.stages.seconds.items()},
        "slowest_stage": scenario.stages.slowest,
        "members": scenario.members,
        "campaign_id": scenario.campaign_id,
        "import": facts["import"],
        "events": facts["events"],
        "audience": {
            "matched": facts["summary"]["matched"],
            "recipients": facts["summary"]["recipients"],
            "left_out": facts["progress"]["planned_skips"],
        },
        "deliveries": {**verdict.sizes, "by_state": dict(verdict.states)},
        "by_channel": {channel: dict(states) for channel, states in by_channel.items()},
        "skipped": dict(skipped),
        "judge": {name: [str(found) for found in ids[:20]] for name, ids in verdict.faults.items()},
        "answers": {
            "sent": answers.sent,
            "by_link": scenario.link_answers,
            **answers.by_status,
            "holds": answers.holds,
        },
        "poll": facts["result"],
        "turnout": facts["turnout"],
    }


def show(console: Console, found: Figures, sentences: list[str]) -> None:
    """Print it."""
    console.print()
    console.print(Panel(_verdict(found, sentences), title="Muster's main job", width=100))
    console.print(Group(_deliveries(found), _skips(found), _answers(found), _turnout(found), _stages(found)))


def _verdict(found: Figures, sentences: list[str]) -> Text:
    deliveries = found["deliveries"]
    if found["holds"]:
        text = Text("The sets agree. ", style="bold green")
        text.append(
            f"Planned {deliveries['planned']:,} = skipped + rejected + accepted; accepted {deliveries['accepted']:,} = "
            f"journal {deliveries['journal']:,}; nobody was written to twice; every answer is accounted for.",
            style="default",
        )
        return text
    return Text("\n".join(["The sets do NOT agree.", *sentences]), style="bold red")


def plain_table(title: str, *headings: str) -> Table:
    """A table without a box: text left, numbers right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 else "right")
    return table


def _deliveries(found: Figures) -> Table:
    table = plain_table("\nDeliveries", "status", *sorted(found["by_channel"]))
    for state in sorted({state for states in found["by_channel"].values() for state in states}):
        table.add_row(state, *(f"{found['by_channel'][c].get(state, 0):,}" for c in sorted(found["by_channel"])))
    table.add_row("planned", f"{found['deliveries']['planned']:,} in all")
    return table


def _skips(found: Figures) -> Table:
    table = plain_table("\nNot written to, and why", "reason", "before", "at the gate")
    before, gate = found["audience"]["left_out"], found["skipped"]
    for reason in sorted({*before, *gate}):
        table.add_row(reason, f"{before.get(reason, 0):,}", f"{gate.get(reason, 0):,}")
    table.add_row("row of the roll sent back", f"{found['import']['rejected']:,}", "")
    return table


def _answers(found: Figures) -> Table:
    table = plain_table("\nAnswers", "", "number")
    for name in ("sent", "by_link", "counted", "superseded", "unmatched"):
        table.add_row(name.replace("_", " "), f"{found['answers'].get(name, 0):,}")
    for option in found["poll"]["options"]:
        table.add_row(f"  {option['label']}", f"{option['count']:,}" if option["count"] is not None else "under ten")
    return table


def _turnout(found: Figures) -> Table:
    turnout = found["turnout"]
    rows = [row for row in turnout["branches"] if row["roll"] and row["took_part"]]
    rows.sort(key=lambda row: row["took_part"] / row["roll"], reverse=True)
    table = plain_table(f"\nTurnout by branch ({len(turnout['branches'])} branches)", "branch", "roll", "took part", "")
    shown = rows if len(rows) <= 2 * _BRANCHES_SHOWN else [*rows[:_BRANCHES_SHOWN], *rows[-_BRANCHES_SHOWN:]]
    for row in shown:
        share = row["took_part"] / row["roll"]
        table.add_row(row["branch_name"] or "", f"{row['roll']:,}", f"{row['took_part']:,}", f"{share:.1%}")
    table.add_row("the whole union", f"{turnout['roll']:,}", f"{turnout['took_part'] or 0:,}", "")
    return table


def _stages(found: Figures) -> Table:
    table = plain_table("\nTime", "stage", "seconds")
    for name, seconds in found["stages"].items():
        slowest = name == found["slowest_stage"]
        table.add_row(name, f"{seconds:.1f}", style="bold" if slowest else None)
    table.add_row("everything", f"{found['wall_seconds']:.1f}")
    return table
