"""`cara nlu`: learn from what coordinators have read, see the models, go back.

A candidate is trained from the project's data and the readings, measured beside the model that
serves, and promoted only where it reads nothing worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.channels.rasa_client import RasaAwayError, RasaClient
from bot.learning import keeping, lessons, measuring
from bot.learning.apart import DEVELOPMENT
from bot.learning.lessons import Lesson, WhyNot
from bot.learning.measuring import Case, Measure
from bot.runtime.criteria import read_criteria
from bot.safety import screen
from cli.artefacts import model_path, model_state, train_model
from cli.database import upgrade
from cli.house import ROOT, Trouble, digest, files_under
from cli.progress import Progress
from cli.running import rasa_alone
from cli.shelf import OWN, Shelf, Version, alone
from cli.understanding import reading_of
from core import signing
from core.audit import SYSTEM, record
from core.clock import LONDON, now, today
from core.database import transaction
from core.settings import settings

TRIES = 3
LANGUAGES = {"en": "English", "pl": "Polish", "pa": "Punjabi"}
NAMES = {
    **{f"needs_{code}": f"Needs, F1, {name}" for code, name in LANGUAGES.items()},
    **{f"intent_{code}": f"Intent right, {name}" for code, name in LANGUAGES.items()},
    "out_of_scope": "Out of scope found",
    "criteria_precision": "Officers' answers, precision",
    "criteria_recall": "Officers' answers, recall",
}
WHY_NOT = {
    WhyNot.measured: "the assistant is measured on this text; it stands in data/dev",
    WhyNot.danger: "the safety screen finds danger in it",
    WhyNot.taught: "the project's data teach it already",
    WhyNot.contradicts: "the same words are taught with another meaning",
}


@click.group("nlu")
def nlu_command() -> None:
    """What the assistant has learned from use."""


@nlu_command.command("learn")
@click.option("--dry-run", is_flag=True, help="show what would be learned, and train nothing")
def learn(dry_run: bool) -> None:
    """Train on what coordinators have read; promote the model if it reads nothing worse.

    Exit 0 where a model was promoted or there is nothing to learn, 1 where it was refused.
    """
    upgrade()
    good = _lessons()
    if dry_run:
        for name, text in lessons.documents(good).items():
            click.echo(f"\n# {name}\n{text}", nl=False)
        click.echo("\nThis was a dry run: nothing was written and nothing trained.")
        return
    shelf = Shelf.of(settings().data_dir)
    if _nothing_new(shelf, good):
        return
    try:
        with alone(shelf.folder):
            promoted = _learned(shelf, good)
    except Trouble as trouble:
        raise click.ClickException(
            "\n".join(filter(None, (trouble.output, str(trouble))))
        ) from None
    if not promoted:
        raise SystemExit(1)


@nlu_command.command("models")
def models() -> None:
    """List the models: number, when, examples, figures, which serves."""
    shelf = Shelf.of(settings().data_dir)
    path, note = shelf.chosen(ROOT)
    click.echo("The project's own model is version 0.")
    for each in [None, *shelf.versions]:
        _print_version(shelf, each)
    if note:
        click.echo(note)
    click.echo(f"The next start takes {path}")


@nlu_command.command("rollback")
@click.argument("version", type=int, required=False)
def rollback(version: int | None) -> None:
    """Let the model before serve again, or VERSION (0 is the project's own)."""
    shelf = Shelf.of(settings().data_dir)
    try:
        number = shelf.back(ROOT, version)
    except Trouble as trouble:
        raise click.ClickException(str(trouble)) from trouble
    upgrade()
    with transaction() as session:
        record(session, SYSTEM, "nlu.rollback", f"model:{number}")
    click.echo(f"Version {number} serves from the next start of this copy (make run).")


# What is learned


def _lessons() -> list[Lesson]:
    """The readings that can be learned; says which cannot, and what an example cannot teach."""
    with transaction() as session:
        every = [Lesson.of(message) for message in keeping.readings_given(session)]
    good, refused = lessons.sorted_out(every, _dangerous)
    click.echo(f"Messages that have a reading: {len(every)}. To be learned: {len(good)}.")
    for lesson, why in refused:
        click.echo(f"Not learned, because {WHY_NOT[why]}: {lesson.said!r}")
    for lesson in good:
        for criterion, value in _unread_answers(lesson):
            click.echo(
                f"{lesson.said!r} answers {criterion} with {value}, which no rule reads yet. "
                "Answers are read by rule: add its phrase to data/nlu/officer/criteria_patterns.yml"
            )
    return good


def _dangerous(lesson: Lesson) -> bool:
    return screen(lesson.said, lesson.language, (), lesson.audience) is not None


def _unread_answers(lesson: Lesson) -> list[tuple[str, str]]:
    told = read_criteria(lesson.said, lesson.asked or None)
    read = {(each.criterion, each.value) for each in told if each.sure}
    return [pair for pair in lesson.reading.criteria.items() if pair not in read]


def _nothing_new(shelf: Shelf, good: Sequence[Lesson]) -> bool:
    if not good:
        click.echo(
            "There is nothing to learn. Back to the project's own model: cara nlu rollback 0"
        )
        return True
    last = shelf.versions[-1] if shelf.versions else None
    if last and (last.lessons, last.base) == (lessons.digest(good), model_state(ROOT)):
        click.echo(
            f"Nothing has changed since version {last.number}, "
            f"which was {'promoted' if last.promoted else 'refused'}."
        )
        return True
    return False


def _learned(shelf: Shelf, good: Sequence[Lesson]) -> bool:
    """Train, measure, and promote or refuse; gives whether it was promoted."""
    if not model_path(ROOT).exists():
        raise Trouble("The project's own model does not fit its data. Train it first: make train")
    number, base, every = shelf.next_number, model_state(ROOT), measuring.cases()
    files = lessons.write(shelf.folder, good)
    progress = Progress(3)
    with progress.step("The candidate"):
        train_model(ROOT, progress, shelf.path(number), shelf.folder / "training", files)
    with progress.step("How the model that serves reads the development sets"):
        old = _of_serving(shelf, every)
    with progress.step("How the candidate reads them"):
        new = _measured(every, shelf.path(number))
    if model_state(ROOT) != base:
        signing.remove(shelf.path(number))
        raise Trouble("The project's data changed meanwhile, so the figures mean nothing. Again.")
    return decide(shelf, good, old, new, base)


def decide(
    shelf: Shelf,
    good: Sequence[Lesson],
    old: Sequence[Measure],
    new: Sequence[Measure],
    base: str,
) -> bool:
    """Promote the next version unless a figure fell, keep which it was, and say so."""
    fell = measuring.fallen(old, new)
    number, before = shelf.next_number, shelf.serving
    _table(before, old, number, new, fell)
    shelf.add(
        Version(
            number=number,
            made_at=now().isoformat(),
            base=base,
            lessons=lessons.digest(good),
            examples=len(good),
            promoted=not fell,
            measures=[asdict(each) for each in new],
        )
    )
    with transaction() as session:
        record(session, SYSTEM, "nlu.refuse" if fell else "nlu.promote", f"model:{number}")
    if fell:
        click.echo(
            f"Version {number} was NOT promoted: {', '.join(NAMES[name] for name in fell)} fell "
            f"below the lower bound. Version {before} goes on serving."
        )
        return False
    click.echo(
        f"Version {number} was promoted: no figure fell below the lower bound. "
        "A running copy takes it at its next start (make run). Back: cara nlu rollback"
    )
    return True


# Figures


def _of_serving(shelf: Shelf, every: Sequence[Case]) -> list[Measure]:
    """The figures of the model that serves; those of today on the same texts are not taken again.

    Of today, because officers' dates are read as of the day on which they are typed.
    """
    path, _ = shelf.chosen(ROOT)
    on = f"{today()} {path.name} {_sets()}"
    if shelf.own_measures.get("on") != on:
        told = [asdict(each) for each in _measured(every, path)]
        shelf.own_measures = {"on": on, "figures": told}
        shelf.save()
    return [Measure(**each) for each in shelf.own_measures["figures"]]


def _sets() -> str:
    return digest(ROOT.root, files_under(DEVELOPMENT))[:16]


def _measured(every: Sequence[Case], model: Path) -> list[Measure]:
    with rasa_alone(model) as url:
        client = RasaClient(url)
        return measuring.measured(every, lambda case: _read(client, case))


def _read(client: RasaClient, case: Case) -> dict[str, Any]:
    for left in reversed(range(TRIES)):
        try:
            return reading_of(client, case.text, case.audience, case.asked)
        except RasaAwayError:
            if not left:
                raise Trouble("Rasa stopped answering while it was measured.") from None
    raise AssertionError


def _table(
    before: int, old: Sequence[Measure], number: int, new: Sequence[Measure], fell: Sequence[str]
) -> None:
    now_ = {each.name: each for each in new}
    heads = (f"version {before}, serves", f"version {number}, new")
    click.echo(f"\n{'95 % intervals':32}{'texts':>6}  {heads[0]:26}{heads[1]:26}")
    for each in old:
        mark = "FELL" if each.name in fell else "ok"
        other = _figure(now_[each.name]) if each.name in now_ else "-"
        click.echo(f"{NAMES[each.name]:32}{each.of:>6}  {_figure(each):26}{other:26}{mark}")
    click.echo("")


def _figure(each: Measure) -> str:
    return f"{each.value:.3f} [{each.low:.3f}, {each.high:.3f}]"


def _print_version(shelf: Shelf, version: Version | None) -> None:
    number = version.number if version else OWN
    serves = "  SERVES" if number == shelf.serving else ""
    if version is None:
        click.echo(f"{number:4}  the project's own data{serves}")
        return
    made = datetime.fromisoformat(version.made_at).astimezone(LONDON)
    standing = "promoted" if version.promoted else "refused"
    click.echo(
        f"{number:4}  {made:%d %B %Y, %H:%M}  {version.examples} examples  {standing}{serves}"
    )
    figures = [Measure(**each) for each in version.measures]
    click.echo(
        "".join(f"        {NAMES[each.name]:32}{_figure(each)}\n" for each in figures), nl=False
    )
