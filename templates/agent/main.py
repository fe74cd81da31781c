"""A small agent for an AgentCore runtime: says which tier it serves, and for which tenant it was asked.

Standard library only. The runtime has checked the token's signature before this code sees it; the claims are
read here to tell tenants apart, never to let anybody in.
"""

import base64
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIER = os.environ.get("AGENT_TIER", "")
MODEL = os.environ.get("MODEL_ID", "")
TENANT_CLAIM = os.environ.get("TENANT_CLAIM", "custom:clinic_id")


def claims(authorization):
    """The payload of a bearer token, or nothing if there is none that can be read."""
    token = (authorization or "").removeprefix("Bearer ").split(".")
    if len(token) != 3:
        return {}
    try:
        return json.loads(base64.urlsafe_b64decode(token[1] + "=" * (-len(token[1]) % 4)))
    except ValueError:
        return {}


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
