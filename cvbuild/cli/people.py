"""The commands about other people: `coauthors`."""

from __future__ import annotations

import calendar
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from cvbuild.cli.outcome import Outcome
from cvbuild.cli.program import cli
from cvbuild.cli.shared import EXIT_CONTENT, Count, load, open_project, shown
from cvbuild.coauthors import Window, read_contacts
from cvbuild.coauthors import coauthors as found_coauthors
from cvbuild.coauthors.table import HEADER, WIDTHS, as_lines, for_programs, rows, summary
from cvbuild.delivery import record, write_in_place
from cvbuild.diagnostics import UsageProblem
from cvbuild.model.values import Date
from cvbuild.spreadsheet import BYTE_ORDER_MARK, as_csv, as_xlsx

if TYPE_CHECKING:
    from cvbuild.coauthors import CoAuthors

TableFormat = Literal["text", "csv", "xlsx", "json"]


@cli.command()
@click.option(
    # NSF asks for 48 (Proposal & Award Policies & Procedures Guide, II.D.2.h(iii)).
    "--months",
    type=Count(),
    metavar="NUMBER",
    default=48,
    show_default=True,
    help="How far back to look.",
)
@click.option(
    "--until", metavar="DATE", help="The list as of this day, without what is dated later; today without it."
)
@click.option("--editors", is_flag=True, help="Count editors as well as authors.")
@click.option(
    "--format",
    "chosen",
    type=click.Choice(get_args(TableFormat)),
    help="A table for people, spreadsheets or programs; by the ending of `-o` without it.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write.")
@click.pass_obj
def coauthors(
    directory: Path,
    months: int,
    until: str | None,
    editors: bool,
    chosen: TableFormat | None,
    output: Path | None,
) -> None:
    """List the co-authors of the last months.

    Each with the last and the number of joint publications.

    Names are one person's across spellings: accents, particles, initials. An initial that
    fits two people is said and listed on its own. A publication that has a year alone
    counts where any day of that year lies within the months; one in press counts.

    The file contacts.yaml beside content/ may add affiliations and e-mail addresses:

    \b
      - name: Muster, Max
        affiliation: Example University
        email: max@example.org

    A CSV file written with `-o` begins with a byte order mark, which Excel needs to read
    accents; on standard output there is none.

    \b
    Examples:
      cvbuild coauthors
      cvbuild coauthors --months 36 --until 2025-06-30
      cvbuild coauthors -o coauthors.xlsx
      cvbuild coauthors --format csv > coauthors.csv
    """
    style = chosen or _by_ending(output)
    if style == "xlsx" and output is None:
        raise UsageProblem("an .xlsx file is not for a terminal", "name it: `-o coauthors.xlsx`")
    window = Window(months, _last_day(until) if until else date.today(), counts_later=until is None)
    outcome = Outcome(open_project(directory), "json" if style == "json" and output is None else "human")
    cv = load(outcome)
    contacts, findings = read_contacts(outcome.project)
    outcome.add(findings.items)
    if outcome.has_errors:
        outcome.print()
        raise click.exceptions.Exit(EXIT_CONTENT)
    found, findings = found_coauthors(cv, window, contacts, editors=editors)
    outcome.add(findings.items)
    outcome.results.update(for_programs(found))
    outcome.print()
    if outcome.has_errors:
        raise click.exceptions.Exit(EXIT_CONTENT)
    if output is not None:
        target = directory / output
        write_in_place(_as_file(found, style), target)
        record(outcome.project, target)
        outcome.say(f"{shown(target)}  {summary(found)}")
    elif style == "csv":
        click.echo(as_csv(rows(found)), nl=False)
    elif style == "text":
        click.echo("\n".join(as_lines(found)))


def _by_ending(output: Path | None) -> TableFormat:
    """The format that a file's name asks for; text without one."""
    if output is None:
        return "text"
    match output.suffix.lower():
        case ".csv":
            return "csv"
        case ".xlsx":
            return "xlsx"
        case ".json":
            return "json"
        case ".txt" | "":
            return "text"
    raise UsageProblem(
        f"`{output.name}` cannot be written", "name a `.csv`, `.xlsx`, `.json` or `.txt`, or say `--format`"
    )


def _last_day(text: str) -> date:
    """A day, or the last one of a month or a year."""
    try:
        year, month, day = Date.parse(text).last_day
    except ValueError as error:
        raise UsageProblem(f"`--until`: {error}", "write a day as in `2025-06-30`") from None
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _as_file(found: CoAuthors, style: TableFormat) -> bytes:

    match style:
        case "xlsx":
            return as_xlsx("Co-authors", rows(found), WIDTHS[: len(HEADER)])
        case "csv":
            return (BYTE_ORDER_MARK + as_csv(rows(found))).encode()
        case "json":
            return (json.dumps(for_programs(found), ensure_ascii=False, indent=2) + "\n").encode()
    return ("\n".join(as_lines(found)) + "\n").encode()
