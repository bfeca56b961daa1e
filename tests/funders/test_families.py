from __future__ import annotations

import pytest

from cvbuild.funders.page_rules import family_of


@pytest.mark.parametrize(
    ("family", "names"),
    [
        (
            "Arial",
            "Arial ArialMT Arial-BoldMT Arial,Bold Arial-BoldItalicMT Helvetica Helvetica-Oblique"
            " TeXGyreHeros-Regular QTHeros NimbusSanL-Regu NimbusSans-Bold LiberationSans-Italic Arimo",
        ),
        (
            "Times New Roman",
            "TimesNewRomanPSMT TimesNewRomanPS-BoldMT TimesNewRoman,Italic Times-Roman Times-BoldItalic"
            " TeXGyreTermes-Bold NimbusRomNo9L-Regu NimbusRoman-Regular LiberationSerif",
        ),
        (
            "Palatino Linotype",
            "PalatinoLinotype-Roman Palatino-Roman TeXGyrePagella-Italic URWPalladioL-Roma P052",
        ),
        ("Courier New", "CourierNewPSMT CourierNewPS-BoldMT Courier TeXGyreCursor-Regular LiberationMono"),
        (
            "Computer Modern",
            "CMR10 CMBX12 CMMI10 LMRoman10-Regular LMSans10-Bold LMMono9-Regular SFRM1095 SFTI1000",
        ),
        ("Calibri", "Calibri Calibri-Bold Carlito"),
    ],
)
def test_a_family_is_known_by_its_fonts(family: str, names: str) -> None:
    assert {name: family_of(name) for name in names.split()} == dict.fromkeys(names.split(), family)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ArialNarrow-Bold", "ArialNarrow"),
        ("Arial-Black", "Arial-Black"),
        ("TeXGyreHerosCn-Regular", "TeXGyreHerosCn"),
        ("LiberationSansNarrow", "LiberationSansNarrow"),
        ("ComicSansMS", "ComicSansMS"),
        ("TimesTen-Roman", "TimesTen"),
    ],
)
def test_another_width_or_face_is_no_member(name: str, expected: str) -> None:
    assert family_of(name) == expected


@pytest.mark.parametrize(
    ("written", "family"),
    [
        ("Helvetica", "Arial"),
        ("TeX Gyre Heros", "Arial"),
        ("times new roman", "Times New Roman"),
        ("Nimbus Roman", "Times New Roman"),
        ("Comic Sans", "Comic Sans"),
    ],
)
def test_a_profile_may_name_a_family_by_any_of_its_names(written: str, family: str) -> None:
    assert family_of(written) == family
