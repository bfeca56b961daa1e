"""CVs of many shapes, each the same whenever it is made from its number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

_WORDS = """adaptive coastal models of tidal sediment transport under changing sea level and river
discharge measured from space with sparse gauges a comparison between methods for uncertain data in
shallow water systems large scale open software towards robust prediction""".split()
_KINDS = (
    "positions", "education", "courses", "talks", "grants", "awards", "students", "service", "list",
    "skills", "publications", "text", "metrics", "patents",
)  # fmt: skip
_WITH_SHORT_FORM = ("positions", "education", "courses", "grants", "awards", "service")


@dataclass(frozen=True)
class GeneratedCv:
    """The files of a project whose variant `short` is fitted to so many pages."""

    pages: int
    files: dict[str, str | bytes | None]


@dataclass
class _Author:
    random: Random
    priorities: bool
    keeps: bool
    shrinks: bool

    def words(self, least: int, most: int) -> str:
        chosen = [self.random.choice(_WORDS) for _ in range(self.random.randint(least, most))]
        return " ".join(chosen).capitalize()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def date(self) -> str:
        return f"{self.random.randint(1998, 2025)}-{self.random.randint(1, 12):02}"

    def period(self) -> str:
        start = self.random.randint(1998, 2023)
        end = "present" if self.chance(0.2) else str(start + self.random.randint(0, 2))
        return f"{start} – {end}"

    def common(self) -> dict[str, object]:
        """Keys that any item may have."""
        keys: dict[str, object] = {}
        if self.priorities and self.chance(0.4):
            keys["priority"] = self.random.randint(1, 3)
        if self.keeps and self.chance(0.06):
            keys["keep"] = True
        return keys

    def text(self, longest: int) -> dict[str, object]:
        """A text or none, with a short form or none."""
        keys: dict[str, object] = {"text": self.words(5, longest)} if self.chance(0.6) else {}
        if self.shrinks and self.chance(0.5):
            keys["shrink_to"] = "brief"
            if self.chance(0.5):
                keys["brief"] = self.words(2, 6)
        return keys

    def described(self, key: str, least: int, most: int, longest: int, *dates: str) -> dict[str, object]:
        """An item or an entry of one, with a name and a text."""
        dated = {key: self.words(least, most), **{name: getattr(self, name)() for name in dates}}
        return {**dated, **self.common(), **self.text(longest)}

    def item(self, kind: str) -> dict[str, object]:
        longest = self.random.choice((10, 60))
        match kind:
            case "positions":
                number = self.random.choice((1, 1, 2, 4))
                roles = [self.described("title", 1, 4, longest, "period") for _ in range(number)]
                return {"organisation": self.words(2, 4), "place": self.words(1, 1), "roles": roles}
            case "education":
                number = self.random.choice((1, 2))
                degrees = [self.described("degree", 2, 5, longest, "date") for _ in range(number)]
                return {"organisation": self.words(2, 4), "degrees": degrees}
            case "courses":
                number = self.random.choice((1, 3))
                courses = [self.described("title", 2, 8, longest) for _ in range(number)]
                return {"term": f"WS {self.random.randint(2000, 2024)}", "courses": courses}
            case "talks":
                head = {"title": self.words(4, 14), "event": self.words(2, 9), "date": self.date()}
                return {**head, **self.common()}
            case "grants":
                head = {"title": self.words(3, 9), "acronym": self.words(1, 1), "period": self.period()}
                return {**head, **self.common(), **self.text(longest)}
            case "awards":
                return self.described("title", 2, 8, longest, "date")
            case "students":
                head = {"name": self.words(2, 2), "topic": self.words(3, 12), "period": self.period()}
                return {**head, **self.common()}
            case "service":
                return self.described("role", 1, 5, longest, "period")
            case "skills":
                return {"label": self.words(1, 2), "skills": self.words(3, 20).split(), **self.common()}
            case "patents":
                number = self.random.randint(1, 4)
                filings = [{"number": f"US {self.random.randint(100, 999)}"} for _ in range(number)]
                return {"title": self.words(3, 8), "date": self.date(), "filings": filings, **self.common()}
            case _:
                dated = {"date": self.date()} if self.chance(0.5) else {}
                return {"text": self.words(3, longest), **dated, **self.common()}

    def section(self, kind: str) -> dict[str, object]:
        head: dict[str, object] = {"kind": kind, "title": self.words(1, 3)}
        if self.chance(0.2):
            head["note"] = self.words(3, 8)
        if kind == "text":
            return {**head, "text": "\n\n".join(self.words(20, 60) for _ in range(self.random.randint(1, 3)))}
        if kind == "metrics":
            rows = [{"label": self.words(1, 3), "all": 10, "since": 5} for _ in range(3)]
            return {
                **head,
                "since": 2020,
                "rows": [{"label": "Publications", "count": "publications"}, *rows],
            }
        if kind == "publications":
            categories = [
                {"id": "journal", "title": "Articles", "match": {"type": "article"}, "prefix": "J"},
                {"id": "rest", "title": "Others", "match": {}},
            ]
            return {**head, "categories": categories, "numbering": self.random.choice(("up", "down", "none"))}
        number = self.random.choice((1, 4, 12, 30))
        items = [self.item(kind) for _ in range(number)]
        if self.chance(0.3):
            half = number // 2
            groups = [
                {"title": self.words(1, 3), "items": part} for part in (items[:half], items[half:]) if part
            ]
            return {**head, "groups": groups}
        return {**head, "items": items}

    def choice(self, name: str, kind: str) -> dict[str, object]:
        """The section as the variant chooses it."""
        chosen: dict[str, object] = {"section": name}
        if self.chance(0.25):
            chosen["detail"] = "brief"
        if self.chance(0.15):
            chosen["min"] = self.random.randint(0, 3)
        if self.priorities and self.chance(0.2):
            chosen["priority"] = self.random.randint(1, 3)
        if self.shrinks and kind in _WITH_SHORT_FORM and self.chance(0.3):
            chosen["shrink_to"] = "brief"
        if self.chance(0.2):
            chosen["grouped"] = False
        return chosen

    def entry(self, number: int) -> str:
        kind = self.random.choice(("article", "inproceedings"))
        fields = {
            "author": " and ".join(
                ["Example, Ada", *("Other, Bob" for _ in range(self.random.randint(0, 9)))]
            ),
            "title": self.words(4, 16),
            "journaltitle" if kind == "article" else "booktitle": self.words(2, 8),
            "year": str(self.random.randint(1998, 2025)),
        }
        if self.priorities and self.chance(0.3):
            fields["priority"] = str(self.random.randint(1, 3))
        listed = ", ".join(f"{name} = {{{value}}}" for name, value in fields.items())
        return f"@{kind}{{key{number}, {listed}}}\n"


def generated(number: int) -> GeneratedCv:
    """The CV of a number."""
    random = Random(number)
    author = _Author(random, random.random() < 0.6, random.random() < 0.4, random.random() < 0.5)
    pages = random.choice((1, 1, 2, 2, 3, 4, 5))
    kinds = random.sample(_KINDS, random.randint(2, len(_KINDS)))
    names = {f"part{at}": kind for at, kind in enumerate(kinds)}
    settings = {
        "owner": {"name": "Ada Example", "affiliation": "Example University", "email": "ada@example.org"},
        "paper": random.choice(("a4", "letter")),
        "sections": list(names),
        "variants": {
            "short": {"fit": pages, "sections": [author.choice(name, kind) for name, kind in names.items()]}
        },
    }
    files: dict[str, str | bytes | None] = {"content/cv.yaml": json.dumps(settings)}
    for name, kind in names.items():
        files[f"content/{name}.yaml"] = json.dumps(author.section(kind), ensure_ascii=False)
    entries = random.choice((0, 5, 60)) if "publications" in kinds else 1
    files["bib/all.bib"] = "".join(author.entry(at) for at in range(entries))
    return GeneratedCv(pages, files)
