"""The command that says what a diagnostic's code means."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from cvbuild.cli.program import cli

if TYPE_CHECKING:
    from cvbuild.explain import Explanation

WIDEST = 100
"""Prose is not set wider than this, however wide the terminal is."""


def _completed(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    from cvbuild.explain import codes, explanation

    return [
        CompletionItem(code, help=explanation(code).summary)
        for code in codes()
        if code.startswith(begun.lower())
    ]


@cli.command()
@click.argument("asked", metavar="[CODE]...", nargs=-1, shell_complete=_completed)
def explain(asked: tuple[str, ...]) -> None:
    """Say what the CODE of a message means, with an example and the cure.

    It is the word in the message's brackets. Without one, all codes are listed.

    \b
    Examples:
      cvbuild explain unknown-key
      cvbuild explain
    """
    from cvbuild.explain import codes, explanation

    width = min(shutil.get_terminal_size().columns, WIDEST)
    if not asked:
        formatter = click.HelpFormatter(width=width)
        formatter.write_dl([(code, explanation(code).summary) for code in codes()])
        click.echo(formatter.getvalue(), nl=False)
        return
    explained = dict.fromkeys(explanation(code) for code in asked)
    click.echo("\n\n".join(_in_full(item, width) for item in explained))


def _in_full(explained: Explanation, width: int) -> str:
    parts = [
        click.style(explained.code, bold=True),
        click.wrap_text(explained.meaning, width, preserve_paragraphs=True),
        click.style("Example", bold=True),
        textwrap.indent(explained.example.rstrip(), "  "),
    ]
    if explained.message:
        parts += [click.style("What it prints", bold=True), textwrap.indent(explained.message.rstrip(), "  ")]
    parts += [
        click.style("Cure", bold=True),
        click.wrap_text(explained.cure[:1].upper() + explained.cure[1:], width, preserve_paragraphs=True),
    ]
    return "\n\n".join(parts)
