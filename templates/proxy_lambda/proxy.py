"""The Lambda behind the API: hands a call on to an agent's runtime, with the caller's own token.

`POST /runtimes/WHICH/invocations`, where WHICH is a tier's name or the ARN of its runtime, percent-encoded or not. The API
key only counts calls; who the caller is, the runtime itself reads from the token. So this function needs no right to invoke
anything: it looks up which runtimes are the platform's, and calls no other.
"""

import base64
import http.client
import json
import os
import re
import time
from urllib.parse import quote, unquote

# API Gateway gives up after 29 seconds; what is said before that reaches the caller.
LONGEST_SECONDS = 27.0
# Lambda's own bound for an answer is 6 MB, with the JSON around it.
LONGEST_ANSWER = 5_500_000
# How long a looked-up runtime is believed in.
FRESH_SECONDS = 60.0

SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
# What a runtime hears of the caller's request beside the token.
PASSED_ON = ["Accept", "Content-Type", SESSION, "Baggage", "Traceparent", "Tracestate"]
# What the caller hears of the runtime's answer beside the body.
PASSED_BACK = ["Content-Type", SESSION, "Retry-After"]

TIER = re.compile(r"[a-z][a-z0-9]{1,11}")
# The runtime's name is the platform's, an underscore and the tier's; AWS adds a hyphen and its own part.
ARN = re.compile(r"arn:aws:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:runtime/[a-zA-Z0-9_]+_([a-z][a-z0-9]{1,11})-[a-zA-Z0-9]+")

_known = {}


class Refused(Exception):
    """An answer that the caller gets instead of the runtime's."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message


def handler(event, context):
    begun = time.monotonic()
    tier = None
    try:
        tier, arn = runtime(event)
        answer = forward(event, arn, begun + seconds_left(context))
    except Refused as refused:
        answer = reply(refused.status, refused.message)
    # Nothing of the request is written down: it may hold a token, or what a patient said.
    line = {"event": "proxy", "tier": tier, "status": answer["statusCode"], "ms": round((time.monotonic() - begun) * 1000)}
    print(json.dumps(line))
    return answer


def reply(status, message):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": message}),
        "isBase64Encoded": False,
    }


def seconds_left(context):
    left = getattr(context, "get_remaining_time_in_millis", None)
    # A second to say that time is up.
    return LONGEST_SECONDS if left is None else min(LONGEST_SECONDS, left() / 1000 - 1)


def runtime(event):
    """The tier and the ARN of the runtime that the path names, if it is one of this platform's."""
    path = unquote(unquote((event.get("pathParameters") or {}).get("proxy") or "")).strip("/")
    which, _, operation = path.rpartition("/")
    named = ARN.fullmatch(which)
    tier = named.group(1) if named else which
    if operation != "invocations" or not TIER.fullmatch(tier):
        raise Refused(404, "call POST /runtimes/WHICH/invocations with a tier's name or its runtime's ARN")
    arn = arn_of(tier)
    if arn is None or (named and which != arn):
        raise Refused(404, "no such runtime here")
    return tier, arn


def arn_of(tier):
    """The runtime that the platform has published for the tier."""
    found = _known.get(tier)
    if found is None or found[1] < time.monotonic():
        found = (published(f"{os.environ['PARAMETER_ROOT']}/agentcore/{tier}_runtime_arn"), time.monotonic() + FRESH_SECONDS)
        _known[tier] = found
    return found[0]


def published(name):
    # Imported late: tests need no SDK.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    except ClientError as error:
        # A name that the role may not read is none of ours either.
        if error.response["Error"]["Code"] in ("ParameterNotFound", "AccessDeniedException"):
            return None
        raise Refused(503, "the runtime could not be looked up; try again") from None
    except BotoCoreError:
        raise Refused(503, "the runtime could not be looked up; try again") from None


def forward(event, arn, deadline):
    given = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    token = given.get("authorization") or ""
    if not token.lower().startswith("bearer ") or any(character in token for character in "\r\n"):
        raise Refused(401, "send the user's token as `Authorization: Bearer TOKEN`")
    session = given.get(SESSION.lower())
    if session is not None and not 33 <= len(session) <= 256:
        raise Refused(400, f"{SESSION} has 33 to 256 characters")
    headers = {name: given[name.lower()] for name in PASSED_ON if given.get(name.lower())}
    headers.setdefault("Content-Type", "application/json")
    headers["Authorization"] = token
    body = event.get("body") or ""
    try:
        body = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        raise Refused(400, "the body can't be read") from None
    target = f"/runtimes/{quote(arn, safe='')}/invocations?qualifier=DEFAULT"
    try:
        status, answered, content = call(host(arn), target, headers, body, deadline)
    except TimeoutError:
        raise Refused(504, "the agent takes longer than this API waits; ask again, or ask for less") from None
    except (OSError, ValueError, http.client.HTTPException):
        raise Refused(502, "the agent could not be reached; try again") from None
    if status >= 500:
        raise Refused(502, "the agent failed; try again")
    if 300 <= status < 400:
        raise Refused(502, "the agent sent the call elsewhere")
    passed = {name: answered[name] for name in PASSED_BACK if answered.get(name)}
    text = content.decode("utf-8", errors="replace")
    return {"statusCode": status, "headers": passed, "body": text, "isBase64Encoded": False}


def host(arn):
    return f"bedrock-agentcore.{arn.split(':')[3]}.amazonaws.com"


def call(host, target, headers, body, deadline):
    """One request, done by the deadline however slowly the answer comes in."""
    connection = http.client.HTTPSConnection(host, timeout=left(deadline))
    try:
        connection.request("POST", target, body=body, headers=headers)
        response = connection.getresponse()
        content = b""
        while True:
            if connection.sock is not None:
                connection.sock.settimeout(left(deadline))
            part = response.read1(65536)
            if not part:
                return response.status, response.headers, content
            content += part
            if len(content) > LONGEST_ANSWER:
                raise Refused(502, "the agent's answer is too long for this API")
    finally:
        connection.close()


def left(deadline):
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
