"""The ledger as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cvbuild.report import Json, place
from cvbuild.select.ledger import Account, Ledger, LeftOut
from cvbuild.words import shortened

_LONGEST_SUMMARY = 72


def as_lines(ledgers: Mapping[str, Ledger]) -> Iterator[str]:
    """For each variant the sum, the sum of each section, and what is left out under its reason."""
    names = [account.section for ledger in ledgers.values() for account in ledger.accounts]
    width = max(map(len, names), default=0)
    for at, (variant, ledger) in enumerate(ledgers.items()):
        if at:
            yield ""
        yield f"{variant}: {_sum(ledger.read, ledger.printed, len(ledger.left_out))}"
        for account in ledger.accounts:
            counted = _sum(len(account.read), len(account.printed), len(account.left_out))
            yield f"  {account.section:{width}}  {counted}"
            for reason, items in _by_reason(account.left_out).items():
                yield f"    {reason}:"
                places = max(len(item.span.place) for item in items)
                for item in items:
                    yield f"      {item.span.place:{places}}  {shortened(item.summary, _LONGEST_SUMMARY)}"


def _sum(read: int, printed: int, left_out: int) -> str:
    return f"{read} read = {printed} printed + {left_out} left out"


def _by_reason(items: Iterable[LeftOut]) -> dict[str, list[LeftOut]]:
    grouped: dict[str, list[LeftOut]] = {}
    for item in items:
        grouped.setdefault(item.reason, []).append(item)
    return grouped


def for_programs(ledgers: Mapping[str, Ledger]) -> Json:
    """The same as data: variants with their sections, each with its counts and what it leaves out."""
    return [
        {
            "variant": variant,
            "read": ledger.read,
            "printed": ledger.printed,
            "left_out": len(ledger.left_out),
            "sections": [_account(account) for account in ledger.accounts],
        }
        for variant, ledger in ledgers.items()
    ]


def _account(account: Account) -> Json:
    left_out = [
        {"summary": item.summary, "reason": item.reason, "place": place(item.span)}
        for item in account.left_out
    ]
    return {
        "section": account.section,
        "title": account.title,
        "read": len(account.read),
        "printed": len(account.printed),
        "left_out": left_out,
    }
