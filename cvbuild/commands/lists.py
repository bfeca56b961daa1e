"""The commands that print lists: `audit`, `variants`, `stats`, `coauthors`, `number`."""

from __future__ import annotations

import calendar
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import click

from cvbuild import coauthors as listing
from cvbuild.build import setting_of
from cvbuild.coauthors import BYTE_ORDER_MARK, Window, as_csv, as_xlsx, read_contacts
from cvbuild.commands import cli
from cvbuild.commands.shared import Count, Outcome, load, open_project, options, shown, with_request
from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Metrics, PublicationsSection
from cvbuild.content.publications import category_of
from cvbuild.content.values import Date
from cvbuild.diagnostics import ContentProblem, Findings, UsageProblem
from cvbuild.fit.fit import account_for
from cvbuild.loading import BROKEN_ENTRY, chosen_variants
from cvbuild.output import record, write_in_place
from cvbuild.project import Project, outside
from cvbuild.read.numberlock import with_lines
from cvbuild.record import Record, as_builtins, replace
from cvbuild.report import Json, place
from cvbuild.select.marks import Roster, is_new, joined_days
from cvbuild.select.numbers import Permanent, numbered_sections, permanent_numbers
from cvbuild.select.request import Request
from cvbuild.select.types import Ledger, LeftOut
from cvbuild.words import counted, shortened

_LONGEST_SUMMARY = 72
"""Maximum length of an entry's summary, in characters."""

TableFormat = Literal["text", "csv", "xlsx", "json"]
_ENDINGS: dict[str, TableFormat] = {
    ".csv": "csv", ".xlsx": "xlsx", ".json": "json", ".txt": "text", "": "text",
}  # fmt: skip


@cli.command()
@options("variant json untrusted")
@with_request
def audit(directory: Path, request: Request) -> None:
    """Account for every entry: read = printed + left out.

    What is left out has its reason and its place.

    A variant with `fit` is measured for it, which takes a run of TeX.

    \b
    Examples:
      cvbuild audit
      cvbuild audit --variant short
      cvbuild audit --json
    """
    outcome = Outcome(open_project(directory, request), request.style)
    cv = load(outcome, despite={BROKEN_ENTRY})
    ledgers = {}
    for name in chosen_variants(cv.variants, request.variants):
        selected, findings = account_for(cv, name, setting_of(outcome.project, request))
        outcome.add(findings.items)
        ledgers[name] = selected.ledger
    outcome.results["variants"] = [_ledger_as_json(name, ledger) for name, ledger in ledgers.items()]
    outcome.print()
    for line in ledger_lines(ledgers):
        outcome.say(line)
    outcome.exit_if_failed()


def ledger_lines(ledgers: Mapping[str, Ledger]) -> Iterator[str]:
    """Yield for each variant the totals, the totals of each section, and the omitted entries by reason."""
    names = [account.section for ledger in ledgers.values() for account in ledger.accounts]
    width = max(map(len, names), default=0)
    sums = "{} read = {} printed + {} left out".format
    for at, (variant, ledger) in enumerate(ledgers.items()):
        if at:
            yield ""
        yield f"{variant}: {sums(ledger.read, ledger.printed, len(ledger.left_out))}"
        for account in ledger.accounts:
            left_out: dict[str, list[LeftOut]] = {}
            for item in account.left_out:
                left_out.setdefault(item.reason, []).append(item)
            counts = len(account.read), len(account.printed), len(account.left_out)
            yield f"  {account.section:{width}}  {sums(*counts)}"
            for reason, items in left_out.items():
                yield f"    {reason}:"
                places = max(len(item.span.place) for item in items)
                for item in items:
                    yield f"      {item.span.place:{places}}  {shortened(item.summary, _LONGEST_SUMMARY)}"


def _ledger_as_json(variant: str, ledger: Ledger) -> Json:
    """Return a variant's ledger as JSON: each section with its counts and omitted entries."""
    return {
        "variant": variant,
        "read": ledger.read,
        "printed": ledger.printed,
        "left_out": len(ledger.left_out),
        "sections": [
            {
                "section": account.section,
                "title": account.title,
                "read": len(account.read),
                "printed": len(account.printed),
                "left_out": [
                    {"summary": item.summary, "reason": item.reason, "place": place(item.span)}
                    for item in account.left_out
                ],
            }
            for account in ledger.accounts
        ],
    }


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="The names alone, for programs.")
@options("untrusted")
@with_request
def variants(directory: Path, request: Request, as_json: bool) -> None:
    """List the variants of cv.yaml and how much they print.

    `cvbuild audit` says what they leave out.

    A variant with `fit` is measured for it, which takes a run of TeX.

    \b
    Example:
      cvbuild variants
    """
    outcome = Outcome(open_project(directory, request))
    cv = load(outcome)
    outcome.print()
    if as_json:
        click.echo(json.dumps(list(cv.variants)))
        return
    width = max(len(name) for name in cv.variants)
    for name, variant in cv.variants.items():
        selected, _ = account_for(cv, name, setting_of(outcome.project, request))
        sections = counted(len(selected.sections), "section")
        limit = f", at most {counted(variant.max_pages, 'page')}" if variant.max_pages else ""
        held = f", held against {variant.profile}" if variant.profile else ""
        limit += f", fitted to {counted(variant.fit.pages, 'page')}" if variant.fit else ""
        click.echo(
            f"{name:{width}}  {cv.output_name(name)}.pdf: {sections},"
            f" {selected.ledger.printed} of {selected.ledger.read} entries{limit}{held}"
            + (f"  ({variant.description})" if variant.description else "")
        )


@cli.command()
@click.option("--since", type=int, metavar="YEAR", help="The year of the second count.")
@options("new_since json")
@with_request
def stats(directory: Path, request: Request, since: int | None) -> None:
    """Count publications by category, and the items of sections.

    \b
    Examples:
      cvbuild stats
      cvbuild stats --since 2022 --json
      cvbuild stats --new-since 2025-06
    """
    outcome = Outcome(open_project(directory))
    counts = count(load(outcome), since, request.new_since)
    outcome.print()
    if request.style == "json":
        click.echo(json.dumps(as_builtins(counts), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(stats_lines(counts)))


class NamedCount(Record):
    """A category or section, and the number of its entries."""

    name: str
    count: int


class Counts(Record):
    """Numbers of publications: in total, since a year, first-authored, by category; items by section.

    `with_students` counts publications with supervised students; None if the CV lists no students. `new`
    counts publications that are new since the date `new_since`; both are None without that date.
    """

    publications: int
    since_year: int
    since: int
    first_authored: int
    categories: tuple[NamedCount, ...]
    sections: tuple[NamedCount, ...]
    with_students: int | None = None
    new_since: str | None = None
    new: int | None = None


def count(cv: Cv, since: int | None = None, new_since: Date | None = None) -> Counts:
    """Return the counts. The default of `since` is the metrics section's year, else the last five years."""
    publications, sections = cv.publications, cv.sections.values()
    years = [publication.date.year for publication in publications if publication.date]
    if since is None:
        tables = [section.since for section in sections if isinstance(section, Metrics)]
        since = tables[0] if tables else max(years, default=0) - 4
    first_authored = sum(0 in publication.owner_positions for publication in publications)
    lists = [section for section in sections if isinstance(section, PublicationsSection)]
    categories: list[NamedCount] = []
    for section in lists:
        found = [category_of(publication, section.categories) for publication in publications]
        categories = [NamedCount(str(item.title), found.count(item)) for item in section.categories]
        categories += [NamedCount("(no category)", found.count(None))] if None in found else []
    listed = []
    for part in sections:
        if number := sum(1 for group in part.listed for item in group.items for _ in item.leaves()):
            listed.append(NamedCount(str(part.title), number))
    unsaid = Findings()  # dropped: a build that marks students reports their problems
    roster = Roster(sections, unsaid)
    with_students = new = None
    if roster.by_family and lists:
        places = (roster.positions(item, lists[0].student_grace, unsaid) for item in publications)
        with_students = sum(map(bool, places))
    if new_since:
        joined = joined_days(cv, lists[0]) if lists else {}
        new = sum(bool(is_new(item, joined.get(str(item.key)), new_since)) for item in publications)
    numbers = len(publications), since, sum(year >= since for year in years), first_authored
    day = str(new_since) if new_since else None
    return Counts(*numbers, tuple(categories), tuple(listed), with_students, day, new)


def stats_lines(counts: Counts) -> list[str]:
    """Return the counts as a table."""
    rows = [
        ("publications", counts.publications),
        (f"  since {counts.since_year}", counts.since),
        ("  first-authored", counts.first_authored),
        ("  with supervised students", counts.with_students),
        (f"  new since {counts.new_since}", counts.new),
        *((f"  {item.name}", item.count) for item in counts.categories),
        *((item.name, item.count) for item in counts.sections),
    ]
    known = [(name, number) for name, number in rows if number is not None]
    width = max(len(name) for name, _ in known)
    return [f"{name:{width}}  {number:>5}" for name, number in known]


@cli.command()
@click.option(
    # NSF requires 48 (Proposal & Award Policies & Procedures Guide, II.D.2.h(iii)).
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
    ending = output.suffix.lower() if output is not None else ""
    if chosen is None and output is not None and ending not in _ENDINGS:
        hint = "name a `.csv`, `.xlsx`, `.json` or `.txt`, or say `--format`"
        raise UsageProblem(f"`{output.name}` cannot be written", hint)
    style = chosen or _ENDINGS[ending]
    if style == "xlsx" and output is None:
        raise UsageProblem("an .xlsx file is not for a terminal", "name it: `-o coauthors.xlsx`")
    day = date.today()
    if until is not None:
        try:
            year, month, last = Date.parse(until).last_day
        except ValueError as error:
            raise UsageProblem(f"`--until`: {error}", "write a day as in `2025-06-30`") from None
        day = date(year, month, min(last, calendar.monthrange(year, month)[1]))
    outcome = Outcome(open_project(directory), "json" if style == "json" and output is None else "human")
    cv = load(outcome)
    contacts, findings = read_contacts(outcome.project)
    outcome.add(findings.items)
    outcome.print_if_failed()
    window = Window(months, day, counts_later=until is None)
    found, findings = listing.coauthors(cv, window, contacts, editors=editors)
    outcome.add(findings.items)
    outcome.results.update(listing.for_programs(found))
    outcome.print()
    outcome.exit_if_failed()
    rows = listing.rows(found)
    text = "\n".join(listing.as_lines(found)) + "\n"
    if style == "csv":
        text = as_csv(rows)
    elif style == "json":
        text = json.dumps(listing.for_programs(found), ensure_ascii=False, indent=2) + "\n"
    if output is not None:
        target, mark = directory / output, BYTE_ORDER_MARK if style == "csv" else ""
        write_in_place(as_xlsx(rows) if style == "xlsx" else (mark + text).encode(), target)
        record(outcome.project, target)
        outcome.say(f"{shown(target)}  {listing.summary(found)}")
    elif style != "json":  # `outcome.print` has printed the JSON
        click.echo(text, nl=False)


@cli.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where an entry has no number, for CI.")
@options("format")
@with_request
def number(directory: Path, request: Request, check: bool) -> None:
    """Give publications the permanent numbers that they keep.

    Those of sections with `numbering: permanent`, in bib/numbers.lock. A new entry gets the
    next number, an old one keeps its own, and that of a deleted one is never given again.
    Commit the file.

    \b
    Examples:
      cvbuild number
      cvbuild number --check
    """
    project = open_project(directory)
    outcome = Outcome(project, request.style)
    cv = load(outcome)
    if not numbered_sections(cv):
        raise UsageProblem(
            "no section has permanent numbers",
            "write `numbering: permanent` into the section of kind `publications`",
        )
    findings = Findings()
    given = permanent_numbers(cv, findings)
    outcome.add(item for item in findings.items if item.code != "unnumbered")  # listed below
    if not check and not outcome.has("error"):
        keep_numbers(project, cv, given, date.today())
    outcome.results["numbers"] = [{"key": str(line.key), "number": line.number} for line in given.missing]
    outcome.print()
    numbers = max((len(line.number) for line in given.missing), default=0)
    keys = max((len(line.key) for line in given.missing), default=0)
    for line in given.missing:
        outcome.say(f"{line.number:{numbers}}  {line.key:{keys}}  {line.title}")
    new = counted(len(given.missing), "new number")
    if check:
        if given.missing:
            outcome.say(f"{new} to give")
        elif given.renamed:
            outcome.say("every entry has its number, some under a key that is gone")
        elif not outcome.has("error"):
            outcome.say("every entry has its number")
    elif not outcome.has("error"):
        outcome.say(f"{shown(project.numbers)}: {new}, {len(cv.numbers.lines)} kept")
    outcome.exit_if_failed(also_if=bool(given.renamed) or (check and bool(given.missing)))


def keep_numbers(project: Project, cv: Cv, given: Permanent, today: date) -> None:
    """Add the new lines to `bib/numbers.lock`, atomically; its other lines do not change.

    Raises ContentProblem if the file would be written outside the project.
    """
    if not given.missing:
        return
    if refusal := outside(project.numbers, project.root):
        raise ContentProblem(refusal.of(project.shown(project.numbers)))
    fresh = given.fresh
    lines = (line if line.series in fresh else replace(line, joined=today) for line in given.missing)
    text = with_lines(cv.numbers.source, lines)
    windows = project.numbers.is_file() and b"\r\n" in project.numbers.read_bytes()
    write_in_place(text.replace("\n", "\r\n" if windows else "\n").encode(), project.numbers)
