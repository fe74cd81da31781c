"""Checks the Signature Version 4 of a request, from AWS's description of it and apart from every SDK."""

import hashlib
import hmac
import re
from urllib.parse import quote

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=(?P<signed>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


def problems(exchange, secret):
    """What is wrong with the signature, if anything."""
    found = AUTHORIZATION.fullmatch(exchange.header("authorization") or "")
    if found is None:
        return ["the request is not signed with AWS4-HMAC-SHA256"]
    digest = exchange.header("x-amz-content-sha256")
    if digest and digest.startswith("STREAMING-"):
        # The recording holds the body without its framing; the signature is over the framed one.
        return []
    wrong = []
    if digest not in (None, "UNSIGNED-PAYLOAD", hashlib.sha256(exchange.body).hexdigest()):
        wrong.append("x-amz-content-sha256 is not the digest of the body")
    time = exchange.header("x-amz-date") or ""
    scope = f"{found['date']}/{found['region']}/{found['service']}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(_canonical(exchange, found).encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    if hmac.digest(key, text.encode(), "sha256").hex() != found["signature"]:
        wrong.append("the signature does not fit the request")
    if "host" not in found["signed"].split(";"):
        wrong.append("the host is not signed")
    return wrong


def _canonical(exchange, found):
    # S3 signs the path as it is sent; every other service signs it encoded once more.
    path = exchange.path if found["service"] == "s3" else quote(exchange.path, safe="/~")
    query = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in exchange.query)
    names = found["signed"].split(";")
    headers = [f"{name}:{_values(exchange, name)}\n" for name in names]
    digest = exchange.header("x-amz-content-sha256") or hashlib.sha256(exchange.body).hexdigest()
    lines = [exchange.method, path, "&".join(f"{n}={v}" for n, v in query), "".join(headers), ";".join(names), digest]
    return "\n".join(lines)


def _values(exchange, name):
    return ",".join(" ".join(value.split()) for key, value in exchange.headers if key.lower() == name)
