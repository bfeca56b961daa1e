"""The command `explain`: print the explanation of a diagnostic's code."""

from __future__ import annotations

import shutil
import textwrap

import click
from click.shell_completion import CompletionItem

from cvbuild.commands import cli
from cvbuild.explain import Explanation, codes, explanation

WIDEST = 100
"""Maximum width of prose, in characters."""


def _completed(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    found = [code for code in codes() if code.startswith(begun.lower())]
    return [CompletionItem(code, help=explanation(code).summary) for code in found]


@cli.command()
@click.argument("asked", metavar="[CODE]...", nargs=-1, shell_complete=_completed)
def explain(asked: tuple[str, ...]) -> None:
    """Say what the CODE of a message means, and the cure.

    It is the word in the message's brackets. Without one, all codes are listed.

    \b
    Examples:
      cvbuild explain unknown-key
      cvbuild explain
    """
    width = min(shutil.get_terminal_size().columns, WIDEST)
    if not asked:
        formatter = click.HelpFormatter(width=width)
        formatter.write_dl([(code, explanation(code).summary) for code in codes()])
        click.echo(formatter.getvalue(), nl=False)
        return
    explained = dict.fromkeys(explanation(code) for code in asked)
    click.echo("\n\n".join(_in_full(item, width) for item in explained))


def _in_full(explained: Explanation, width: int) -> str:
    def prose(text: str) -> str:
        return click.wrap_text(text[:1].upper() + text[1:], width, preserve_paragraphs=True)

    parts = [(explained.code, prose(explained.meaning))]
    if explained.why_no_example:
        parts.append(("No small example", prose(explained.why_no_example)))
    else:
        parts.append(("Example", textwrap.indent(explained.example.rstrip(), "  ")))
    if explained.message:
        parts.append(("What it prints", textwrap.indent(explained.message.rstrip(), "  ")))
    parts.append(("Cure", prose(explained.cure)))
    return "\n\n".join(f"{click.style(heading, bold=True)}\n\n{text}" for heading, text in parts)
