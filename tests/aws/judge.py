"""Judges a recording of requests and replies by AWS's published service models.

Every request must be one of an operation that AWS publishes, with an input that the model allows, signed as AWS
demands; every reply must be one that AWS's own parser reads, with nothing required missing. Exit code 1 with the
list of violations if one is not, or if the recording shows too little to say anything.
"""

import argparse
import base64
import hashlib
import re
import sys
import zlib
from collections import Counter

import botocore.parsers
from botocore.awsrequest import HeadersDict

import exchange as recording
import projects
import signature
import wire
from models import Models, Unknown
from shapes import Check

# Errors that every service may answer and no model lists.
COMMON_ERRORS = {"AccessDenied", "AccessDeniedException", "ThrottlingException", "Throttling", "ValidationError", "ValidationException"}

# Where AWS breaks its own model, so that whoever follows AWS does too: a pattern for the violation, and why it is none.
EXCUSED = {
    r"cognito-idp \w+UserPool: reply 200: `UserPool\.SchemaAttributes\.1[56]\.Name` has 21 characters": "the standard attribute phone_number_verified",
    r"bedrock-agent \w+: `resourceArn` is `arn:aws:bedrock:[\w-]+:\d{12}:knowledge-base/[0-9A-Z]{10}`, which does not match": "`/d{12}` in the pattern for `\\d{12}`",
    r"bedrock-agentcore-control \w+Oauth2CredentialProviders?: reply 20[01]: `(credentialProviders\.\d+\.)?credentialProviderArn` is": "the pattern has the service `acps`, AWS's ARNs have `bedrock-agentcore`",
    r"bedrock-agentcore-control ListAgentRuntimes: reply 200: `agentRuntimes\.\d+\.description` has 0": "required by the model, where a runtime has none",
    r"dynamodb Batch(WriteItem|GetItem): reply 200: `Unprocessed(Items|Keys)` has 0 entries": "AWS documents an empty map where nothing is left over",
}


class Judge:
    """Judges exchanges one after the other and counts what it saw."""

    def __init__(self, secret=None):
        self.models = Models()
        self.secret = secret
        self.seen = Counter()
        self.violations = []
        self.unchecked = {}
        self.excused = set()

    def judge(self, exchange):
        """The violations of one exchange."""
        if exchange.signing_name == "bedrock-mantle":
            name, problems = projects.judge(exchange)
            service = "projects"
        else:
            service, name, problems = self._by_model(exchange)
        if self.secret is not None:
            problems = problems + signature.problems(exchange, self.secret)
        if name is not None:
            self.seen[(service, name)] += 1
        found = [f"{service} {name or exchange}: {problem}" for problem in problems]
        found = [text for text in found if not self._excused(text)]
        self.violations.extend(found)
        return found

    def _excused(self, text):
        known = next((pattern for pattern in EXCUSED if re.match(pattern, text)), None)
        if known is not None:
            self.excused.add(known)
        return known is not None

    def _by_model(self, exchange):
        try:
            service, operation, labels = self.models.find(exchange)
        except (Unknown, ValueError) as why:
            return exchange.signing_name, None, [f"unknown request `{exchange}`: {why}"]
        problems, check = [], Check()
        given = wire.read_input(service, operation, labels, exchange, problems)
        check.value(operation.input_shape, given)
        problems += check.problems + _checksum(operation, exchange)
        problems += [f"reply {exchange.status}: {problem}" for problem in self._reply(service, operation, exchange)]
        self.unchecked.update(check.unchecked)
        return service.service_name, operation.name, problems

    def _reply(self, service, operation, exchange):
        parser = botocore.parsers.create_parser(service.metadata["protocol"])
        # The sandbox records the body that a HEAD would have had; a client never sees one.
        body = b"" if exchange.method == "HEAD" else exchange.reply
        response = {"headers": HeadersDict(exchange.reply_headers), "status_code": exchange.status, "body": body, "context": {}}
        try:
            parsed = parser.parse(response, operation.output_shape)
        except botocore.parsers.ResponseParserError as error:
            return [f"botocore can't read it: {error}"]
        parsed.pop("ResponseMetadata", None)
        if exchange.status >= 300:
            return self._refusal(service, operation, exchange, parsed)
        wanted = operation.http.get("responseCode", 200)
        problems = [] if exchange.status == wanted or service.service_name == "s3" else [f"the model's status is {wanted}"]
        check = Check()
        check.value(operation.output_shape, parsed)
        self.unchecked.update(check.unchecked)
        return problems + check.problems

    def _refusal(self, service, operation, exchange, parsed):
        code = parsed.get("Error", {}).get("Code")
        if not code:
            return ["the refusal has no code"]
        if exchange.status == 501:
            return [f"the sandbox does not know this request: {parsed['Error'].get('Message')}"]
        if service.service_name == "s3" or code in COMMON_ERRORS:
            return []
        for shape in operation.error_shapes:
            published = shape.metadata.get("error", {})
            if code in (shape.name, published.get("code")):
                status = published.get("httpStatusCode", exchange.status)
                return [] if status == exchange.status else [f"{code} has status {status}"]
        return [f"{operation.name} does not answer `{code}`"]


def _checksum(operation, exchange):
    """What the body's checksums say, where the operation demands one."""
    crc, md5 = exchange.header("x-amz-checksum-crc32"), exchange.header("content-md5")
    problems = []
    if crc is not None and base64.b64decode(crc) != zlib.crc32(exchange.body).to_bytes(4, "big"):
        problems.append("x-amz-checksum-crc32 is not that of the body")
    if md5 is not None and base64.b64decode(md5) != hashlib.md5(exchange.body).digest():
        problems.append("content-md5 is not that of the body")
    demanded = operation.http_checksum_required or (operation.http_checksum or {}).get("requestChecksumRequired")
    given = [name for name, _ in exchange.headers if name.lower() == "content-md5" or name.lower().startswith("x-amz-checksum-")]
    if demanded and not given and exchange.header("x-amz-trailer") is None:
        problems.append("a checksum of the body is required")
    return problems


def too_little(judge, arguments):
    """What the recording should have shown and did not: a judge that sees nothing finds nothing."""
    total = sum(judge.seen.values())
    found = []
    if total < arguments.least:
        found.append(f"only {total} requests were judged, at least {arguments.least} were expected")
    services = {service for service, _ in judge.seen}
    found += [f"no request of {service} was seen" for service in arguments.service if service not in services]
    operations = {f"{service}:{name}" for service, name in judge.seen}
    found += [f"{operation} was not seen" for operation in arguments.operation if operation not in operations]
    if len(judge.unchecked) > arguments.unchecked:
        found.append(f"{len(judge.unchecked)} patterns could not be checked, at most {arguments.unchecked} were expected")
    return found


def main():
    parser = argparse.ArgumentParser(description="Judges a recording by AWS's published service models.")
    parser.add_argument("recording")
    parser.add_argument("--secret", help="the secret key that the requests were signed with: checks the signatures")
    parser.add_argument("--least", type=int, default=1, help="how many requests there must be")
    parser.add_argument("--unchecked", type=int, default=0, help="how many patterns may remain unchecked")
    parser.add_argument("--service", action="append", default=[], help="a service that must be seen")
    parser.add_argument("--operation", action="append", default=[], help="SERVICE:OPERATION that must be seen")
    arguments = parser.parse_args()
    judge = Judge(arguments.secret)
    for exchange in recording.read_all(arguments.recording):
        judge.judge(exchange)
    for (service, name), count in sorted(judge.seen.items()):
        print(f"{count:6} {service} {name}")
    for pattern, why in sorted(judge.unchecked.items()):
        print(f"NOT CHECKED: pattern `{pattern}`: {why}")
    for pattern in sorted(judge.excused):
        print(f"EXCUSED: {pattern}: {EXCUSED[pattern]}")
    found = [f"{text} ({count} times)" for text, count in Counter(judge.violations).items()] + too_little(judge, arguments)
    for text in found:
        print(f"VIOLATION: {text}")
    operations, services = len(judge.seen), len({service for service, _ in judge.seen})
    print(f"{sum(judge.seen.values())} requests of {operations} operations of {services} services, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
