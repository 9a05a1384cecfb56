"""No sentence is made in code: what a person reads has a key in the approved words.

Two looks at the syntax tree of everything that talks. The first takes the places from which a
string reaches a person (an error, a message, a label) and allows there no literal with letters,
but the keys by which words are fetched. The second finds any literal that reads as prose, wherever
it stands: what is meant for a machine or a maintainer is named below, with the reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.settings import ROOT

PLACES = ("bot", "actions", "outreach/notices.py")
# What runs inside Rasa's Python and the safety screen say nothing: they read and return findings.
SILENT = ("bot/runtime/", "bot/safety/")
# The arguments, by position and name, in which these take what a person reads.
TAKES = {
    "ChatError": (2, "message"),
    "HTTPException": (1, "detail"),
    "Answer": (0, "text"),
    "Problem": (1, "words"),
    "_message": (1, "text"),
    "option": (0, "label"),
    "_answer": (3, "message"),
    "error_json": (2, "message"),
    "_problem": (2, "message"),
}
FETCH = {"text_body", "say", "words", "label_of"}
READ = {"text", "label", "subject", "hint", "warning", "message"}
# Calls that pass on what they are given; of every other call only the result counts.
PASS_ON = {"join", "str", "format", "strip", "replace", "capitalize", "upper", "removesuffix"}
PROSE = re.compile(r"[^\W\d_]{2,}[,;:.]? +[^\W\d_]+")
FOR_MAINTAINERS = ("log.", "re.compile")

ALLOWED = {
    "a field was given": "the text that stands for a field before Rasa; no person reads it",
    "safety choice": "the purpose of a signed token",
    "asked again": "why a finding was made, for the log",
    "(a safety finding)": "the text that stands for a finding before Rasa",
    "[birth date, ": "what masking puts for a date before Rasa reads it",
    "age not known": "the same, where no age follows from it",
    "rasa claims": "the purpose of a signed token",
    "Help near you": "the title of the application, which no page of ours shows",
    "I want to die": "what the health check asks the screen",
    "SELECT count(*) FROM conversation": "a query",
    "{\nconst words = ": "a script; the words in it are fetched",
    "public, max-age=300": "a header",
    "text/javascript; charset=utf-8": "a header",
}
ALLOWED_FILES = {
    "bot/channels/masking_names.py": "lists of words that are no names",
    "bot/live.py": "what keeps a site from going live, for its administrator at a terminal",
}
MADE_OF_LITERALS = {}


@dataclass(frozen=True)
class Found:
    """A literal, and where it stands."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text!r}"


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module that talks, by its path."""
    for place in PLACES:
        top = ROOT / place
        for path in [top] if top.is_file() else sorted(top.rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(SILENT):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


# From a place where words are read back to the literals in them


def literals(node: ast.expr | None, known: dict[str, list[ast.expr]]) -> Iterator[ast.Constant]:
    """The literals with letters of which an expression is made; keys of words are none."""
    match node:
        case ast.Constant(value=str(text)):
            if any(ch.isalpha() for ch in text) and not text.startswith("utter_"):
                yield node
        case ast.Name(id=name):
            # Looked up once: what is made of itself is not followed round.
            rest = {key: value for key, value in known.items() if key != name}
            yield from literals_in(known.get(name, []), rest)
        case _:
            yield from literals_in(made_of(node), known)


def literals_in(
    nodes: Iterable[ast.expr], known: dict[str, list[ast.expr]]
) -> Iterator[ast.Constant]:
    for each in nodes:
        yield from literals(each, known)


def made_of(node: ast.expr | None) -> list[ast.expr]:
    """The parts of an expression that are part of what it gives."""
    match node:
        case ast.Call(func=called, args=given) if name_of(called) in PASS_ON:
            return [*([called.value] if isinstance(called, ast.Attribute) else []), *given]
        case ast.Call() | ast.Subscript() | ast.Compare() | None:
            return []
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
        case ast.Dict(values=values):
            return values
        case ast.JoinedStr() if is_key(node):
            return []
        case _:
            return [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]


def is_key(node: ast.expr) -> bool:
    """Whether it is the key of approved words, whole or begun."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) else node
    return isinstance(first, ast.Constant) and str(first.value).startswith("utter_")


def name_of(called: ast.expr) -> str:
    """The last name of what is called."""
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """What each plain name is given anywhere in a function or a module."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and value:
            for target in targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(value)
    return found


def read_by_a_person(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions under ``node`` itself from which a string reaches a person."""
    match node:
        case ast.Call(func=called) if name_of(called) in TAKES:
            at, name = TAKES[name_of(called)]
            yield from node.args[at : at + 1]
            yield from (given.value for given in node.keywords if given.arg == name)
        case ast.Call(func=called, args=[key, *_]) if name_of(called) in FETCH:
            if not is_key(key):
                yield key
            yield from (given.value for given in node.keywords)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value in READ:
                    yield value
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key))], value=value):
            if key in READ:
                yield value


def made_in_code(name: str, tree: ast.Module) -> Iterator[Found]:
    """The literals that reach a person from one module."""
    top = assigned(ast.Module([each for each in tree.body if isinstance(each, ast.Assign)], []))
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]
    seen: set[int] = set()
    for scope in [*functions, tree]:
        known = top | (assigned(scope) if scope is not tree else {})
        for node in ast.walk(scope):
            for read in read_by_a_person(node):
                for found in literals(read, known):
                    if id(found) not in seen:
                        seen.add(id(found))
                        yield Found(name, found.lineno, found.value)


# Prose, wherever it stands


def prose(name: str, tree: ast.Module) -> Iterator[Found]:
    """The literals that read as prose and are neither documentation nor for a maintainer."""
    passed = {id(each) for node in ast.walk(tree) for each in not_said(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in passed and PROSE.search(text):
                yield Found(name, node.lineno, text)


def not_said(node: ast.AST) -> Iterable[ast.AST]:
    """What stands under ``node`` where it is documentation, a log line or an error in the code."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]
    if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(FOR_MAINTAINERS):
        return ast.walk(node)
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return [] if name_of(node.exc.func) in TAKES else ast.walk(node)
    return []


def test_nothing_that_a_person_reads_is_made_of_literals() -> None:
    found = [each for name, tree in sources() for each in made_in_code(name, tree)]
    assert [
        str(each) for each in found if f"{each.path}: {each.text}" not in MADE_OF_LITERALS
    ] == []


def test_no_literal_is_prose_but_those_that_no_person_reads() -> None:
    found = [each for name, tree in sources() for each in prose(name, tree)]
    assert [
        str(each) for each in found if each.text not in ALLOWED and each.path not in ALLOWED_FILES
    ] == []


def test_nothing_is_allowed_that_is_not_there_any_more() -> None:
    trees = list(sources())
    said = {each.text for name, tree in trees for each in prose(name, tree)}
    assert set(ALLOWED) <= said
    made = {
        f"{each.path}: {each.text}" for name, tree in trees for each in made_in_code(name, tree)
    }
    assert set(MADE_OF_LITERALS) <= made


@pytest.mark.parametrize(
    "code",
    [
        'raise ChatError(404, "no_site", "Nowhere.")',
        'raise ChatError(404, "no_site", message=f"Nowhere near {site}.")',
        'told = "Nowhere."\n    raise ChatError(404, "no_site", told)',
        'return {"kind": "text", "lang": "en", "text": "Nowhere."}',
        'return {"kind": "text", "text": " ".join(["Nowhere", site])}',
        'body = {}\n    body["warning"] = "Nowhere." if site else ""',
        'return text_body("utter_found_near", "en", place="Nowhere")',
        'return text_body("Nowhere.", "en")',
        'return [{"label": "Yes", "choice": token}]',
        'return _message("question", "Nowhere" + site)',
        'return say("utter_officer_site_off", reason="Nowhere")',
    ],
)
def test_words_made_in_code_are_found(code: str) -> None:
    tree = ast.parse(f"def talk(site, token):\n    {code}\n")
    assert list(made_in_code("made.py", tree))


@pytest.mark.parametrize(
    "code",
    [
        'raise ChatError(404, "no_site", words("utter_no_site", "en").text)',
        'raise ChatError(404, "no_site", _error("no_site"))',
        'return text_body(f"utter_away{suffix}", language)',
        'return {"text": "\\n".join([words("utter_found", "en").text, *lines])}',
        'return {"kind": "question", "text": item.question}',
    ],
)
def test_words_that_are_fetched_are_not(code: str) -> None:
    tree = ast.parse(f"def talk(item, language, lines, suffix):\n    {code}\n")
    assert not list(made_in_code("made.py", tree))


def test_every_module_that_talks_is_looked_at() -> None:
    names = [name for name, _ in sources()]
    assert {"bot/channels/chat.py", "bot/web/api.py", "actions/officer.py"} <= set(names)
    assert "outreach/notices.py" in names
    assert all(Path(ROOT / name).is_file() for name in names)
