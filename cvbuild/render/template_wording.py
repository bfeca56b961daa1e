"""Jinja's and Python's complaints about a template in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from cvbuild.diagnostics import did_you_mean
from cvbuild.record import Record

_STATEMENTS = """
    if elif else endif for endfor macro endmacro call endcall set endset include import from with
    endwith block endblock extends filter endfilter
""".split()


class Wording(Record):
    """A message with its hints, the word on the line that it is about, and the statement left open."""

    message: str
    hints: tuple[str, ...] = ()
    word: str | None = None
    opened: str | None = None


# Python's names of types as they stand in its messages.
_TYPES = {
    "str": "a text", "Scalar": "a text", "Text": "a text", "RichText": "a text", "Markup": "TeX",
    "int": "a number", "float": "a number", "bool": "yes or no", "NoneType": "an empty value",
    "list": "a list", "tuple": "a list", "NameList": "a list of names", "dict": "a mapping",
    "mappingproxy": "a mapping", "Date": "a date", "Period": "a period", "Macro": "a macro",
    "function": "a function", "method": "a function", "builtin_function_or_method": "a function",
    "YamlMapping": "a mapping",
}  # fmt: skip


def _typed(name: str) -> str:
    """A class as people call it: `SelectedSection` is a section."""
    short = name.rpartition(".")[2]
    word = re.findall(r"[A-Z][a-z]+|[a-z]+", short)
    return _TYPES.get(short) or f"a whole {word[-1].lower() if word else short}"


def what_it_is(value: object) -> str:
    """A value as people call it: `this list`."""
    if isinstance(value, Mapping):
        return "this mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "this list"
    return re.sub(r"^(an?( whole)?) ", "this ", _typed(type(value).__name__))


def of_syntax(message: str, filters: Iterable[str], tests: Iterable[str]) -> Wording:
    """What Jinja's parser, compiler or runtime says."""
    for pattern, make in _SYNTAX:
        if match := re.search(pattern, message):
            return make(match, filters, tests)
    return Wording(f"this template cannot be read: {_quoted(message)}")


def _quoted(message: str) -> str:
    text = re.sub(r"'([^']*)'", r"`\1`", message.strip().rstrip("."))
    return text[:1].lower() + text[1:]


def _unknown_statement(match: re.Match[str], _: Iterable[str], __: Iterable[str]) -> Wording:
    name = match[1]
    return Wording(
        f"there is no statement `{name}`",
        did_you_mean(name, _STATEMENTS) or (f"the statements are {', '.join(_STATEMENTS)}",),
        name,
    )


def _wrong_end(match: re.Match[str], _: Iterable[str], __: Iterable[str]) -> Wording:
    name, opened = match[1], match[2]
    if name not in _STATEMENTS:
        return _unknown_statement(match, _, __)
    return Wording(
        f"`{name}` stands where `{opened}` is still open",
        (f"close it first with `<% end{opened} %>`",),
        name,
        opened,
    )


def _left_open(match: re.Match[str], _: Iterable[str], __: Iterable[str]) -> Wording:
    return Wording(
        f"the template ends while `{match[1]}` is open",
        (f"write `<% end{match[1]} %>` where it ends",),
        None,
        match[1],
    )


def _no_filter(match: re.Match[str], filters: Iterable[str], _: Iterable[str]) -> Wording:
    return Wording(
        f"there is no filter `{match[1]}`",
        did_you_mean(match[1], filters) or (f"the filters are {', '.join(sorted(filters))}",),
        match[1],
    )


def _no_test(match: re.Match[str], _: Iterable[str], tests: Iterable[str]) -> Wording:
    return Wording(
        f"there is no test `{match[1]}`",
        did_you_mean(match[1], tests) or ("the commonest tests are `defined`, `none` and `string`",),
        match[1],
    )


def _plain(message: str, *hints: str) -> Callable[[re.Match[str], Iterable[str], Iterable[str]], Wording]:
    def make(match: re.Match[str], _: Iterable[str], __: Iterable[str]) -> Wording:
        word = match[match.lastindex] if match.lastindex else None
        return Wording(match.expand(message), tuple(match.expand(hint) for hint in hints), word)

    return make


# Of jinja2.parser, jinja2.lexer, jinja2.compiler and jinja2.runtime, 3.1.
_SYNTAX: tuple[tuple[str, Callable[[re.Match[str], Iterable[str], Iterable[str]], Wording]], ...] = (
    (r"Encountered unknown tag '(\w+)'\..*innermost block that needs to be closed is '(\w+)'", _wrong_end),
    (r"Encountered unknown tag '(\w+)'", _unknown_statement),
    (r"Unexpected end of template.*innermost block that needs to be closed is '(\w+)'", _left_open),
    (
        r"[Uu]nexpected end of template, expected 'end of print statement'",
        _plain("the template ends within `<<`", "write `>>` where the value ends"),
    ),
    (
        r"[Uu]nexpected end of template",
        _plain("the template ends within a statement or a value", "close it with `%>` or `>>`"),
    ),
    (
        r"expected token 'end of print statement', got '(.*)'",
        _plain(
            r"`\1` does not belong into this value", "a value is closed with `>>`; texts are joined with `~`"
        ),
    ),
    (
        r"expected token 'end of statement block', got '(.*)'",
        _plain(r"`\1` does not belong into this statement", "a statement is closed with `%>`"),
    ),
    (
        r"expected token '(.*)', got '(.*)'",
        _plain(r"`\2` stands where `\1` should be", "compare the line with one that works"),
    ),
    (r"Missing end of comment tag", _plain("a comment is never closed", "write `#>` where it ends")),
    (
        r"[Ee]xpected an expression, got",
        _plain("a value is missing here", "write what is meant before the `%>` or `>>`"),
    ),
    (
        r"(?s)unexpected char [\"']{2}",
        _plain("a quotation mark here has no partner", "text stands in quotation marks"),
    ),
    (
        r"macro '(.*?)' takes no keyword argument '(.*?)'",
        _plain(r"the macro `\1` has no parameter `\2`", "compare the call with the macro's first line"),
    ),
    (
        r"macro '(.*?)' takes not more than",
        _plain(r"the macro `\1` is given too many arguments", "compare the call with the macro's first line"),
    ),
    (
        r"unexpected char '?(.+?)'? at \d+",
        _plain(r"`\1` means nothing in a template", "text stands in quotation marks"),
    ),
    (
        r"unexpected '(.*)', expected '(.*)'",
        _plain(r"`\1` stands where `\2` should be", "count the brackets"),
    ),
    (r"unexpected '(.*)'", _plain(r"`\1` means nothing here", "count the brackets and quotation marks")),
    (r"No filter named '(.*?)'", _no_filter),
    (r"No test named '(.*?)'", _no_test),
    (
        r"the template '(.*?)' \(imported on line \d+ in '.*?'\) does not export the requested name '(.*?)'",
        _plain(
            r"the template `\1` has no macro `\2`", r"write `<% macro \2(…) %>` there, or correct the name"
        ),
    ),
    (
        r"parameter '(\w+)' was not provided",
        _plain(r"the macro's parameter `\1` is used but not given", r"give it, or a value instead: `\1=…`"),
    ),
)


def of_type_error(message: str) -> Wording:
    """What Python says about a value of a type that does not fit."""
    if message.startswith("yes or no has"):
        return Wording("this prints yes or no, which is no text", ("choose with it: `<< … if … else … >>`",))
    if match := re.search(r"an? (\w+) has no printed form", message):
        return _printed_whole(match[1])
    if match := re.search(r"^(?:\w+\.)?(\w+)\(\) (?:takes|missing|got)", message):
        hint = "compare it with a template that works"
        return Wording(f"`{match[1]}` is given the wrong arguments", (hint,), match[1])
    if message.startswith("macro "):
        return of_syntax(message, (), ())
    for pattern, make, hint in _TYPE_ERRORS:
        if match := re.search(pattern, message):
            return Wording(make.format(*(_typed(name) for name in match.groups())), (hint,))
    return Wording(f"this template cannot be filled: {_quoted(message)}")


def _printed_whole(name: str) -> Wording:
    what = _typed(name)
    if what.startswith("a list"):
        hint = "go through it with `<% for … in … %>`, or write `| joined(', ')`"
    elif what == "a function":
        hint = "call it, with its arguments in brackets"
    else:
        hint = "print one of its values, such as `<< item.title >>`"
    return Wording(f"this prints {what}, which is no text", (hint,))


_TYPE_ERRORS = (
    (r"'([\w.]+)' object is not callable", "this calls {0} as if it were a macro", "leave out the brackets"),
    (
        r"'([\w.]+)' object is not iterable",
        "this goes through {0} as if it were a list",
        "print it, or go through a list",
    ),
    (
        r"unsupported operand type\(s\) for .+: '([\w.]+)' and '([\w.]+)'",
        "this calculates with {0} and {1}",
        "texts are joined with `~`",
    ),
    (
        r"can only concatenate (\w+) \(not \"([\w.]+)\"\) to \w+",
        "this adds {1} to {0}",
        "texts are joined with `~`",
    ),
    (
        r"not supported between instances of '([\w.]+)' and '([\w.]+)'",
        "{0} and {1} cannot be compared",
        "compare values of the same kind",
    ),
    (
        r"'([\w.]+)' object has no attribute",
        "a filter here cannot work with {0}",
        "give it the value it is made for",
    ),
    (r"object of type '([\w.]+)' has no len\(\)", "{0} has no length", "`| length` is for texts and lists"),
)
