"""A small agent for an AgentCore runtime: says which tier it serves, and for which tenant it was asked.

Standard library only. The runtime has checked the token's signature before this code sees it; the claims are
read here to tell tenants apart, never to let anybody in.
"""

import base64
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIER = os.environ.get("AGENT_TIER", "")
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
        tenant = claims(self.headers.get("Authorization")).get(TENANT_CLAIM)
        if not tenant:
            self.reply(403, {"error": "the token names no tenant"})
            return
        try:
            prompt = json.loads(body or b"{}").get("prompt", "")
        except (ValueError, AttributeError):
            self.reply(400, {"error": "the body is not a JSON object"})
            return
        self.reply(200, {"tier": TIER, "tenant": tenant, "model": os.environ.get("MODEL_ID", ""), "prompt": prompt})

    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8080), Agent).serve_forever()
