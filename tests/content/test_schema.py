from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cvbuild.content.cv import make_cv
from cvbuild.content.kinds import KINDS
from cvbuild.content.schema import schemas, write_schemas
from cvbuild.source import SourceFile

REPOSITORY = Path(__file__).parents[2]
CONTENTS = [REPOSITORY / "content", REPOSITORY / "cvbuild" / "starter" / "content"]
CONTENT_FILES = [path for folder in CONTENTS for path in sorted(folder.glob("*.yaml"))]


class _TextDates(yaml.SafeLoader):
    """Keeps dates as they were typed, as a schema sees them."""


_TextDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_TextDates.add_constructor("!tex", lambda loader, node: str(node.value))


def instance_of(text: str) -> Any:
    return yaml.load(text, Loader=_TextDates)


def complaints(kind: str, instance: Any) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema", reason="check-jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(schemas()[kind])
    return [error.message for error in validator.iter_errors(instance)]


def test_there_is_a_schema_for_each_kind_of_file_whose_references_lead_somewhere() -> None:
    made = schemas()
    told = {rule["if"]["properties"]["kind"]["const"] for rule in made["section"]["allOf"]}
    assert (set(made), told) == ({"cv", "section"}, set(KINDS))
    for schema in made.values():
        for part in json.dumps(schema).split('"#/$defs/')[1:]:
            assert part.split('"')[0] in schema["$defs"]


@pytest.mark.parametrize("name", ["cv", "section"])
def test_the_schemas_hold_to_their_dialect(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="check-jsonschema is not installed")
    jsonschema.Draft202012Validator.check_schema(schemas()[name])


def test_committed_schemas_are_those_of_the_program(tmp_path: Path) -> None:
    for written in write_schemas(tmp_path):
        for folder in CONTENTS:
            committed = folder / "schema" / written.name
            if committed.exists():
                assert committed.read_text(encoding="utf-8") == written.read_text(encoding="utf-8")


def test_written_schemas_are_the_schemas(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path)
    assert {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths} == schemas()


@pytest.mark.parametrize("path", CONTENT_FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_content_names_its_schema_and_holds_to_it(path: Path) -> None:
    kind = "cv" if path.name == "cv.yaml" else "section"
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema=schema/{kind}.json\n")
    assert complaints(kind, instance_of(text)) == []


SECTIONS = {
    "a list in place of text": "kind: text\ntitle: T\ntext: [a]\n",
    "an unknown key": "kind: talks\ntitle: T\nitems: [{title: A, date: 2020, dates: 2021}]\n",
    "a missing key": "kind: talks\ntitle: T\nitems: [{title: A}]\n",
    "a missing title": "kind: talks\nitems: []\n",
    "an unknown status": "kind: patents\ntitle: T\n"
    "items: [{title: A, filings: [{number: X, status: grantd}]}]\n",
    "a bad address": "kind: awards\ntitle: T\nitems: [{title: A, url: example.org}]\n",
    "text in place of items": "kind: awards\ntitle: T\nitems: A\n",
    "a language that is none": "kind: text\ntitle: {english: T}\ntext: a\n",
}


@pytest.mark.parametrize("name", SECTIONS)
def test_the_schema_refuses_what_the_program_refuses(name: str) -> None:
    assert complaints("section", instance_of(SECTIONS[name]))
    source = SourceFile("content/x.yaml", SECTIONS[name])
    settings = SourceFile("content/cv.yaml", "owner: {name: Ada Example}\n")
    cv, findings = make_cv(settings, {"x": source})
    assert cv is None
    assert findings.has_errors


ACCEPTED = {
    "a single tag without its list": "kind: awards\ntitle: T\nitems: [{title: A, tags: one, only: full}]\n",
    "a single text without its list": "kind: skills\ntitle: T\nitems: [{label: L, skills: One}]\n",
    "a key without its value": "kind: awards\ntitle: T\nnote:\nitems: [{title: A, note: ~}]\n",
    "a year as a number": "kind: talks\ntitle: T\nitems: [{title: 2020, date: 2020}]\n",
    "text by language": "kind: text\ntitle: {en: T, de: U, pt-BR: V}\ntext: a\n",
    "a section of one's own kind": "kind: hobbies\ntitle: T\nanything: [1, {a: b}]\n",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_schema_accepts_what_the_program_accepts(name: str) -> None:
    source = SourceFile("content/x.yaml", ACCEPTED[name])
    settings = SourceFile("content/cv.yaml", "owner: {name: Ada Example}\nvariants: {full: {}}\n")
    cv, findings = make_cv(settings, {"x": source}, (), frozenset({"hobbies"}))
    assert cv is not None, findings.items
    assert complaints("section", instance_of(ACCEPTED[name])) == []


def test_the_schema_of_the_settings_accepts_short_forms() -> None:
    text = """\
owner:
  name: Ada Example
  affiliation: Example University
  profiles: {github: ada, other: https://example.org}
bibliography: bib/*.bib
sections: [bio]
variants:
  full:
  short:
    sections: [bio, {section: bio, tags: core, since: 2020}]
"""
    assert complaints("cv", instance_of(text)) == []
