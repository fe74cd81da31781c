"""One recorded request and its reply, as the sandbox wrote it down: a JSON object a line."""

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import parse_qsl


@dataclass
class Exchange:
    """A request, still as it was on the wire, and the reply to it."""

    signing_name: str
    region: str
    method: str
    path: str
    query: list = field(default_factory=list)
    headers: list = field(default_factory=list)
    body: bytes = b""
    status: int = 200
    reply_headers: list = field(default_factory=list)
    reply: bytes = b""

    @classmethod
    def read(cls, line):
        seen = json.loads(line)
        return cls(
            signing_name=seen["service"],
            region=seen["region"],
            method=seen["method"],
            path=seen["path"],
            query=[tuple(pair) for pair in seen["query"]],
            headers=[tuple(pair) for pair in seen["headers"]],
            body=base64.b64decode(seen["body_base64"], validate=True),
            status=seen["status"],
            reply_headers=[tuple(pair) for pair in seen["reply_headers"]],
            reply=base64.b64decode(seen["reply_base64"], validate=True),
        )

    def header(self, name):
        """The header's value, or nothing; names are compared without case."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def form(self):
        """The body of an awsQuery request, and the pairs that it names twice."""
        pairs = parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)
        names = [name for name, _ in pairs]
        return dict(pairs), sorted({name for name in names if names.count(name) > 1})

    def __str__(self):
        target = self.header("x-amz-target")
        if target:
            return target
        query = "&".join(name if value == "" else f"{name}={value}" for name, value in self.query)
        action = dict(parse_qsl(self.body.decode(errors="replace"))).get("Action") if self.signing_name in ("iam", "sts") else None
        return f"{self.signing_name} {self.method} {self.path}{'?' if query else ''}{query}{f' Action={action}' if action else ''}"


def read_all(path):
    """Every exchange of a recording."""
    with open(path, encoding="utf-8") as file:
        return [Exchange.read(line) for line in file if line.strip()]
