"""Templates that reach for Python, change the content, leave their folder, or never end."""

from __future__ import annotations

import re
import resource
from collections.abc import Callable

import pytest

from cvbuild.render import template_errors, templates
from tests.conftest import SmallProject

TEMPLATE = "latex_templates/sections/text.tex"
Attack = Callable[..., str]


@pytest.fixture
def attack(small: SmallProject) -> Attack:
    """Checks the project with the attack as its template for texts; gives what is said of it."""

    def check(template: str, more: dict[str, str] | None = None) -> str:
        small.write({TEMPLATE: f"first line\n{template}\n", **(more or {})})
        return small.run("check", "-v", "short", code=1).err

    return check


REACHING = """
''.__class__  ''['__class__']  ''.__class__.__mro__[1].__subclasses__()  lipsum()  '%s' % section
[''] | map(attribute='__class__') | list | first  section | attr('__class__')  'x' | tojson
'{0.__class__}'.format(section)  '{0.__class__}'.format_map({})  label.__globals__
publication.__self__  printer.tex.__func__  gap.__init__  self.__init__.__globals__
cycler.__init__.__globals__  namespace.mro()  section.section._place  section.section.__struct_config__
section.section.__struct_fields__  section.section['_more']
"""
CHANGING = """
sections.append(1)  sections.clear()  labels.update({})  labels.clear()  section.section.copy()
section.section.__replace__(title='x')  section.section.__setattr__('title', 1)
printer.findings.items.clear()  printer.marks.spans.clear()  printer.link('x', 'javascript:x')
"""
STATEMENTS = ("<% import os %>", "<% set section.title = 'x' %>", "<% set printer.language = 'x' %>")
EXPRESSIONS = re.split(r"  |\n", REACHING.strip() + CHANGING.rstrip())


@pytest.mark.parametrize("template", [*(f"<< {text} >>" for text in EXPRESSIONS), *STATEMENTS])
def test_python_and_changes_of_the_content_are_out_of_reach(attack: Attack, template: str) -> None:
    said = attack(template)
    assert "error[template]" in said
    assert f"{TEMPLATE}:2" in said or "cannot assign attribute" in said  # Jinja names no line for these
    assert "<class" not in said.replace("'<class", "")


ENDLESS = """
<< range(10**10) | list | length >>
<% for a in range(99999) %><% for b in range(99999) %><% endfor %><% endfor %>
<% for a in range(99999) %><% for b in range(99999) %>text<% endfor %><% endfor %>
<% for a in range(99999) %><% set x = range(99999) | list | length %><% endfor %>
<% macro m() %><< m() >><% endmacro %><< m() >>
<% macro m(n) %><% if n %><% set x = m(n - 1) %><% set y = m(n - 1) %><% endif %><% endmacro %><< m(60) >>
<% for a in [1] recursive %><< loop([1]) >><% endfor %>
<% include 'sections/text.tex' %>
<< 'a' * 10**10 >>
<< 10**10 * 'a' >>
<< [0] * 10**10 >>
<< 9 ** 9999999 >>
<< 'x'.ljust(10**10) >>
<< 'x'.center(10**10) >>
<< 'x'.replace('', 'y' * 1000000) >>
<< ','.join(['x' * 1000000] * 1000000) >>
<< '{:>10000000000}'.format(1) >>
<< '%10000000000d' % 1 >>
<< [1] | batch(10**10, 0) | list >>
<< [1] | slice(10**10) | list >>
<< 1 | round(10**10, 'floor') >>
"""
DOUBLED = (
    ("3", "<% set n.x = n.x * n.x %>"),
    *(
        (start, f"<% set n.x = n.x {sign} n.x %>")
        for start, sign in (("'xx'", "~"), ("'xx'", "+"), ("[0]", "+"))
    ),
    ("'x'", "<% set s %><< n.x >><< n.x >><% endset %><% set n.x = s %>"),
)
GROWING = [f"<% set n = namespace(x={x}) %><% for a in range(99) %>{step}<% endfor %>" for x, step in DOUBLED]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are reached soon: of 100,000 steps, and of a second."""
    monkeypatch.setattr(templates, "MOST_STEPS", 100_000)
    monkeypatch.setattr(templates, "MOST_SECONDS", 1.0)


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("template", [*ENDLESS.strip().splitlines(), *GROWING])
def test_nothing_runs_or_grows_without_end(attack: Attack, template: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said = attack(template)
    assert "error[template]" in said
    assert f"{TEMPLATE}:2" in said
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000  # KB


@pytest.mark.usefixtures("limits")
def test_includes_that_multiply_are_ended(attack: Attack) -> None:
    more = {f"latex_templates/t{at}.tex": f"<% include 't{at + 1}.tex' %>" * 2 for at in range(40)}
    assert "error[template]" in attack("<% include 't0.tex' %>", more | {"latex_templates/t40.tex": ""})


@pytest.mark.parametrize(
    "name",
    ["../secret.tex", "../../secret.tex", "/etc/passwd", "sections/../../secret.tex", "./../secret.tex"],
)
def test_an_include_does_not_lead_out_of_the_templates(attack: Attack, name: str) -> None:
    assert "error[missing-template]" in attack(f"<% include '{name}' %>", {"secret.tex": "secret"})


def test_none_is_filled_without_limits_of_which_the_one_of_time_is_the_last(
    attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LookupError):
        templates.step()
    monkeypatch.setattr(templates, "MOST_SECONDS", 0.0)
    assert "the templates take longer than 0 seconds" in attack("<% for x in [1] %>x<% endfor %>")


def test_a_document_of_any_length_is_ended(attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_errors, "LONGEST_VALUE", 100_000)
    said = attack("<% for x in range(1000) %>" + "many words " * 10 + "<% endfor %>")
    assert "the templates print or repeat without end" in said
    assert f"{TEMPLATE}:2" in said
