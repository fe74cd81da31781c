"""AWS's patterns, written for Java, as Python's regular expressions; what can't be turned is said, not skipped in silence."""

import re
import sys
import unicodedata
import warnings
from functools import cache

POSIX = {
    "Alnum": "0-9A-Za-z",
    "Alpha": "A-Za-z",
    "ASCII": r"\x00-\x7f",
    "Blank": r" \t",
    "Digit": "0-9",
    "Graph": r"\x21-\x7e",
    "IsDigit": "0-9",
    "Lower": "a-z",
    "Print": r"\x20-\x7e",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r" \t\n\x0b\f\r",
    "Upper": "A-Z",
    "XDigit": "0-9A-Fa-f",
}
# Everything beyond the basic plane, as Java writes it: a range of surrogate pairs.
ASTRAL = re.compile(r"\\u[dD]800\\u[dD][cC]00-\\u[dD][bB][fF]{2}\\u[dD][fF]{3}")


class Unsupported(Exception):
    """A pattern that has no Python form here."""


@cache
def compiled(pattern):
    """The pattern for `fullmatch`; raises Unsupported. Java's classes such as \\w are ASCII."""
    try:
        with warnings.catch_warnings():
            # Nested sets and set operations mean something else in Python.
            warnings.simplefilter("error", FutureWarning)
            return re.compile(_turned(pattern), re.ASCII)
    except (re.error, FutureWarning, OverflowError) as error:
        raise Unsupported(str(error)) from error


def _turned(pattern):
    pattern = ASTRAL.sub(lambda _: r"\U00010000-\U0010FFFF", pattern)
    out, in_set, at = [], False, 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\" and at + 1 < len(pattern):
            letter = pattern[at + 1]
            if letter in "pP":
                text, at = _property(pattern, at, letter == "P", in_set)
                out.append(text)
                continue
            if letter in "QEhHRXG":
                raise Unsupported(f"\\{letter}")
            out.append(pattern[at : at + 2])
            at += 2
            continue
        if in_set and (character == "[" or pattern.startswith("&&", at)):
            raise Unsupported("a set within a set")
        if character == "[":
            in_set = True
        elif character == "]" and in_set:
            in_set = False
        out.append(character)
        at += 1
    return "".join(out)


def _property(pattern, at, negated, in_set):
    """`\\p{L}` or `\\pL` at `at` as ranges, and where it ends."""
    braced = re.compile(r"\{(\w+)\}").match(pattern, at + 2)
    name, end = (braced.group(1), braced.end()) if braced else (pattern[at + 2], at + 3)
    ranges = POSIX.get(name) or _category(name)
    if in_set and negated:
        raise Unsupported(f"\\P{{{name}}} in a set")
    return (ranges if in_set else f"[{'^' if negated else ''}{ranges}]"), end


@cache
def _categories():
    """Every character's general category, as runs of (category, first, last)."""
    runs = []
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if runs and runs[-1][0] == category:
            runs[-1][2] = code
        else:
            runs.append([category, code, code])
    return runs


@cache
def _category(name):
    name = name.removeprefix("Is") if len(name) <= 4 else name
    chosen = [f"\\U{first:08x}-\\U{last:08x}" for category, first, last in _categories() if category.startswith(name)]
    if not chosen or len(name) > 2:
        raise Unsupported(f"\\p{{{name}}}")
    return "".join(chosen)
