"""What an AgentCore gateway asks before each call: who the caller is, from their verified token and from nothing else.

Tools read tier, tenant and user in three headers. A caller may have written these headers too; they are replaced here,
however they were spelled. Whatever is not as expected is answered in the gateway's stead, and reaches no tool.
"""

import json
import logging

import token_check

LOG = logging.getLogger()
LOG.setLevel(logging.INFO)

CHECK = token_check.Check()
VERSION = "1.0"
IDENTITY = {"X-Tier": "tier", "X-Clinic-ID": "tenant", "X-User-ID": "user"}
# Arguments that some tools would take for the request around them, and read headers in.
DISGUISES = {"headers", "body", "requestcontext", "context", "client_context", "multivalueheaders"}


def handler(event, _context):
    """The request as tools may see it, or the answer that stands in for theirs."""
    body = None
    try:
        request = event["mcp"]["gatewayRequest"]
        body = request["body"]
        if not isinstance(body, dict):
            raise token_check.Refused("the body is no single request")
        headers = request["headers"]
        if not isinstance(headers, dict):
            raise token_check.Refused("no headers were passed on")
        caller = CHECK.caller(bearer(headers))
        changed = {"headers": own_headers(headers, caller), "body": own_arguments(body)}
        return {"interceptorOutputVersion": VERSION, "mcp": {"transformedGatewayRequest": changed}}
    except token_check.Refused as refusal:
        LOG.info(json.dumps({"event": "interceptor_refused", "why": str(refusal)}))
    except Exception as error:  # What it says may hold a part of what was sent.
        LOG.error(json.dumps({"event": "interceptor_failed", "error": type(error).__name__}))
    return refusal_of(body)


def bearer(headers):
    """The one token of the request."""
    found = [value for name, value in headers.items() if spelled(name) == "authorization"]
    if len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    if len(found) != 1 or not isinstance(found[0], str):
        raise token_check.Refused("not exactly one token")
    scheme, _, token = found[0].partition(" ")
    if scheme.lower() != "bearer":
        raise token_check.Refused("not a bearer token")
    return token


def own_headers(headers, caller):
    """The caller's headers without any that say who they are, and ours that do."""
    identity = {spelled(name) for name in IDENTITY}
    kept = {name: value for name, value in headers.items() if spelled(name) not in identity}
    return {**kept, **{name: caller[part] for name, part in IDENTITY.items()}}


def spelled(name):
    """A header's name as any reader of it might: case, spaces, and `_` for `-` aside."""
    return str(name).strip().lower().replace("_", "-")


def own_arguments(body):
    """A tool's arguments without those that pose as the request; everything else of the body as it came."""
    params = body.get("params")
    arguments = params.get("arguments") if body.get("method") == "tools/call" and isinstance(params, dict) else None
    if not isinstance(arguments, dict):
        return body
    kept = {name: value for name, value in arguments.items() if str(name).lower() not in DISGUISES}
    return {**body, "params": {**params, "arguments": kept}}


def refusal_of(body):
    """An answer in the protocol's own form, to the request that it was."""
    number = body.get("id") if isinstance(body, dict) else None
    if isinstance(number, bool) or not isinstance(number, (int, str)):
        number = None
    error = {"code": -32001, "message": "the request does not prove whose it is"}
    answer = {
        "statusCode": 403,
        "headers": {"Content-Type": "application/json"},
        "body": {"jsonrpc": "2.0", "id": number, "error": error},
    }
    return {"interceptorOutputVersion": VERSION, "mcp": {"transformedGatewayResponse": answer}}
