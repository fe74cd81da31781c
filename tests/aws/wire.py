"""Reads an operation's input back from the wire, by the service's protocol."""

import base64
import binascii
import json
import math
from xml.etree import ElementTree

from botocore.utils import parse_timestamp

# Headers that belong to signing, transport and the SDK rather than to an operation.
TRANSPORT = {
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-security-token",
    "x-amz-target",
    "x-amz-trailer",
    "x-amz-user-agent",
    "x-amzn-trace-id",
}


def read_input(service, operation, labels, exchange, problems):
    """The input as the values of its shape; what does not fit goes to `problems`."""
    shape = operation.input_shape
    protocol = service.metadata["protocol"]
    if protocol == "query":
        form, twice = exchange.form()
        problems.extend(f"`{name}` is sent twice" for name in twice)
        reader = Form({k: v for k, v in form.items() if k not in ("Action", "Version")}, problems)
        value = reader.structure(shape, "") if shape else {}
        problems.extend(f"`{name}` is no member of the input" for name in sorted(reader.rest))
        return value
    if protocol == "json":
        _content_type(exchange, f"application/x-amz-json-{service.metadata['jsonVersion']}", problems)
        return from_json(shape, _json(exchange.body, problems), "", problems)
    return _rest(protocol, operation, labels, exchange, problems)


def _content_type(exchange, wanted, problems):
    given = (exchange.header("content-type") or "").partition(";")[0]
    if given != wanted:
        problems.append(f"content-type is `{given}`, not `{wanted}`")


def _json(body, problems):
    try:
        return json.loads(body or b"{}", parse_constant=lambda word: problems.append(f"`{word}` is no JSON"))
    except ValueError as error:
        problems.append(f"the body is no JSON: {error}")
        return {}


def from_json(shape, value, path, problems):
    """A JSON value as the value of `shape`."""
    if shape is None or getattr(shape, "is_document_type", False):
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        problems.extend(f"`{path}{key}` is no member of {shape.name}" for key in value if key not in names)
        return {
            names[key]: from_json(shape.members[names[key]], inner, f"{path}{key}.", problems)
            for key, inner in value.items()
            if key in names and inner is not None
        }
    if kind == "list" and isinstance(value, list):
        return [from_json(shape.member, inner, f"{path}{n}.", problems) for n, inner in enumerate(value)]
    if kind == "map" and isinstance(value, dict):
        return {key: from_json(shape.value, inner, f"{path}{key}.", problems) for key, inner in value.items()}
    if kind == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            problems.append(f"`{path.rstrip('.')}` is no base64")
            return b""
    if kind == "timestamp":
        return _time(value, path, problems)
    return value


def _time(value, path, problems):
    try:
        return parse_timestamp(value)
    except (TypeError, ValueError):
        problems.append(f"`{path.rstrip('.')}` is no time: `{value}`")
        return None


def from_text(shape, text, path, problems):
    """The text of a header, a label, a form field or an element as the value of `shape`."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text) if math.isfinite(float(text)) else text
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (KeyError, ValueError):
        problems.append(f"`{path.rstrip('.')}` is no {kind}: `{text}`")
        return None
    return _time(text, path, problems) if kind == "timestamp" else text


class Form:
    """The fields of an awsQuery body; what was read is taken out of `rest`."""

    def __init__(self, fields, problems):
        self.rest = dict(fields)
        self.problems = problems

    def _has(self, prefix):
        return any(name == prefix or name.startswith(prefix + ".") for name in self.rest)

    def structure(self, shape, prefix):
        found = {}
        for name, member in shape.members.items():
            at = f"{prefix}{member.serialization.get('name', name)}"
            if self._has(at):
                found[name] = self.value(member, at)
        return found

    def value(self, shape, at):
        if shape.type_name == "structure":
            return self.structure(shape, at + ".")
        if shape.type_name in ("list", "map"):
            if self.rest.get(at) == "":
                del self.rest[at]
                return [] if shape.type_name == "list" else {}
            flat = shape.serialization.get("flattened")
            if shape.type_name == "list":
                within = at if flat else f"{at}.{shape.member.serialization.get('name', 'member')}"
                return [self.value(shape.member, entry) for entry in self._entries(within)]
            within = at if flat else f"{at}.entry"
            key, value = (s.serialization.get("name", n) for s, n in ((shape.key, "key"), (shape.value, "value")))
            return {self.rest.pop(f"{e}.{key}", ""): self.value(shape.value, f"{e}.{value}") for e in self._entries(within)}
        return from_text(shape, self.rest.pop(at, ""), at, self.problems)

    def _entries(self, within):
        number = 1
        while self._has(f"{within}.{number}"):
            yield f"{within}.{number}"
            number += 1


def _rest(protocol, operation, labels, exchange, problems):
    shape = operation.input_shape
    value, body, read = {}, {}, set()
    for name, member in (shape.members if shape else {}).items():
        place, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
        if place == "uri":
            value[name] = from_text(member, labels[wire_name], name, problems)
        elif place == "querystring":
            read.add(wire_name)
            texts = [text for key, text in exchange.query if key == wire_name]
            if texts and member.type_name == "list":
                value[name] = [from_text(member.member, text, name, problems) for text in texts]
            elif texts:
                value[name] = from_text(member, texts[0], name, problems)
        elif place == "header":
            read.add(wire_name.lower())
            text = exchange.header(wire_name)
            if text is not None and member.type_name == "list":
                value[name] = [from_text(member.member, part.strip(), name, problems) for part in text.split(",")]
            elif text is not None:
                value[name] = from_text(member, text, name, problems)
        elif place == "headers":
            value[name] = {k[len(wire_name) :]: v for k, v in exchange.headers if k.lower().startswith(wire_name.lower())}
            read.update(wire_name.lower() + key for key in value[name])
        else:
            body[name] = member
    _nothing_unread(operation, exchange, read, problems)
    payload = shape.serialization.get("payload") if shape else None
    if payload is not None:
        return value | _payload(protocol, payload, shape.members[payload], exchange, problems)
    if not body:
        if exchange.body and json_is_not_empty(protocol, exchange.body):
            problems.append("the operation takes no body, and one was sent")
        return value
    if protocol == "rest-json":
        if exchange.body:
            _content_type(exchange, "application/json", problems)
        return from_json(shape, _json(exchange.body, problems), "", problems) | value if exchange.body else value
    return value | _xml(shape, exchange.body, operation.input_shape.name, problems)


def json_is_not_empty(protocol, body):
    return not (protocol == "rest-json" and body.strip() == b"{}")


def _nothing_unread(operation, exchange, read, problems):
    constants = {pair.partition("=")[0] for pair in operation.http["requestUri"].partition("?")[2].split("&")}
    for name, _ in exchange.query:
        if name not in read and name not in constants and name != "x-id":
            problems.append(f"the query's `{name}` is no member of {operation.name}")
    for name in {n.lower() for n, _ in exchange.headers}:
        if name.startswith("x-amz") and name not in read | TRANSPORT and not name.startswith("x-amz-checksum-"):
            problems.append(f"the header `{name}` is no member of {operation.name}")


def _payload(protocol, name, shape, exchange, problems):
    if shape.type_name == "blob":
        return {name: exchange.body}
    if shape.type_name == "string":
        return {name: exchange.body.decode()}
    if not exchange.body:
        return {}
    if protocol == "rest-json":
        return {name: from_json(shape, _json(exchange.body, problems), "", problems)}
    return {name: _xml(shape, exchange.body, shape.serialization.get("name", name), problems)}


def _xml(shape, body, root_name, problems):
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        problems.append(f"the body is no XML: {error}")
        return {}
    if _local(root.tag) != root_name:
        problems.append(f"the body is a `{_local(root.tag)}`, not a `{root_name}`")
    space = shape.serialization.get("xmlNamespace", shape.metadata.get("xmlNamespace"))
    wanted = space.get("uri") if isinstance(space, dict) else None
    if wanted and not root.tag.startswith(f"{{{wanted}}}"):
        problems.append(f"the body is not in the namespace `{wanted}`")
    return from_xml(shape, root, "", problems)


def _local(tag):
    return tag.rpartition("}")[2]


def from_xml(shape, node, path, problems):
    """An element as the value of `shape`."""
    if shape.type_name == "structure":
        return _xml_structure(shape, node, path, problems)
    if shape.type_name == "list":
        inner = shape.member.serialization.get("name", "member")
        problems.extend(f"`{path}{_local(n.tag)}` is no `{inner}`" for n in node if _local(n.tag) != inner)
        return [from_xml(shape.member, n, f"{path}{i}.", problems) for i, n in enumerate(node)]
    return from_text(shape, node.text or "", path, problems)


def _xml_structure(shape, node, path, problems):
    value, known = {}, set()
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        if member.serialization.get("xmlAttribute"):
            local = wire_name.rpartition(":")[2]
            found = [text for key, text in node.attrib.items() if _local(key) == local]
            if found:
                value[name] = found[0]
            continue
        flat = member.type_name == "list" and member.serialization.get("flattened")
        if flat:
            wire_name = member.serialization.get("name", member.member.serialization.get("name", name))
        known.add(wire_name)
        nodes = [inner for inner in node if _local(inner.tag) == wire_name]
        if flat and nodes:
            value[name] = [from_xml(member.member, inner, f"{path}{wire_name}.", problems) for inner in nodes]
        elif nodes:
            value[name] = from_xml(member, nodes[0], f"{path}{wire_name}.", problems)
    problems.extend(f"`{path}{_local(inner.tag)}` is no member of {shape.name}" for inner in node if _local(inner.tag) not in known)
    return value
