"""A small agent for an AgentCore runtime: says which tier it serves, and for which tenant it was asked.

Standard library only, and boto3 where a broker stands between this agent and tenants' data. The runtime has checked the
token's signature before this code sees it; the claims are read here to tell tenants apart, never to let anybody in. The
broker checks the token once more, and gives out credentials for its user alone: this agent has none of its own.
"""

import base64
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIER = os.environ.get("AGENT_TIER", "")
MODEL = os.environ.get("MODEL_ID", "")
TENANT_CLAIM = os.environ.get("TENANT_CLAIM", "custom:clinic_id")
BROKER = os.environ.get("BROKER_FUNCTION", "")


def claims(authorization):
    """The payload of a bearer token, or nothing if there is none that can be read."""
    token = (authorization or "").removeprefix("Bearer ").split(".")
    if len(token) != 3:
        return {}
    try:
        return json.loads(base64.urlsafe_b64decode(token[1] + "=" * (-len(token[1]) % 4)))
    except ValueError:
        return {}


def session(authorization):
    """Whose the token is, and credentials for their data, as the broker says; nothing if it refuses.

    Asked for anew with every call: a runtime may serve another user next, and must not do so as this one.
    """
    import boto3

    token = (authorization or "").removeprefix("Bearer ")
    reply = boto3.client("lambda").invoke(FunctionName=BROKER, Payload=json.dumps({"token": token}).encode())
    answer = json.loads(reply["Payload"].read())
    if reply.get("FunctionError") or not isinstance(answer, dict) or not answer.get("credentials"):
        return None
    return answer if answer.get("tier") == TIER else None


def log_usage(tenant, user, input_tokens, output_tokens):
    """One JSON line on stdout after each answer, which CloudWatch Logs keeps."""
    used = {"input_tokens": input_tokens, "output_tokens": output_tokens, "total_tokens": input_tokens + output_tokens}
    who = {"tier": TIER, TENANT_CLAIM.removeprefix("custom:"): tenant, "user_id": user, "model_id": MODEL}
    print(json.dumps({"event": "inference_usage", **who, **used}), flush=True)


class Agent(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/ping":
            self.reply(200, {"status": "Healthy"})
        else:
            self.reply(404, {"error": "not found"})

    def do_POST(self):
        if self.path != "/invocations":
            self.reply(404, {"error": "not found"})
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        caller = claims(self.headers.get("Authorization"))
        tenant = caller.get(TENANT_CLAIM)
        if not tenant:
            self.reply(403, {"error": "the token names no tenant"})
            return
        if BROKER:
            try:
                granted = session(self.headers.get("Authorization"))
            except Exception:  # What it says may hold a part of the token.
                self.reply(503, {"error": "the broker can't be asked; try again later"})
                return
            if granted is None:
                self.reply(403, {"error": "this token opens no tenant's data here"})
                return
            # An agent that reads documents or memories does so with granted["credentials"], and as nobody else.
            tenant, caller = granted["tenant"], {"sub": granted["user"]}
        try:
            prompt = json.loads(body or b"{}").get("prompt", "")
        except (ValueError, AttributeError):
            self.reply(400, {"error": "the body is not a JSON object"})
            return
        self.reply(200, {"tier": TIER, "tenant": tenant, "model": MODEL, "prompt": prompt})
        # This agent asks no model, so it has used no tokens; `tenantry costs` sums up what stands here.
        log_usage(tenant, caller.get("sub", ""), 0, 0)

    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8080), Agent).serve_forever()
