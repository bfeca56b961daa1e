"""Fonts for what the theme's font lacks: which are taken, and what becomes of a document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset.fonts import Equipped, equip, fonts_for, installed_faces
from tests.conftest import FakeEngine, forget_fonts, write_program
from tests.fonts import Listed, face, listed

PDFLATEX = FakeEngine("pdflatex")
XELATEX = FakeEngine("xelatex", is_unicode=True)
LUALATEX = FakeEngine("lualatex", is_unicode=True, right_to_left=True)
PREAMBLE = "\\setmainfont{texgyrepagella}[Ligatures=TeX]\n"
BEGIN = "\\begin{document}\n"
CJK = [
    face(f"Noto Serif CJK {at}", "4e2d", "/fonts/cjk.ttc", index=str(i))
    for i, at in enumerate(("JP", "SC", "TC"))
]
EVERY = ["FreeSerif", "Amiri", *(f"Noto Serif CJK {at}" for at in ("SC", "TC", "JP")), "UnBatang"]


@pytest.fixture(autouse=True)
def _no_fonts(program_folder: Path) -> None:
    assert installed_faces() == (), program_folder


@pytest.fixture
def every_font(program_folder: Path) -> None:
    """One family for each script; each has every character."""
    listed(program_folder, *(face(family, "0-10ffff") for family in EVERY))


@pytest.mark.parametrize(
    ("faces", "script", "expected"),
    [
        ([], "cyrillic", "Ж:"),
        ([face("A"), face("FreeSerif"), face("Linux Libertine O", "410-415")], "cyrillic", "Жя:FreeSerif"),
        ([face("A", "b95"), face("Noto Serif Tamil", "b95")], "tamil", "க:Noto Serif Tamil"),
        ([face("FreeSerif", "416"), face("Z Font")], "cyrillic", "Жя:Z Font"),
        ([face("FreeSerif", "416"), face("Z", "44f"), face("Y", "44f")], "cyrillic", "Ж:FreeSerif я:Y ю:"),
        ([face("FreeSerif", "416 e000")], "symbol", "\ue000:"),
        (CJK, "chinese", "中:Noto Serif CJK SC"),
        (CJK, "traditional chinese", "中:Noto Serif CJK TC"),
        (CJK, "japanese", "中:Noto Serif CJK JP"),
    ],
    ids="no font|preferred|by script|one for all|any|private use|Chinese|Taiwan|Japan".split("|"),
)
def test_the_font_of_a_script(program_folder: Path, faces: list[Listed], script: str, expected: str) -> None:
    listed(program_folder, *faces)
    pairs = re.findall(r"(\S+):([^:]*?)(?= \S+:|$)", expected)
    wanted = {char: family for chars, family in pairs for char in chars if family}
    found = fonts_for(script, "".join(chars for chars, _ in pairs))
    assert {cluster: font.name for cluster, font in found.items()} == wanted


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


def test_a_family_has_the_faces_that_have_the_characters(program_folder: Path) -> None:
    listed(
        program_folder,
        face("FreeSerif"),
        face("FreeSerif", file="/fonts/bold.ttf", weight="200"),
        face("FreeSerif", "410", file="/fonts/italic.ttf", slant="100"),
        face("FreeSerif", file="/elsewhere/bolditalic.ttf", weight="200", slant="100"),
    )
    family = fonts_for("cyrillic", ["Ж"])["Ж"]
    assert family.bold is not None
    assert family.bold.file == Path("/fonts/bold.ttf")
    assert family.italic is family.bold_italic is None


@pytest.mark.parametrize(("others", "file"), [([face("FreeSerif", file="/b.ttf")], "b.ttf"), ([], "a.ttf")])
def test_a_face_of_normal_width_comes_first(program_folder: Path, others: list[Listed], file: str) -> None:
    listed(program_folder, face("FreeSerif", file="/a.ttf", width="75"), *others)
    assert fonts_for("cyrillic", ["Ж"])["Ж"].upright.file.name == file


def test_lines_that_are_no_font_are_passed_over(program_folder: Path) -> None:
    write_program(program_folder / "fc-list", "echo 'Fontconfig error: no config'; exit 1")
    forget_fonts()
    assert installed_faces() == ()


def rendered(
    body: str, source: str | None = None, language: str = "en", preamble: str = PREAMBLE
) -> RenderedTex:
    """A document; `source` is the value that its body came from, in a file of its own."""
    text = f"{preamble}{BEGIN}{body}\n\\end{{document}}\n"
    start = len(preamble) + len(BEGIN)
    file = SourceFile("content/bio.yaml", f"text: {body if source is None else source}\n")
    span = Span(file, 6, len(file.text) - 1)
    return RenderedTex(text, (MappedSpan(start, start + len(body), span),), language)


def body(equipped: Equipped) -> str:
    assert equipped.diagnostics == ()
    return equipped.rendered.text.split(BEGIN)[1].removesuffix("\n\\end{document}\n")


def families(equipped: Equipped) -> list[str]:
    """The file names of the fonts defined, in their order."""
    lines = equipped.rendered.text.split(BEGIN)[0].splitlines()
    return [line.split("\\endcsname{")[1].split("}")[0] for line in lines if "newfontfamily" in line]


LATIN = r"Grüße – “Łódź” \textbf{Zoë} \href{https://a.b/\%C3}{x} 1–2 © ½"


@pytest.mark.parametrize(
    ("engine", "document"),
    [
        *((engine, rendered(LATIN)) for engine in (PDFLATEX, XELATEX, LUALATEX)),
        (XELATEX, rendered("Привет", preamble="\\setmainfont{A Font}\n")),
    ],
    ids=["pdflatex", "xelatex", "lualatex", "a theme with a font of its own"],
)
def test_a_document_that_needs_no_font_is_not_changed(engine: FakeEngine, document: RenderedTex) -> None:
    assert equip(document, engine).rendered == document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((latin, latin) for latin in ("Nguyễn Văn Đức", "İstanbul", "Zażółć gęślą jaźń", "Ģirts Vītķis")),
        (
            r"Hello, Привет, мир \textbf{жирный}; α",
            r"Hello, \cvfont{1}{Привет, мир} \textbf{\cvfont{1}{жирный}}; α",
        ),
        ("Αριστοτέλης και α", r"\cvfont{1}{Αριστοτέλης και α}"),
        ("в 2020 году", r"\cvfont{1}{в 2020 году}"),
        ("в ’а’ году", r"\cvfont{1}{в} ’\cvfont{1}{а}’ \cvfont{1}{году}"),
        (
            r"中文，好\textbf{人}们GPU。",
            r"\cvfont{1}{中\cvwrap 文，\cvwrap 好}\textbf{\cvwrap \cvfont{1}{人}}"
            r"\cvwrap \cvfont{1}{们}\cvwrap GPU\cvfont{1}{。}",
        ),
        (r"\cvrow{中}{文}", r"\cvrow{\cvfont{1}{中}}{\cvfont{1}{文}}"),
        (r"✓ \texttt{✓ \emph{✓}} ✓", r"✓ \texttt{\cvfont{1}{✓} \emph{\cvfont{1}{✓}}} ✓"),
        ("a % Привет\n\\textsc", "a % Привет\n\\textsc"),
        ("\\Имя", "\\И\\cvfont{1}{мя}"),
    ],
)
@pytest.mark.usefixtures("every_font")
def test_words_of_another_script_get_a_font_and_lines_of_east_asia_break(text: str, expected: str) -> None:
    assert body(equip(rendered(text), XELATEX)) == expected


@pytest.mark.parametrize("font", ["texgyreheros", "texgyretermes"])
@pytest.mark.usefixtures("every_font")
def test_a_font_with_fewer_characters_gets_help_for_more_of_them(font: str) -> None:
    preamble = f"\\setmainfont{{{font}}}[Ligatures=TeX]\n"
    assert body(equip(rendered("Łódź ✓"), XELATEX)) == "Łódź ✓"
    assert body(equip(rendered("Łódź ✓", preamble=preamble), XELATEX)) == r"Łódź \cvfont{1}{✓}"
    assert body(equip(rendered("Привет", preamble=preamble), XELATEX)) == r"\cvfont{1}{Привет}"


@pytest.mark.parametrize(
    ("language", "text", "files"),
    [
        ("en", "北京", ["Noto Serif CJK SC.ttf"]),
        ("zh-TW", "北京", ["Noto Serif CJK TC.ttf"]),
        ("zh_Hant", "北京", ["Noto Serif CJK TC.ttf"]),
        ("ja", "東京", ["Noto Serif CJK JP.ttf"]),
        ("zh", "北京~日本の", ["Noto Serif CJK SC.ttf", "Noto Serif CJK JP.ttf"]),
        ("en", "東京~日本の", ["Noto Serif CJK JP.ttf"]),
        ("en", "서울", ["UnBatang.ttf"]),
        ("en", "Привет", ["FreeSerif.ttf"]),
    ],
)
@pytest.mark.usefixtures("every_font")
def test_the_shapes_follow_the_language(language: str, text: str, files: list[str]) -> None:
    assert families(equip(rendered(text, language=language), XELATEX)) == files


@pytest.mark.usefixtures("every_font")
def test_right_to_left_is_sorted_by_babel_and_ends_with_its_value() -> None:
    equipped = equip(rendered("שלום עולם"), LUALATEX)
    assert equipped.rendered.text.startswith("\\PassOptionsToPackage{bidi=basic}{babel}\n")
    assert body(equipped) == r'\cvfont{1}{שלום עולם}\cvfont{1}{\char"200E }'


@pytest.mark.parametrize(
    ("engine", "text", "message"),
    [
        (XELATEX, "see שלום", "xelatex cannot set text that runs from right to left: ש (U+05E9, hebrew"),
        (
            PDFLATEX,
            "see Жук и 中",
            "pdflatex cannot print Ж (U+0416, cyrillic capital letter zhe), у (U+0443, cyrillic small"
            " letter u), к (U+043A, cyrillic small letter ka) and 2 more",
        ),
    ],
    ids=["direction", "characters"],
)
@pytest.mark.usefixtures("every_font")
def test_an_engine_names_what_it_cannot_print(engine: FakeEngine, text: str, message: str) -> None:
    (found,) = equip(rendered(text), engine, "take another").diagnostics
    assert (found.code, found.severity, found.hints) == ("missing-character", "error", ("take another",))
    assert found.message.startswith(message)
    assert found.span is not None
    assert found.span.place == "content/bio.yaml:1:11"


def test_pdflatex_says_what_it_puts_together() -> None:
    assert body(equip(rendered("Ștefan, Łódź…"), PDFLATEX)) == r"\cvsays{0218}{Ș}tefan, Łódź\cvsays{2026}{…}"


@pytest.mark.parametrize(
    ("char", "hint"),
    [
        ("Ж", "`apt install fonts-freefont-otf`"),
        ("中", "`apt install fonts-noto-cjk`"),
        ("ع", "`apt install fonts-hosny-amiri`"),
        ("🎓", "`apt install fonts-symbola`"),
        ("ไ", "`apt install fonts-noto-core`"),
        ("\ue000", "private use"),
        ("\u0378", "no such character"),
        ("\ufffd", "a conversion lost it"),
    ],
)
def test_a_character_that_no_font_has_is_an_error_at_its_place(char: str, hint: str) -> None:
    (found,) = equip(rendered(f"a {char}b"), LUALATEX).diagnostics
    assert (found.code, found.severity) == ("missing-character", "error")
    assert f"U+{ord(char):04X}" in found.message
    assert hint in found.hints[0]
    assert found.span is not None
    assert found.span.text == char


@pytest.mark.parametrize("engine", [PDFLATEX, LUALATEX])
@pytest.mark.usefixtures("every_font")
def test_what_a_conversion_lost_is_no_character_whatever_the_fonts_have(engine: FakeEngine) -> None:
    (found,) = equip(rendered("M\ufffdller"), engine, "take xelatex").diagnostics
    assert found.message == "\ufffd (U+FFFD, replacement character) cannot be printed"
    assert found.hints == ("write the character that was meant: this one stands where a conversion lost it",)


@pytest.mark.parametrize(
    ("text", "typed", "marked"),
    [
        ("a 🎓 b", r'"a \U0001F393 b"', r"\U0001F393"),
        ("a 🎓 b", r'"a \U0001f393"', r"\U0001f393"),
        ("Ж", r"{\CYRZH}", r"{\CYRZH}"),
    ],
)
def test_what_is_typed_in_another_way_is_found_in_its_line(text: str, typed: str, marked: str) -> None:
    (found,) = equip(rendered(text, typed), XELATEX).diagnostics
    assert found.span is not None
    assert found.span.text == marked


@pytest.mark.usefixtures("every_font")
def test_the_map_follows_what_is_put_in() -> None:
    equipped = equip(rendered("Привет"), XELATEX).rendered
    (item,) = equipped.mapped
    assert equipped.text[item.start : item.end] == r"\cvfont{1}{Привет}"
    line = equipped.text[: item.start].count("\n") + 1
    assert [found.span.text for found in equipped.on_lines(line, line)] == ["Привет"]


def test_faces_are_named_by_file_and_made_up_where_there_is_none(program_folder: Path) -> None:
    listed(
        program_folder,
        face("FreeSerif", "78 410-44f", "/fonts/a.ttc", index="2"),
        face("FreeSerif", "78 410-44f", "/fonts/b.ttc", weight="200"),
    )
    text = equip(rendered("Привет"), XELATEX).rendered.text
    (line,) = (line for line in text.splitlines() if "newfontfamily" in line)
    assert line.endswith(
        "{a.ttc}[Scale=MatchLowercase,Path=/fonts/,IgnoreFontspecFile,FontIndex=2,"
        "BoldFont={b.ttc},BoldFeatures={FontIndex=0},"
        "ItalicFont={a.ttc},ItalicFeatures={FontIndex=2,FakeSlant=.2},"
        "BoldItalicFont={b.ttc},BoldItalicFeatures={FontIndex=0,FakeSlant=.2}]"
    )
    by_name = equip(rendered("Привет"), XELATEX, by_name=True).rendered.text
    assert r"\endcsname{FreeSerif}[Scale=MatchLowercase]" in by_name


@pytest.mark.usefixtures("every_font")
def test_whatever_the_text_is_nothing_of_it_is_lost() -> None:
    @given(
        st.text(
            st.characters(exclude_categories=["Cs", "Co"], exclude_characters="\\{}%$&#^_~\r"), max_size=40
        )
    )
    def holds(text: str) -> None:
        for engine in (PDFLATEX, LUALATEX):
            equipped = equip(rendered(text), engine)
            if equipped.diagnostics:
                assert equipped.rendered.text == rendered(text).text
                continue
            inner = equipped.rendered.text.split(BEGIN)[1]
            inner = re.sub(r'\\cvfont\{\d+\}\{\\char"200E \}|\\cvwrap ', "", inner)
            while "\\cvfont{" in inner or "\\cvsays{" in inner:
                before, _, after = inner.partition("\\cv")
                argument = after.split("}{", 1)[1]
                kept, _, rest = argument.partition("}")
                inner = before + kept + rest
            assert inner.removesuffix("\n\\end{document}\n") == text

    holds()
