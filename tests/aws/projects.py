"""Bedrock projects: the one endpoint without a published model, described by a table of AWS's documentation."""

import json
import re

MODES = {"inherit", "default", "provider_data_share", "none"}
PROJECT = {"id", "arn", "name", "object", "status", "created_at"}
ID = r"(?:default|proj_[a-z0-9]{1,20})"


def _name(value):
    return isinstance(value, str) and 1 <= len(value) <= 128


def _tags(value):
    if not isinstance(value, dict) or len(value) > 50:
        return False
    return all(1 <= len(k) <= 128 and isinstance(v, str) and len(v) <= 256 for k, v in value.items())


def _keys(value):
    return isinstance(value, list) and len(value) <= 50 and all(isinstance(k, str) and 1 <= len(k) <= 128 for k in value)


def _retention(value):
    return isinstance(value, dict) and set(value) == {"mode"} and value["mode"] in MODES


# Operation: method, path, members of the body with their check, which of them are required, members of the reply.
OPERATIONS = {
    "CreateProject": ("POST", r"", {"name": _name, "tags": _tags, "data_retention": _retention}, {"name"}, PROJECT),
    "ListProjects": ("GET", r"", {}, set(), {"object", "data", "has_more"}),
    "GetProject": ("GET", rf"/{ID}", {}, set(), PROJECT),
    "UpdateProject": (
        "POST",
        rf"/{ID}",
        {"name": _name, "add_tags": _tags, "remove_tag_keys": _keys, "data_retention": _retention},
        set(),
        PROJECT,
    ),
    "ArchiveProject": ("POST", rf"/{ID}/archive", {}, set(), PROJECT | {"archived_at"}),
}
# Not documented; what OpenAI's own list endpoints take.
PAGING = {"after", "limit", "include_archived"}


def judge(exchange):
    """The operation's name, or nothing, and what is wrong with the exchange."""
    for name, (method, path, members, required, answered) in OPERATIONS.items():
        if exchange.method == method and re.fullmatch(r"/v1/organization/projects" + path, exchange.path):
            asked = _request(exchange, members, required, PAGING if name == "ListProjects" else set())
            return name, asked + _reply(exchange, name, answered)
    return None, ["no operation of the projects' endpoint is sent like this"]


def _request(exchange, members, required, query):
    problems = [f"the query's `{name}` is not known" for name, _ in exchange.query if name not in query]
    if not exchange.body:
        return problems + [f"`{name}` is required" for name in sorted(required)]
    if (exchange.header("content-type") or "").partition(";")[0] != "application/json":
        problems.append("the body is not sent as application/json")
    try:
        body = json.loads(exchange.body)
    except ValueError as error:
        return problems + [f"the body is no JSON: {error}"]
    problems += [f"`{name}` is required" for name in sorted(required - set(body))]
    problems += [f"`{name}` is no member" for name in sorted(set(body) - set(members))]
    return problems + [f"`{name}` is not as documented: {body[name]!r}" for name in sorted(set(body) & set(members)) if not members[name](body[name])]


def _reply(exchange, name, answered):
    try:
        reply = json.loads(exchange.reply)
    except ValueError as error:
        return [f"the reply is no JSON: {error}"]
    if exchange.status >= 300:
        return [] if isinstance(reply.get("error"), dict) and reply["error"].get("message") else ["the refusal has no `error.message`"]
    problems = [f"the reply lacks `{member}`" for member in sorted(answered - set(reply))]
    for project in reply["data"] if name == "ListProjects" and not problems else []:
        problems += [f"a listed project lacks `{member}`" for member in sorted(PROJECT - set(project))]
    return problems
