"""Fitting on many CVs that nobody wrote: every promise holds of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.fit.fit import Fitted, fit, for_programs
from cvbuild.fit.measure import Setting
from cvbuild.fit.pages import Unit
from cvbuild.pdf.read import inspect
from cvbuild.record import replace
from cvbuild.select.request import Request
from cvbuild.select.selection import choices_of, select
from tests.conftest import needs_pdflatex
from tests.fit.generated import generated
from tests.projects import adds_up, build_variant, load_project, write_project

pytestmark = needs_pdflatex()
FULL = 0.85


def owed(fitted: Fitted) -> set[Unit]:
    """What is kept for `keep` or the minimum of its section, whatever its priority."""
    owed = {unit for unit in fitted.document.ranked if unit.keep}
    for at, choice in enumerate(choices_of(fitted.cv, fitted.variant)):
        least = 1 if choice.min is None else choice.min
        best = [unit for unit in fitted.document.ranked if unit.at == at]
        owed.update(best[:least])
    return owed


def size(fitted: Fitted, unit: Unit) -> int:
    return fitted.document.size(unit, is_short=bool(unit.shrinking))


def check_priorities(fitted: Fitted) -> None:
    """Nothing of higher priority is left out while something lower of its size or larger stayed."""
    stayed = [unit for unit in fitted.document.printed if unit not in owed(fitted)]
    for out in fitted.left_out:
        for unit in stayed:
            assert unit.priority <= out.priority or size(fitted, unit) < size(fitted, out), (unit, out)


def check_room(fitted: Fitted, height: float) -> None:
    """Nothing that is left out and might be printed would fit; the last page is full where it could be."""
    candidates = fitted.left_out
    if not candidates:
        return
    might = [
        unit
        for unit in candidates
        if all(
            size(fitted, unit) < size(fitted, other) for other in candidates if other.priority < unit.priority
        )
    ]
    choice = replace(fitted.document)
    for unit in might:
        assert not choice.change({**choice.printed, unit: bool(unit.shrinking)}), unit
    assert fitted.pages == fitted.most
    room = (1 - height) * fitted.document.shape.height
    could_fill = [unit for unit in might if size(fitted, unit) < room / 2]
    assert height >= FULL or not could_fill, (height, could_fill)


@pytest.mark.parametrize("number", range(20))
def test_a_variant_is_fitted_to_its_pages(number: int, tmp_path: Path) -> None:
    made = generated(number)
    folder = write_project(tmp_path, made.files)
    built = build_variant(folder, "short", engine="pdflatex")
    if any(item.code == "does-not-fit" for item in built.diagnostics):
        assert built.pdf is None
        return
    assert built.pdf is not None, built.diagnostics
    assert built.pages <= made.pages
    assert built.passes <= 3
    fitted = built.fit
    assert fitted is not None
    assert fitted.pages == built.pages
    project, cv = load_project(folder)
    if number % 8 == 0:
        again = fit(cv, "short", made.pages, Setting(project, Request("pdflatex")))
        assert for_programs(again) == for_programs(fitted), "the same content, the same choice"
    assert adds_up(select(cv, "short", cut=fitted.cut)[0].ledger)
    assert not any(unit.keep for unit in fitted.left_out)
    check_priorities(fitted)
    report = inspect(built.pdf)
    page = report.sizes[-1][1]
    usable = page - 44 * 72 / 25.4  # bp: 20 mm above and 24 mm below
    height = (page - 20 * 72 / 25.4 - report.lowest_text[-1]) / usable
    assert height == pytest.approx(fitted.fill, abs=0.03)
    check_room(fitted, height)
