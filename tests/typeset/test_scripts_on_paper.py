"""Text in any script, set by every engine and read back out of the PDF."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest

from cvbuild.doctor import is_ready
from cvbuild.pdf.read import inspect
from cvbuild.render.escape import PDFLATEX
from cvbuild.typeset.fonts import fonts_for
from tests.conftest import make_once
from tests.pdfs import font_use
from tests.projects import build_variant, write_project


@dataclass(frozen=True)
class Script:
    """What a document says in a script: `kind` is how its font is asked for; none where it needs none."""

    title: str
    bold: str
    emphasised: str
    running: str
    author: str
    kind: str = ""


LATIN = {
    "vietnamese": Script("Tiếng Việt", "đậm nét", "nghiêng", "Trường Đại học Bách khoa", "Nguyễn, Văn Đức"),
    "turkish": Script("Özgeçmiş", "Iğdır", "ışık", "İstanbul’da öğretim üyesi", "Çağlayan, Şükrü"),
    "polish": Script("Życiorys", "Łódź", "ćma", "Zażółć gęślą jaźń", "Źdźbło, Święcisława"),
}
LEFT_TO_RIGHT = LATIN | {
    "cyrillic": Script("Обо мне", "жирный", "курсив", "Работает над примерами", "Пример, Андрей", "cyrillic"),
    "greek": Script("Σχετικά", "έντονα", "έμφαση", "Εργάζεται με παραδείγματα", "Παράδειγμα, Ελένη", "greek"),
    "chinese": Script("关于我", "粗体", "强调", "主要研究示例的构造与应用", "王, 小明", "chinese"),
    "japanese": Script("私について", "太字", "傍点", "例について研究しています", "田中, はな", "japanese"),
    "korean": Script("소개", "굵은", "기울임", "예제에 대해 연구합니다", "홍, 길동", "korean"),
}
RIGHT_TO_LEFT = {
    "arabic": Script(
        "السيرة", "عريض", "مائل", "هذا نص طويل باللغة العربية لكي السلام", "مثال, عادل", "arabic"
    ),
    "hebrew": Script("קורות חיים", "מודגש", "נטוי", "עובד על דוגמאות", "כהן, דוד", "hebrew"),
}
LONG = {
    "chinese": "本课题组主要研究示例的构造、分类与应用，重点关注大规模数据集上的示例生成方法"
    "（包括统计方法和符号方法），并在多个公开数据集上进行了系统的实验评估；"
    "相关成果发表于《示例学报》等期刊，累计引用超过一千次。",
    "japanese": "「大規模データ」の扱い、ならびにコンピューター・サイエンスの教育に長年携わってきました。"
    "ちょっと長い文章でも、行の折り返しが正しく行われることを確認するための例文です。",
}
NEVER_FIRST = "、。，．；：）」』》・ー々ゃゅょっ"
ALL = LEFT_TO_RIGHT | RIGHT_TO_LEFT


def needs(engine: str) -> None:
    """Skip where an engine or poppler is not here."""
    if not is_ready(engine):
        pytest.skip(f"{engine} is not installed")
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler's pdftotext is not installed")


def has_font(script: Script) -> bool:
    letters = [*squeezed(script.title + script.running)]
    return not script.kind or set(letters) == set(fonts_for(script.kind, letters))


def document(folder: Path, scripts: dict[str, Script]) -> Path:
    """A project with a section and an entry for each script."""
    title = " ".join(script.title for script in scripts.values())
    files = {
        "content/cv.yaml": "owner: {name: Ada Example}\n"
        f"sections: [{', '.join([*scripts, 'works'])}]\ntitle: {title}\n",
        "content/works.yaml": "kind: publications\ntitle: Works\ncategories:\n"
        "  - {id: all, title: Articles, match: {type: article}}\n",
        "bib/works.bib": "\n".join(
            f"@article{{{name}, author={{{script.author}}}, title={{{script.running}}},"
            f" journal={{{script.title}}}, year=2020}}"
            for name, script in scripts.items()
        ),
    }
    for name, script in scripts.items():
        files[f"content/{name}.yaml"] = (
            f"kind: text\ntitle: {script.title}\ntext: |\n"
            f"  {script.running} **{script.bold}** *{script.emphasised}* ***{script.bold}***."
            f" {LONG.get(name, '')}\n"
        )
    return write_project(folder, files)


def built(folder: Path, engine: str, scripts: dict[str, Script]) -> Path:
    """The PDF of the scripts whose fonts are here, made once; it has to be free of findings."""

    def make(folder: Path) -> None:
        result = build_variant(document(folder, scripts), target=folder / "cv.pdf", engine=engine)
        assert [item.message for item in result.diagnostics] == []
        assert result.log is not None
        assert "Missing character" not in result.log.read_text(encoding="utf-8", errors="replace")

    return make_once(folder / f"scripts-{engine}", make) / "cv.pdf"


def read_back(pdf: Path) -> str:
    """The text of a PDF without spaces, which depend on the reader, and marks of direction."""
    told = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"[\s\u200e\u200f\u202a-\u202e]", "", unicodedata.normalize("NFC", told))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


ON_PAPER = [
    *((engine, name) for engine in ("xelatex", "lualatex") for name in LEFT_TO_RIGHT),
    *(("lualatex", name) for name in RIGHT_TO_LEFT),
    *(("pdflatex", name) for name in ("turkish", "polish")),
]


@pytest.fixture
def pdf(request: pytest.FixtureRequest, shared_folder: Path) -> Path:
    """One document for each engine with all that it can print here."""
    engine, name = request.param
    needs(engine)
    if not has_font(ALL[name]):
        pytest.skip(f"no font for {name} is installed")
    printable = {
        "pdflatex": {name: LATIN[name] for name in ("turkish", "polish")},
        "xelatex": LEFT_TO_RIGHT,
        "lualatex": ALL,
    }[engine]
    scripts = {name: script for name, script in printable.items() if has_font(script)}
    return built(shared_folder, engine, scripts)


@pytest.mark.parametrize(
    ("pdf", "name"), [((engine, name), name) for engine, name in ON_PAPER], indirect=["pdf"]
)
def test_a_script_is_found_in_the_pdf(pdf: Path, name: str) -> None:
    script = ALL[name]
    text = read_back(pdf)
    wanted = [script.title, script.bold, script.emphasised, *script.author.split(", ")[:1]]
    # Words in their order, except that a reader may sort the lines of mixed direction.
    wanted += script.running.split() if name in RIGHT_TO_LEFT else [script.running]
    assert [words for words in wanted if squeezed(words) not in text] == []


@pytest.mark.parametrize("pdf", [("xelatex", "chinese"), ("lualatex", "chinese")], indirect=True)
def test_all_fonts_are_embedded_and_the_outline_has_the_titles(pdf: Path) -> None:
    assert [font.name for font in font_use(pdf) if not font.embedded] == []
    titles = [entry.title for entry in inspect(pdf).outline]
    assert {"关于我", "Tiếng Việt", "Życiorys"} <= set(titles)


@pytest.mark.parametrize("pdf", [("xelatex", "chinese"), ("lualatex", "japanese")], indirect=True)
def test_long_lines_of_east_asia_are_broken_where_they_may(pdf: Path) -> None:
    told = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    assert sum(len(line) > 30 for line in lines) >= 2, "the long texts take whole lines"
    assert [line for line in lines if line[0] in NEVER_FIRST] == []
    assert [line for line in lines if line[-1] in "（「《"] == []


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex", "lualatex"])
def test_symbols_and_composed_letters_are_found_as_they_are(tmp_path: Path, engine: str) -> None:
    needs(engine)
    symbols = "α-helix β μ αβ ΔG ≤ ≥ ≠ → − ² ³ ½ ¼ ° ℓ ★ ∞ ∈ H₂O 10⁻⁵ 5′ 3″ ⟨x⟩ … € ™ √ ∑ ∫".split()
    letters = "".join(char for char in map(chr, range(0xC0, 0x220)) if char in PDFLATEX)
    words = [*symbols, "Ģirts", "Vītķis", "Ștefan", "Iași", "Đoković", "Ūķis", "Kṛṣṇa", *letters]
    title = "Ģirts α → 5 – “Ünï” & 50%"
    files = {
        "content/cv.yaml": f"owner: {{name: Ada Example}}\ntitle: '{title}'\n",
        "content/bio.yaml": f"kind: text\ntitle: '{title}'\ntext: {' '.join(words)}\n",
    }
    result = build_variant(write_project(tmp_path, files), engine=engine)
    assert result.pdf is not None, result.diagnostics
    text = read_back(result.pdf)
    # lualatex prints these two as two letters.
    alike = {"Ĳ": "IJ", "ĳ": "ij"}
    assert [word for word in words if word not in text and alike.get(word, word) not in text] == []
    assert [entry.title for entry in inspect(result.pdf).outline] == [title]
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as opened:
        assert opened.get_metadata_dict()["Title"] == title
