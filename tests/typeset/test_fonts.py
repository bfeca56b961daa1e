from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.typeset.fonts import Font, fonts_for, installed_faces
from tests.conftest import forget_fonts, write_program
from tests.fonts import Listed, face, listed


def chosen(script: str, text: str) -> dict[str, str]:
    return {cluster: family.name for cluster, family in fonts_for(script, [*text]).items()}


@pytest.fixture(autouse=True)
def _no_fonts(program_folder: Path) -> None:
    assert installed_faces() == (), program_folder


def test_without_fontconfig_there_is_no_font() -> None:
    assert fonts_for("cyrillic", ["Ж"]) == {}


def test_a_preferred_family_that_has_all_is_taken(program_folder: Path) -> None:
    listed(program_folder, face("A Font"), face("FreeSerif"), face("Linux Libertine O", "410-415"))
    assert chosen("cyrillic", "Жя") == {"Ж": "FreeSerif", "я": "FreeSerif"}


def test_a_font_is_found_by_the_name_of_its_script(program_folder: Path) -> None:
    listed(program_folder, face("A Font", "b95"), face("Noto Serif Tamil", "b95"))
    assert chosen("tamil", "க") == {"க": "Noto Serif Tamil"}


def test_one_font_for_all_comes_before_a_preferred_one_for_some(program_folder: Path) -> None:
    listed(program_folder, face("FreeSerif", "416"), face("Z Font"))
    assert chosen("cyrillic", "Жя") == {"Ж": "Z Font", "я": "Z Font"}


def test_any_font_will_do_where_no_preferred_one_has_it(program_folder: Path) -> None:
    listed(program_folder, face("FreeSerif", "416"), face("Z Font", "44f"), face("Y Font", "44f"))
    assert chosen("cyrillic", "Жяю") == {"Ж": "FreeSerif", "я": "Y Font"}


def test_each_language_of_east_asia_has_its_own_shapes(program_folder: Path) -> None:
    file = "/fonts/cjk.ttc"
    faces = [
        face(f"Noto Serif CJK {at}", "4e2d", file, index=str(i)) for i, at in enumerate(("JP", "SC", "TC"))
    ]
    listed(program_folder, *faces)
    assert chosen("chinese", "中") == {"中": "Noto Serif CJK SC"}
    assert chosen("traditional chinese", "中") == {"中": "Noto Serif CJK TC"}
    assert chosen("japanese", "中") == {"中": "Noto Serif CJK JP"}
    assert fonts_for("chinese", ["中"])["中"].upright.index == 1


@pytest.mark.parametrize(
    "unfit",
    [
        face("Color", color="True"),
        face("Variable", variable="True"),
        face("Bitmap", fontformat="PCF"),
        face("Unifont"),
        face("Last Resort"),
        face("Italic", slant="100"),
        face("Black", weight="210"),
        face("Odd path", file="/fonts/#1 {odd}.ttf"),
        face("Odd index", index="x"),
    ],
    ids=lambda face: face["family"],
)
def test_fonts_that_tex_cannot_use_are_passed_over(program_folder: Path, unfit: Listed) -> None:
    listed(program_folder, unfit)
    assert fonts_for("cyrillic", ["Ж"]) == {}


def test_characters_of_private_use_are_taken_from_no_other_font(program_folder: Path) -> None:
    listed(program_folder, face("FreeSerif", "416 e000"))
    assert chosen("symbol", "\ue000") == {}


def test_a_family_has_the_faces_that_have_the_characters(program_folder: Path) -> None:
    listed(
        program_folder,
        face("FreeSerif"),
        face("FreeSerif", file="/fonts/bold.ttf", weight="200"),
        face("FreeSerif", "410", file="/fonts/italic.ttf", slant="100"),
        face("FreeSerif", file="/elsewhere/bolditalic.ttf", weight="200", slant="100"),
    )
    family = fonts_for("cyrillic", ["Ж"])["Ж"]
    assert isinstance(family, Font)
    assert family.bold is not None
    assert family.bold.file == Path("/fonts/bold.ttf")
    assert family.italic is family.bold_italic is None


def test_a_face_of_normal_width_comes_first(program_folder: Path) -> None:
    condensed = face("FreeSerif", file="/fonts/a.ttf", width="75")
    listed(program_folder, condensed, face("FreeSerif", file="/fonts/b.ttf"))
    assert fonts_for("cyrillic", ["Ж"])["Ж"].upright.file == Path("/fonts/b.ttf")
    listed(program_folder, condensed)
    assert fonts_for("cyrillic", ["Ж"])["Ж"].upright.file == Path("/fonts/a.ttf")


def test_lines_that_are_no_font_are_passed_over(program_folder: Path) -> None:
    write_program(program_folder / "fc-list", "echo 'Fontconfig error: no config'; exit 1")
    forget_fonts()
    assert installed_faces() == ()
