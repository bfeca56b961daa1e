"""Small CV projects as texts by their paths, and random edits of them as people make them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from tests.conftest import REPOSITORY

Files = dict[str, str]

_YAML, _SECTION, _SETTINGS = r"content/.*\.yaml$", r"content/(?!cv\.).*\.yaml$", r"content/cv\.yaml$"
_BIB, _OWN, _WORKS = r"\.bib$", r"^latex_templates/", r"content/publications\.yaml$"
_VALUE = r"^([ -]*\w+: )([^\s'\"{}\[\]|>&*!#].*)$"
_ITEM, _NEXT_ITEM = r"^(( *)- .*\n(?:\2  .*\n|\n)*)", r"(\2- .*\n(?:\2  .*\n|\n)*)"
_ENTRY = r"^(@\w+\{.*\n(?: .*\n)*\}\n+)"

_WORDS = (_YAML, r"(?<=[a-z] )[a-z]{4,}(?=[ \n])", (
    "other", "*stressed*", "$x^2$", "ü & 50 %", "“said”", "**bold** `code`", "", r"a\\b",
    "[linked](https://example.org/a_b)", "[linked](javascript:x)"))  # fmt: skip
_DATES = (r"\.(yaml|bib)$", r"\b(19|20)\d\d\b", ("2019", "2026", "2031"))

_REPLACEMENTS: Sequence[tuple[str, str, Sequence[str]]] = (
    *[_WORDS] * 6, *[_DATES] * 3,
    (_SECTION, r"\b\d{4}(-\d\d)? – (\d{4}|present)\b", ("2019", "2018-03 – present", "2026 – 2020")),
    (_SECTION, r"^(.*(?:date|period): ).*$", (r"\g<1>2020-13", r"\g<1>2021-05", r"\g<1>2020-01-02")),
    # Items and entries: taken out, doubled, swapped.
    *[(_YAML, _ITEM, ("", r"\1\1")), (_YAML, _ITEM + _NEXT_ITEM, (r"\3\1",))] * 3,
    *[(_BIB, _ENTRY, ("", r"\1\1")), (_BIB, _ENTRY + _ENTRY[1:], (r"\2\1",))] * 2,
    # Quoted, raw TeX, anchors and aliases, languages.
    (_YAML, _VALUE, (r'\1"\2"', r"\1'\2'", r"\1>-\n            \2", r"\1'", r"\1{\2", r"\1")),
    (_YAML, r": (['\"])([^'\"\n]+)\1$", (r": \2",)),
    (_SECTION, _VALUE, (r"\1!tex '\\emph{x}'", r"\1!tex '\\undefinedcommand'", r"\1!tex '\\own{x} {'")),
    (_SECTION, r"^([ -]*(\w+): )(\w.*)((?:.*\n)+?[ -]*\2: ).*$", (r"\1&same \3\4*same",)),
    (_SECTION, _VALUE, (r"\1*same", r"\1&same \2")),
    (_YAML, _VALUE, (r'\1{en: "\2", de: Deutsch}', r'\1{de: "\2"}', r'\1{en: "\2", xx: "\2"}')),
    (_YAML, r"\{en: ([^,{}]+), de: ([^{}]+)\}", (r"\1", r"{de: \2, en: \1}", r"{en: \1}")),
    (_YAML, r"^( +)de: .*\n", ("", r"\1fr: Français\n")),
    # Tags and what else chooses items.
    (_SECTION, r"^( *)tags: .*\n", ("", r"\1tags: [core, new]\n", r"\1tags: selected\n")),
    (_SECTION, r"^( *)- (title|name|label|acronym|term|organisation): ", tuple(
        rf"\1- {key}\n\1  \2: " for key in
        ("tags: [core]", "only: [short]", "except: [full]", "id: same", "keep: true", "tag: x"))),
    (_SECTION, r"publication: .*", ("publication: nobody2000nothing",)),
    # Comments and keys.
    (_YAML, r"^", ("# a comment\n", "\n", "# cvbuild: ignore unlisted-section missing-translation\n",
                   "# cvbuild: ignore lint-date-order\n", "# cvbuild: ignore no-such-code\n")),
    (_YAML, r"(?<=\w)$", ("  # beside", "  # cvbuild: ignore missing-translation")),
    (_YAML, r"^ *#.*\n", ("",)),
    (_YAML, r"^( *\w+):", (r"\1s:", r"\1", r" \1:", "\t\\1:")),
    # The settings, and how publications are printed.
    (_SETTINGS, r"^(theme|lang|title): .*", ("theme: sans", "theme: none", "lang: fr", "title: Other")),
    (_SETTINGS, r"^sections:", tuple(f"{key}\nsections:" for key in (
        "layout: {font_size: 11, margins: 3cm}", "paper: letter", "ignore: [unlisted-section]",
        "bibliography: bib/*.bib", "bibliography: [bib/own.bib]", "keywords: [one, two]"))),
    (_SETTINGS, r"^  - .*\n", (r"\g<0>  - more\n",)),
    (_SETTINGS, r"^  (\w+):\n    ", tuple(rf"  \1:\n    {key}\n    " for key in (
        "lang: de", "theme: times", "max_pages: 1", "profile: own", "profile: erc-b1-cv", "output: x"))),
    (_SETTINGS, r"^      - section: .*\n", tuple(rf"\g<0>        {key}\n" for key in (
        "title: Another", "limit: 1", "since: 2022", "detail: brief", "tags: core", "new_since: 2024"))),
    (_WORKS, r"^categories:", tuple(f"{key}\ncategories:" for key in (
        "numbering: permanent", "numbering: up", "max_authors: 2", "mark: [students, equal]"))),
    (_WORKS, r"^(?:mark|numbering).*\n", ("", "numbering: none\n")),
    # The bibliography.
    *[(_BIB, r"^( *(?:title|note) = \{)(.*)\},$", (r"\1Other \2},", r"\1\\emph{\2} \\ae},", r"\1{\2},"))] * 3,
    (_BIB, r"(?<= and )[^,]+,", ("Achtibat,", "Example,", r"{\\\"O}rnek,", "others", "Voorbeeld*,")),
    (_BIB, r"^( *)journal(?:title)? = .*", (r"\1journal = own,", r"\1journal = {\\apj},", r"\1journal = ,")),
    (_BIB, r"^(@\w+)\{(.*),$", (
        r"@string{own = {A Journal}}\n\1{\2,", r"\1{same,", r"@misc{\2,", r"\1{other\2,", r"@comment{\2,",
        *(rf"\1{{\2,\n  {field}," for field in (
            "crossref = {same}", "keywords = {selected}", "year = 1999", "author+an = {1=student}")))),
    (_BIB, r"^ +(?:year|title|author|doi) = .*\n", ("",)),
    (_BIB, r"\A(?s:.*)\Z", ("",)),
    # Own templates, labels, numbers and profiles.
    (_OWN, r"^", ("% a comment\n", "<# a note #>\n", "<% if %>\n", "<< nothing.at.all >>\n")),
    (_OWN, r"^.*\n", ("", "Words\n", "<< sections | length >>\n", r"\g<0><< cv.title >>\n")),
    (r"macros\.tex$", r"Own", ("Other", r"\\LaTeX", "<< section.title >>")),
    (r"labels\.yaml$", r": \w+", (": Other",)),
    (r"numbers\.lock$", r"J(\d)", (r"J9\1", "J1", "J")),
    (r"numbers\.lock$", r"^.*\n", ("", r"\g<0>\g<0>")),
    (r"profiles/", r"pages: \d", ("pages: 1", "pages: x", "pages: 2")),
)  # fmt: skip
"""In which files, what, and by what it is replaced; often used ones stand here more than once."""


def start(chance: Random) -> Files:
    """Parts of the reference CV or of the starter, sometimes all; with marks and several variants."""
    is_starter = chance.random() < 0.5
    folder = REPOSITORY / "cvbuild/starter" if is_starter else REPOSITORY
    sources = sorted([*folder.glob("content/*.yaml"), *folder.glob("bib/*.bib")])
    files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sources}
    students = (REPOSITORY / "cvbuild/starter/content/supervision.yaml").read_text(encoding="utf-8")
    files["content/supervision.yaml"] = students.replace("Zoé Exemple", "Reduan Achtibat")
    works = files.pop("content/publications.yaml")
    settings = files.pop("content/cv.yaml").partition("\nsections:")[0]
    names = [name for name in files if re.match(r"content/(?!personal)", name)]
    chosen = sorted(chance.sample(names, len(names) if chance.random() < 0.1 else 4))
    files = {name: text for name, text in files.items() if name in chosen or name.endswith(".bib")}
    cited = "".join(files[name] for name in chosen)
    for name in files.keys() - chosen if not is_starter else ():
        for entry in re.findall(_ENTRY, files[name], re.M):
            if entry.split("{")[1].split(",")[0] not in cited and "selected" not in entry:
                files[name] = files[name].replace(entry, "")
    sections = [*(name[8:-5] for name in chosen), "publications"]
    listed, cut = (
        "".join(f"{before}{name}\n" for name in sections) for before in ("  - ", "      - section: ")
    )
    marks = "" if "mark: " in works else "mark: students\n"
    files["content/publications.yaml"] = works.replace("categories:", f"{marks}categories:", 1)
    files["content/cv.yaml"] = (
        f"{settings}\nsections:\n{listed}variants:\n  full:\n    description: All\n"
        "  deutsch:\n    lang: de\n  fitted:\n    fit: 1\n  erc:\n    theme: times\n"
        f"  short:\n    title: Short\n    sections:\n{cut}        tags: selected\n"
    )
    return files


def edit(files: Files, chance: Random, past: Sequence[Files]) -> None:
    """Change something in the files; `past` are states before, of which some come back."""
    before = dict(files)
    while files == before:
        chance.choices((_replace, _rename, _restore, _add), (14, 1, 1, 3))[0](files, chance, past)


def _replace(files: Files, chance: Random, past: Sequence[Files]) -> None:
    where, pattern, replacements = chance.choice(_REPLACEMENTS)
    expression = re.compile(pattern, re.M)
    places = []
    for name in sorted(name for name in files if re.search(where, name)):
        found = expression.search(files[name])
        while found and found.start() < len(files[name]):
            places.append((name, found))
            # Also within the last one: a role within a post.
            found = expression.search(files[name], found.start() + 1)
    if places:
        name, found = chance.choice(places)
        replacement = found.expand(chance.choice(replacements))
        files[name] = files[name][: found.start()] + replacement + files[name][found.end() :]


def _rename(files: Files, chance: Random, past: Sequence[Files]) -> None:
    """Give a section's file another name, mostly in cv.yaml too; or delete it."""
    name = chance.choice(sorted(name for name in files if re.search(_SECTION, name)))
    text, new = files.pop(name), f"renamed{chance.randrange(3)}"
    if chance.random() < 0.8:
        files[f"content/{new}.yaml"] = text
    if chance.random() < 0.8:
        old = rf"\b{re.escape(name[8:-5])}$"
        files["content/cv.yaml"] = re.sub(old, new, files["content/cv.yaml"], flags=re.M)


def _restore(files: Files, chance: Random, past: Sequence[Files]) -> None:
    """Bring back one file, or all, as they were; what was not there then goes."""
    old = chance.choice(past)
    changed = sorted(name for name in {*old, *files} if old.get(name) != files.get(name))
    for name in changed if chance.random() < 0.3 else changed[:1]:
        files.pop(name, None)
        files.update({name: old[name]} if name in old else {})


def _add(files: Files, chance: Random, past: Sequence[Files]) -> None:
    """Put a file there, or take it away."""
    keys = re.findall(r"^@\w+\{(.*),$", "".join(files[name] for name in sorted(files)), re.M)
    theme = REPOSITORY / "latex_templates/classic"
    shipped = [*theme.glob("[sp]*s/*.tex"), *theme.glob("*.tex"), *theme.glob("preamble/[mp]*.tex")]
    own = chance.choice(sorted(shipped))
    place = f"latex_templates/{chance.choice(('', 'classic/'))}{own.relative_to(theme).as_posix()}"
    new = {
        place: own.read_text(encoding="utf-8"),
        "latex_templates/macros.tex": "\\newcommand{\\own}[1]{Own #1}\n",
        "latex_templates/classic/labels.yaml": "en: {present: Now}\nde: {present: Jetzt}\n",
        "content/more.yaml": "kind: text\ntitle: More\ntext: More *words*.\n",
        "bib/own.bib": "@article{same,\n  author = {Example, Ada},\n  title = {Own},\n  year = {2020},\n}\n",
        "bib/numbers.lock": "".join(f"{key} | J{at} | - | - | - | -\n" for at, key in enumerate(keys[:6], 1)),
        "profiles/own.yaml": "title: Own\nsource: Own\nversion: '1'\nchecked: 2026-01\n"
        "rules:\n  - {rule: max_pages, pages: 2}\n",
    }
    name = chance.choice(sorted(new))
    if files.pop(name, None) is None or chance.random() < 0.5:
        files[name] = new[name]
