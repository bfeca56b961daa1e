from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset.fonts import Equipped, equip
from tests.conftest import FakeEngine
from tests.fonts import face, listed

PDFLATEX = FakeEngine("pdflatex")
XELATEX = FakeEngine("xelatex", is_unicode=True)
LUALATEX = FakeEngine("lualatex", is_unicode=True, right_to_left=True)
PREAMBLE = "\\setmainfont{texgyrepagella}[Ligatures=TeX]\n"
BEGIN = "\\begin{document}\n"
ALL = "0-10ffff"


@pytest.fixture
def every_font(program_folder: Path) -> None:
    """One family for each script; each has every character."""
    families = "FreeSerif", "Amiri", "Noto Serif CJK SC", "Noto Serif CJK TC", "Noto Serif CJK JP", "UnBatang"
    listed(program_folder, *(face(family, ALL) for family in families))


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


@pytest.mark.parametrize("engine", [PDFLATEX, XELATEX, LUALATEX], ids=lambda engine: engine.name)
@pytest.mark.usefixtures("program_folder")
def test_a_document_that_needs_no_other_font_is_not_changed(engine: FakeEngine) -> None:
    document = rendered(r"Grüße – “Łódź” \textbf{Zoë} \href{https://a.b/\%C3}{x} 1–2 © ½")
    assert equip(document, engine).rendered == document


@pytest.mark.parametrize("text", ["Nguyễn Văn Đức", "İstanbul", "Zażółć gęślą jaźń", "Ģirts Vītķis"])
@pytest.mark.usefixtures("program_folder")
def test_every_latin_script_is_printed_in_the_main_font(text: str) -> None:
    assert body(equip(rendered(text), XELATEX)) == text


@pytest.mark.parametrize("font", ["texgyreheros", "texgyretermes"])
@pytest.mark.usefixtures("every_font")
def test_a_font_with_fewer_characters_gets_help_for_more_of_them(font: str) -> None:
    preamble = f"\\setmainfont{{{font}}}[Ligatures=TeX]\n"
    assert body(equip(rendered("Łódź ✓"), XELATEX)) == "Łódź ✓"
    assert body(equip(rendered("Łódź ✓", preamble=preamble), XELATEX)) == r"Łódź \cvfont{1}{✓}"
    assert body(equip(rendered("Привет", preamble=preamble), XELATEX)) == r"\cvfont{1}{Привет}"


@pytest.mark.usefixtures("every_font")
def test_words_of_another_script_get_a_font() -> None:
    equipped = equip(rendered(r"Hello, Привет, мир \textbf{жирный}; α"), XELATEX)
    assert body(equipped) == r"Hello, \cvfont{1}{Привет, мир} \textbf{\cvfont{1}{жирный}}; α"
    assert families(equipped) == ["FreeSerif.ttf"]


@pytest.mark.usefixtures("every_font")
def test_greek_with_accents_is_one_font_throughout() -> None:
    assert body(equip(rendered("Αριστοτέλης και α"), XELATEX)) == r"\cvfont{1}{Αριστοτέλης και α}"


@pytest.mark.usefixtures("every_font")
def test_figures_stay_with_the_words_around_them_but_quotation_marks_do_not() -> None:
    assert body(equip(rendered("в 2020 году"), XELATEX)) == r"\cvfont{1}{в 2020 году}"
    assert body(equip(rendered("в ’а’ году"), XELATEX)) == r"\cvfont{1}{в} ’\cvfont{1}{а}’ \cvfont{1}{году}"


@pytest.mark.usefixtures("every_font")
def test_lines_of_east_asia_break_between_characters() -> None:
    equipped = equip(rendered(r"中文，好\textbf{人}们GPU。"), XELATEX)
    assert body(equipped) == (
        r"\cvfont{1}{中\cvwrap 文，\cvwrap 好}\textbf{\cvwrap \cvfont{1}{人}}"
        r"\cvwrap \cvfont{1}{们}\cvwrap GPU\cvfont{1}{。}"
    )
    assert body(equip(rendered(r"\cvrow{中}{文}"), XELATEX)) == r"\cvrow{\cvfont{1}{中}}{\cvfont{1}{文}}"


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
    ],
)
@pytest.mark.usefixtures("every_font")
def test_the_shapes_follow_the_language(language: str, text: str, files: list[str]) -> None:
    assert families(equip(rendered(text, language=language), XELATEX)) == files


@pytest.mark.usefixtures("every_font")
def test_code_is_in_a_font_that_has_fewer_characters() -> None:
    assert body(equip(rendered(r"✓ \texttt{✓ \emph{✓}} ✓"), XELATEX)) == (
        r"✓ \texttt{\cvfont{1}{✓} \emph{\cvfont{1}{✓}}} ✓"
    )


@pytest.mark.usefixtures("every_font")
def test_comments_and_commands_are_left_alone() -> None:
    text = "a % Привет\n\\Имя{b}"
    assert body(equip(rendered(text), XELATEX)).startswith("a % Привет\n\\И")


@pytest.mark.usefixtures("every_font")
def test_right_to_left_is_sorted_by_babel_and_ends_with_its_value() -> None:
    equipped = equip(rendered("שלום עולם"), LUALATEX)
    assert equipped.rendered.text.startswith("\\PassOptionsToPackage{bidi=basic}{babel}\n")
    assert body(equipped) == r'\cvfont{1}{שלום עולם}\cvfont{1}{\char"200E }'


@pytest.mark.usefixtures("every_font")
def test_what_runs_from_right_to_left_needs_an_engine_for_it() -> None:
    found = equip(rendered("see שלום"), XELATEX, "take lualatex").diagnostics
    assert [(item.code, item.severity, item.hints) for item in found] == [
        ("missing-character", "error", ("take lualatex",))
    ]
    assert found[0].span is not None
    assert found[0].span.place == "content/bio.yaml:1:11"
    assert "xelatex cannot set text that runs from right to left" in found[0].message


@pytest.mark.usefixtures("program_folder")
def test_pdflatex_names_what_it_cannot_print_at_its_place() -> None:
    equipped = equip(rendered("see Жук и 中"), PDFLATEX, "take xelatex")
    (found,) = equipped.diagnostics
    assert found.message == (
        "pdflatex cannot print Ж (U+0416, cyrillic capital letter zhe), у (U+0443, cyrillic small letter u),"
        " к (U+043A, cyrillic small letter ka) and 2 more"
    )
    assert found.span is not None
    assert found.span.place == "content/bio.yaml:1:11"
    assert found.hints == ("take xelatex",)


@pytest.mark.usefixtures("program_folder")
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
@pytest.mark.usefixtures("program_folder")
def test_a_character_that_no_font_has_is_an_error_at_its_place(char: str, hint: str) -> None:
    (found,) = equip(rendered(f"a {char}b"), LUALATEX).diagnostics
    assert found.severity == "error"
    assert found.code == "missing-character"
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


@pytest.mark.parametrize("typed", [r'"a \U0001F393 b"', r'"a \U0001f393"'])
@pytest.mark.usefixtures("program_folder")
def test_an_escape_is_found_in_its_line(typed: str) -> None:
    (found,) = equip(rendered("a 🎓 b", typed), XELATEX).diagnostics
    assert found.span is not None
    assert found.span.text.lower() == r"\u0001f393"


@pytest.mark.usefixtures("program_folder")
def test_what_was_decoded_is_placed_at_its_value() -> None:
    (found,) = equip(rendered("Ж", r"{\CYRZH}"), XELATEX).diagnostics
    assert found.span is not None
    assert found.span.text == r"{\CYRZH}"


@pytest.mark.usefixtures("program_folder")
def test_a_theme_with_a_font_of_its_own_is_taken_at_its_word() -> None:
    document = rendered("Привет", preamble="\\setmainfont{A Font}\n")
    assert equip(document, XELATEX).rendered == document


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
