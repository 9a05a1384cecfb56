"""`cara safety report`: how well the screen reads, on the texts kept for measuring."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from bot.safety import measuring
from bot.safety.measuring import HARMLESS, Case, Read, Row, Share

UNSEEN = "fresh"
ABOUT = """\
Texts: data/dev/safety (how they were made: data/README.md). This project wrote them, apart from the
texts that rules and classifier were made from; real posts may be harder. In brackets the 95 %
interval of Wilson. Found: an alarm or a check. Harmless texts were chosen to be hard.
"""


@click.group("safety")
def safety_command() -> None:
    """The safety screen."""


@safety_command.command("report")
@click.option("--misses", is_flag=True, help="list every text that was read wrongly")
def report(misses: bool) -> None:
    """Print the table by language, kind and level, the explicit statements, speed and misses."""
    every = measuring.cases()
    with click.progressbar(every, label="Reading", file=sys.stderr) as shown:
        reads = measuring.read(shown)
    told = [each for each in reads if not each.case.explicit]
    click.echo(ABOUT)
    _table("Risks", [row for row in measuring.rows(told) if row.kind != HARMLESS])
    _harmless(told)
    _explicit([each for each in reads if each.case.explicit])
    _beside_word_list(told)
    middle, slow = measuring.latency(reads)
    click.echo(f"Speed: median {middle:.1f} ms, 95th percentile {slow:.1f} ms ({len(reads)} texts)")
    wrong = measuring.wrong(reads)
    click.echo(f"Read wrongly: {len(wrong)} of {len(reads)}" + ("" if misses else " (--misses)"))
    for each in wrong if misses else []:
        click.echo(_line(each.case, each))


def _table(title: str, rows: Sequence[Row]) -> None:
    click.echo(f"{title}\n{'':28}{'texts':>6}  {'found':24}{'alarm':24}{'kind right':24}")
    for row in rows:
        name = f"{row.language} {row.kind} {row.level}"
        shares = f"{row.found!s:24}{row.alarmed!s:24}{row.right_kind!s:24}"
        click.echo(f"{name:28}{row.found.total:>6}  {shares}")
    click.echo("")


def _harmless(reads: Sequence[Read]) -> None:
    click.echo(f"Harmless\n{'':28}{'texts':>6}  {'alarm':24}{'check':24}")
    for row in measuring.rows(reads):
        if row.kind == HARMLESS:
            checked = Share(row.found.hits - row.alarmed.hits, row.found.total)
            click.echo(f"{row.language:28}{row.found.total:>6}  {row.alarmed!s:24}{checked!s:24}")
    click.echo("")


def _explicit(reads: Sequence[Read]) -> None:
    click.echo("Explicit statements: first person, present or planned, a named act")
    fresh = [each for each in reads if each.case.source == UNSEEN]
    _explicit_set("rules were fitted to these", [each for each in reads if each not in fresh])
    _explicit_set("written last; five rules have seen its English misses", fresh)
    click.echo("")


def _explicit_set(title: str, reads: Sequence[Read]) -> None:
    click.echo(f"  {title}")
    for language in ("en", "pl", "pa"):
        mine = [each for each in reads if each.case.language == language]
        found = Share(sum(each.found is not None for each in mine), len(mine))
        alarmed = Share(sum(measuring.alarmed(each) for each in mine), len(mine))
        missed = found.total - found.hits
        told = f"{found.total} texts, {missed} missed; found {found}; alarm {alarmed}"
        click.echo(f"    {language}: {told}")


def _beside_word_list(reads: Sequence[Read]) -> None:
    for kind in ("suicide", HARMLESS):
        mine = [e for e in reads if (e.case.language, e.case.kind) == ("en", kind)]
        found = Share(sum(each.found is not None for each in mine), len(mine))
        listed = measuring.word_list(reads, "en", kind)
        click.echo(f"English, {kind}: flagged by us {found}, by a plain word list {listed}")
    click.echo("")


def _line(case: Case, each: Read) -> str:
    found = f"{each.found.kind} {each.found.level} ({each.found.pattern})" if each.found else "-"
    return f"  [{case.language} {case.kind} {case.level}] {case.text!r} -> {found}"
