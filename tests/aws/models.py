"""Which service and which operation of AWS's published models a request is."""

import re
from urllib.parse import unquote

import botocore.session

# The models that a signing name can stand for. `bedrock` signs for more than one; the path decides.
SIGNED_AS = {
    "agent-registry": ["agent-registry-control"],
    "apigateway": ["apigateway"],
    "bedrock": ["bedrock-agent", "bedrock"],
    "bedrock-agentcore": ["bedrock-agentcore-control", "bedrock-agentcore"],
    "ce": ["ce"],
    "cognito-idp": ["cognito-idp"],
    "dynamodb": ["dynamodb"],
    "iam": ["iam"],
    "kms": ["kms"],
    "lambda": ["lambda"],
    "logs": ["logs"],
    "s3": ["s3"],
    "s3vectors": ["s3vectors"],
    "ssm": ["ssm"],
    "sts": ["sts"],
    "xray": ["xray"],
}


class Unknown(Exception):
    """A request that no model knows."""


class Models:
    """The service models, each read once."""

    def __init__(self):
        self._session = botocore.session.get_session()
        self._services = {}
        self._routes = {}

    def service(self, name):
        if name not in self._services:
            self._services[name] = self._session.get_service_model(name)
        return self._services[name]

    def find(self, exchange):
        """The service and the operation, and what the path's labels hold; raises Unknown."""
        names = SIGNED_AS.get(exchange.signing_name)
        if names is None:
            raise Unknown(f"no service signs as `{exchange.signing_name}`")
        for name in names:
            found = self._in_service(self.service(name), exchange)
            if found is not None:
                return found
        raise Unknown(f"no operation of {' or '.join(names)} is sent like this")

    def _in_service(self, service, exchange):
        protocol = service.metadata["protocol"]
        if protocol == "json":
            prefix = service.metadata["targetPrefix"] + "."
            target = exchange.header("x-amz-target") or ""
            name = target.removeprefix(prefix) if target.startswith(prefix) else None
        elif protocol == "query":
            form, _ = exchange.form()
            name = form.get("Action")
            if name and form.get("Version") != service.metadata["apiVersion"]:
                raise Unknown(f"version `{form.get('Version')}` is not `{service.metadata['apiVersion']}`")
        else:
            return self._by_path(service, exchange)
        if name not in service.operation_names or (exchange.method, exchange.path) != ("POST", "/"):
            return None
        return service, service.operation_model(name), {}

    def _by_path(self, service, exchange):
        if service.service_name not in self._routes:
            self._routes[service.service_name] = [Route(service.operation_model(n)) for n in service.operation_names]
        found = [route for route in self._routes[service.service_name] if route.takes(exchange)]
        if not found:
            return None
        best = max(found, key=lambda route: route.exactness(exchange))
        return service, best.operation, best.labels(exchange)


class Route:
    """An operation's method, path template and constant query members."""

    def __init__(self, operation):
        self.operation = operation
        path, _, query = operation.http["requestUri"].partition("?")
        path = _bare(path)
        self.query = [tuple(pair.partition("=")[::2]) for pair in query.split("&") if pair]
        pieces = re.split(r"(\{[^}]+\})", path)
        self.literal = sum(len(piece) for piece in pieces if not piece.startswith("{"))
        self.names = [piece.strip("{}+") for piece in pieces if piece.startswith("{")]
        self.path = re.compile("".join(_segment(piece) for piece in pieces))
        members = operation.input_shape.members if operation.input_shape else {}
        required = operation.input_shape.required_members if operation.input_shape else []
        self.demands = [
            (members[name].serialization["location"], members[name].serialization["name"])
            for name in required
            if members[name].serialization.get("location") in ("header", "querystring")
        ]
        # A map of free query members has no name of its own.
        self.known = {s.serialization.get("name") for s in members.values() if s.serialization.get("location") == "querystring"}

    def takes(self, exchange):
        return (
            self.operation.http["method"] == exchange.method
            and self.path.fullmatch(_bare(exchange.path)) is not None
            and all(pair in exchange.query for pair in self.query)
        )

    def exactness(self, exchange):
        """Of two operations that fit, the one that explains more of the request."""
        named = dict(exchange.query).get("x-id") == self.operation.name
        present = {"header": {n.lower() for n, _ in exchange.headers}, "querystring": {n for n, _ in exchange.query}}
        met = [(n.lower() if place == "header" else n) in present[place] for place, n in self.demands]
        unexplained = [n for n, _ in exchange.query if n != "x-id" and n not in self.known and n not in dict(self.query)]
        return (named, all(met), len(self.query), -len(unexplained), sum(met), self.literal)

    def labels(self, exchange):
        match = self.path.fullmatch(_bare(exchange.path))
        return {name: unquote(value) for name, value in zip(self.names, match.groups(), strict=True)}


def _bare(path):
    """AWS takes a path with a last slash and without one; its own SDKs do not agree on it."""
    return path.removesuffix("/") or "/"


def _segment(piece):
    if not piece.startswith("{"):
        return re.escape(piece)
    return "(.+)" if piece.endswith("+}") else "([^/]+)"
