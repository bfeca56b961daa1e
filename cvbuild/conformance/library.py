"""Finding profiles by name: the project's own in `profiles/`, and those that ship."""

from __future__ import annotations

from collections.abc import Iterator

from cvbuild.conformance.shelf import OWN_PROFILES, SHIPPED, own_names, profile_names
from cvbuild.diagnostics import Diagnostic, Findings, did_you_mean
from cvbuild.load.stages import read_yaml
from cvbuild.memo import memo
from cvbuild.model.profile import Profile, joined, read_profile
from cvbuild.project import Project, Reader
from cvbuild.source import Scalar, SourceFile, Span

_MOST_EXTENDED = 10


def find_profile(
    project: Project | None, name: str, span: Span | None = None
) -> tuple[Profile | None, list[Diagnostic]]:
    """A profile with what it extends; None, with the errors, where it is unknown or does not fit.

    A project's own comes before one that ships. `span` is where it is named.
    """
    findings = Findings()
    profile = _find(project, Scalar(name, span) if span else name, findings, ())
    return (None if findings.has_errors else profile), findings.items


def _find(project: Project | None, name: str, findings: Findings, seen: tuple[str, ...]) -> Profile | None:
    span = name.span if isinstance(name, Scalar) else None
    if name in seen:
        findings.error(
            "unknown-funder-profile",
            f"the profile `{name}` extends itself",
            span,
            "delete its line `extends`",
        )
        return None
    if len(seen) > _MOST_EXTENDED:
        findings.error(
            "unknown-funder-profile",
            f"the profile `{seen[0]}` extends more than {_MOST_EXTENDED} others, one behind the other",
            span,
            "write the rules of some of them into one file",
        )
        return None
    known = profile_names(project)
    if name not in known:
        findings.error(
            "unknown-funder-profile",
            f"there is no profile `{name}`",
            span,
            *did_you_mean(name, known),
            f"the profiles are {', '.join(known)}; one of your own is a file {OWN_PROFILES}/NAME.yaml",
        )
        return None
    if project is not None and not project.is_trusted and name in own_names(project):
        findings.error(
            "unknown-funder-profile",
            f"the profile `{name}` is the project's own, which `--untrusted` refuses",
            span,
            "read it, and call without `--untrusted`: its regular expressions can take for ever",
        )
        return None
    source = _source(project, name, findings)
    if source is None:
        return None
    tree, found = memo(read_yaml, source)
    findings.extend(found)
    is_sound = not any(item.severity == "error" for item in found)
    written = read_profile(source, tree, findings) if is_sound else None
    if written is None:
        return None
    parent = written.head.extends
    base = _find(project, parent, findings, (*seen, str(name))) if parent is not None else None
    if parent is not None and base is None:
        return None
    return joined(str(name), written, base, findings)


def _source(project: Project | None, name: str, findings: Findings) -> SourceFile | None:
    if project is not None and name in own_names(project):
        reader = Reader(project)
        source = reader.read(project.root / OWN_PROFILES / f"{name}.yaml")
        findings.extend(reader.findings.items)
        return source
    text = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")
    return SourceFile(f"{name}.yaml", text)


def every_profile(project: Project | None) -> Iterator[tuple[str, Profile | None, list[Diagnostic]]]:
    """All profiles by name; those that do not fit with their errors."""
    for name in profile_names(project):
        profile, found = find_profile(project, name)
        yield name, profile, found
