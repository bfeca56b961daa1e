"""The command that gives plain text for the forms of a portal: `text`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.cli.outcome import Outcome, format_option
from cvbuild.cli.program import (
    EXIT_CONTENT,
    cli,
    language_option,
    load,
    new_since_option,
    open_project,
    shown,
    untrusted_option,
    variant_option,
)
from cvbuild.diagnostics import ContentProblem

if TYPE_CHECKING:
    from cvbuild.model.dates import Date
    from cvbuild.report import Style


@cli.command()
@variant_option
@click.option(
    "-s",
    "--section",
    "sections",
    multiple=True,
    metavar="NAME",
    help="This section alone; again for several.",
)
@click.option("--addresses", is_flag=True, help="Write the addresses of links behind their words.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write to.")
@language_option
@new_since_option
@format_option
@untrusted_option
@click.pass_obj
def text(
    directory: Path,
    variants: tuple[str, ...],
    sections: tuple[str, ...],
    addresses: bool,
    output: Path | None,
    language: str | None,
    new_since: Date | None,
    style: Style,
    untrusted: bool,
) -> None:
    """Print a variant as plain text, to paste into the forms of a portal.

    How long it is, is said beside it, since forms count characters or words.

    \b
    Examples:
      cvbuild text --variant short
      cvbuild text -v short --section publications
      cvbuild text -v short -o cv.txt
    """
    from cvbuild.pipeline import Options, chosen_variants, prepare
    from cvbuild.plaintext import plain_text

    outcome = Outcome(open_project(directory, untrusted=untrusted), style)
    cv = load(outcome)
    options = Options(language=language, new_since=new_since)
    written: dict[str, str] = {}
    for name in chosen_variants(cv, variants):
        try:
            prepared = prepare(outcome.project, cv, name, options, sections)
        except ContentProblem as problem:
            outcome.add(problem.diagnostics)
            continue
        outcome.add(prepared.findings.items)
        written[name] = plain_text(prepared.rendered, with_header=not sections, with_addresses=addresses)
    if not outcome.has_errors and output:
        from cvbuild.delivery import write_in_place

        write_in_place("\n\n".join(written.values()).encode(), directory / output)
    outcome.results["text"] = dict(written)
    outcome.print()
    if outcome.has_errors:
        raise click.exceptions.Exit(EXIT_CONTENT)
    if output:
        outcome.say(shown(directory / output))
    for name, lines in written.items():
        if not output:
            outcome.say(lines)
        outcome.say(f"{name}: {len(lines.rstrip()):,} characters, {len(lines.split()):,} words", err=True)
