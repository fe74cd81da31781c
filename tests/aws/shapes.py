"""Checks a value against the shape that AWS publishes: required, type, enum, length, range and pattern."""

from datetime import datetime

import patterns

TYPES = {
    # A whole body comes as text from AWS's own parser, whatever it holds.
    "blob": (bytes, bytearray, str),
    "boolean": bool,
    "double": (int, float),
    "float": (int, float),
    "integer": int,
    "list": list,
    "long": int,
    "map": dict,
    "string": str,
    "structure": dict,
    "timestamp": datetime,
}


class Check:
    """Collects what is wrong with values; `unchecked` holds the patterns that Python can't read."""

    def __init__(self):
        self.problems = []
        self.unchecked = {}

    def value(self, shape, value, path=""):
        if shape is None or getattr(shape, "is_document_type", False) or value is None:
            return
        at, kind = path.strip(".") or shape.name, shape.type_name
        if getattr(shape, "is_document_type", False):
            return
        if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            self.problems.append(f"`{at}` is a {type(value).__name__}, not a {kind}")
        elif kind == "structure":
            self._structure(shape, value, path, at)
        elif kind == "list":
            self._size(shape, len(value), at, "items")
            for number, inner in enumerate(value):
                self.value(shape.member, inner, f"{path}{number}.")
        elif kind == "map":
            self._size(shape, len(value), at, "entries")
            for key, inner in value.items():
                self.value(shape.key, key, f"{path}<key {key}>.")
                self.value(shape.value, inner, f"{path}{key}.")
        elif kind == "string":
            self._string(shape, value, at)
        elif kind == "blob":
            self._size(shape, len(value), at, "bytes")
        elif kind in ("integer", "long", "float", "double"):
            self._size(shape, value, at, "")

    def _structure(self, shape, value, path, at):
        for name in shape.required_members:
            if value.get(name) is None:
                self.problems.append(f"`{path}{name}` is required")
        if shape.metadata.get("union") and len(value) != 1:
            self.problems.append(f"`{at}` is a union with {len(value)} members: {sorted(value)}")
        for name, inner in value.items():
            if name in shape.members:
                self.value(shape.members[name], inner, f"{path}{name}.")
            else:
                self.problems.append(f"`{path}{name}` is no member of {shape.name}")

    def _string(self, shape, value, at):
        self._size(shape, len(value), at, "characters")
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            self.problems.append(f"`{at}` is `{value}`, not one of {', '.join(allowed)}")
        pattern = shape.metadata.get("pattern")
        if not pattern:
            return
        try:
            if not patterns.compiled(pattern).fullmatch(value):
                self.problems.append(f"`{at}` is `{_shown(value)}`, which does not match `{pattern}`")
        except patterns.Unsupported as why:
            self.unchecked[pattern] = str(why)

    def _size(self, shape, size, at, unit):
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if least is not None and size < least:
            self.problems.append(f"`{at}` has {size} {unit}, at least {least} are needed".replace("  ", " "))
        if most is not None and size > most:
            self.problems.append(f"`{at}` has {size} {unit}, at most {most} are allowed".replace("  ", " "))


def _shown(value):
    return value if len(value) <= 120 else value[:117] + "..."
