"""The demo's stages: each timed, each with a bar while it runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Column


@dataclass
class Bar:
    """One stage's bar."""

    progress: Progress
    task: TaskID

    def at(self, done: int, total: int | None = None, note: str = "") -> None:
        """Show so much as done."""
        self.progress.update(self.task, completed=done, total=total, note=note)


@dataclass
class Stages:
    """Runs stages one after another and records how long each took."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.progress = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=39)),
            BarColumn(bar_width=8),
            MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=11)),
            TextColumn("{task.fields[note]}", style="dim", table_column=Column(no_wrap=True, overflow="crop")),
            console=self.console,
        )

    def __enter__(self) -> "Stages":
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Bar]:
        """One stage. Its bar is full when it ends well."""
        bar = Bar(self.progress, self.progress.add_task(name, total=total, note=""))
        start = time.monotonic()
        yield bar
        self.seconds[name] = time.monotonic() - start
        task = self.progress.tasks[bar.task]
        note = f"{self.seconds[name]:.1f} s  {task.fields['note']}"
        full = task.total if task.total is not None else max(1, task.completed)
        self.progress.update(bar.task, completed=full, total=full, note=note)

    @property
    def slowest(self) -> str:
        """The stage that took longest."""
        return max(self.seconds, key=lambda name: self.seconds[name])
