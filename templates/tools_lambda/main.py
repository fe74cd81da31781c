"""The tools of a clinic platform, behind an AgentCore gateway: a patient's context, and the clinic's own settings.

Who asks is what the gateway passes on in its headers, never what a tool is called with. Rows are read with the
credentials of the tenants' role, taken on for this one caller: whatever this code asks for, IAM gives out the rows of
the tenant in the headers alone. That the headers are the caller's own is up to who sets them: the agent, from the
verified token. Nothing here can tell a caller who goes to the gateway directly and writes headers of somebody else.
"""

import json
import logging
import os
import re

import boto3

LOG = logging.getLogger()
LOG.setLevel(logging.INFO)

HEADERS = {"tier": "x-tier", "tenant": "x-clinic-id", "user": "x-user-id"}
# What stands in session tags: no wildcard, no separator that policies build patterns with.
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+=-]{0,127}")
INDEX = "clinic-index"
TENANT = os.environ.get("TENANT_ATTRIBUTE", "clinic_id")
SESSION_SECONDS = 900
MOST_PATIENTS = 100
NOT_SERVED = {"suspended": "the clinic is suspended", "left": "the clinic has left"}


class Refused(Exception):
    """What the caller is told."""


def handler(event, context):
    """Answers one call of a tool."""
    custom = getattr(getattr(context, "client_context", None), "custom", None) or {}
    # The gateway puts its target's name before the tool's.
    tool = str(custom.get("bedrockAgentCoreToolName", "")).rsplit("___", 1)[-1]
    try:
        if tool not in TOOLS:
            raise Refused("there is no such tool")
        if not isinstance(event, dict):
            raise Refused("the arguments are not an object")
        caller = identify(custom.get("bedrockAgentCorePropagatedHeaders"))
        own_tenant_only(event, caller)
        return TOOLS[tool](event, caller, rows(caller))
    except Refused as refusal:
        LOG.info(json.dumps({"event": "tool_refused", "tool": tool, "why": str(refusal)}))
        return {"error": str(refusal)}
    except Exception as error:  # Whatever it is, no part of it is for the caller.
        LOG.error(json.dumps({"event": "tool_failed", "tool": tool, "error": type(error).__name__}))
        return {"error": "the tool failed; try again later"}


def identify(headers):
    """Tier, tenant and user from the headers that the gateway propagates."""
    caller = {}
    given = headers.items() if isinstance(headers, dict) else ()
    for part, header in HEADERS.items():
        values = {value for name, value in given if name.lower() == header}
        value = values.pop() if len(values) == 1 else None
        if not isinstance(value, str) or not PLAIN.fullmatch(value):
            raise Refused(f"the request does not say whose it is: header {header}")
        caller[part] = value
    return caller


def own_tenant_only(arguments, caller):
    """An argument may name the caller's tenant, and no other."""
    for name in {TENANT, "clinic_id", "tenant", "tenant_id"} & arguments.keys():
        if arguments[name] != caller["tenant"]:
            raise Refused(f"`{name}` names another clinic than the caller's")


def rows(caller):
    """DynamoDB as this caller: their tenant's rows, and nothing else."""
    tags = {"Tier": caller["tier"], "ClinicId": caller["tenant"], "UserId": caller["user"]}
    reply = boto3.client("sts").assume_role(
        RoleArn=os.environ["TVM_ROLE_ARN"],
        RoleSessionName=f"tools-{caller['tenant']}-{caller['user']}"[:64],
        DurationSeconds=SESSION_SECONDS,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        TransitiveTagKeys=list(tags),
    )
    own = reply["Credentials"]
    return boto3.client(
        "dynamodb",
        aws_access_key_id=own["AccessKeyId"],
        aws_secret_access_key=own["SecretAccessKey"],
        aws_session_token=own["SessionToken"],
    )


def own_row(caller, dynamodb):
    """What the platform says of the caller's clinic; one that is not served is told nothing, whatever token it still has."""
    key = {TENANT: {"S": caller["tenant"]}}
    item = dynamodb.get_item(TableName=os.environ["CLINIC_CONFIG_TABLE"], Key=key).get("Item") or {}
    standing = item.get("status", {}).get("S")
    if standing in NOT_SERVED:
        raise Refused(NOT_SERVED[standing])
    return item


def patient_context(arguments, caller, dynamodb):
    """One patient of the caller's clinic, or a page of them."""
    own_row(caller, dynamodb)
    query = {
        "TableName": os.environ["PATIENT_METADATA_TABLE"],
        "IndexName": INDEX,
        "KeyConditionExpression": "#tenant = :tenant",
        "ExpressionAttributeNames": {"#tenant": TENANT},
        "ExpressionAttributeValues": {":tenant": {"S": caller["tenant"]}},
    }
    patient = arguments.get("patient_id")
    if not arguments.get("list_patients"):
        if not isinstance(patient, str) or not patient:
            raise Refused("say which patient: `patient_id`, or `list_patients`")
        return one_patient(query, patient, dynamodb)
    limit = arguments.get("limit", 20)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_PATIENTS:
        raise Refused(f"`limit` is a whole number from 1 to {MOST_PATIENTS}")
    query["Limit"] = limit
    after = arguments.get("last_evaluated_key")
    if after:
        query["ExclusiveStartKey"] = start(after, caller)
    page = dynamodb.query(**query)
    answer = {"patients": [plain_item(item) for item in page.get("Items", [])]}
    if page.get("LastEvaluatedKey"):
        answer["last_evaluated_key"] = {"patient_id": plain(page["LastEvaluatedKey"]["patient_id"])}
    return answer


def one_patient(query, patient, dynamodb):
    """Searched among the clinic's own: another's patient and nobody's give the same answer."""
    query["FilterExpression"] = "patient_id = :patient"
    query["ExpressionAttributeValues"][":patient"] = {"S": patient}
    while True:
        page = dynamodb.query(**query)
        if page.get("Items"):
            return {"patient": plain_item(page["Items"][0])}
        if not page.get("LastEvaluatedKey"):
            raise Refused("the clinic has no such patient")
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def start(after, caller):
    """Where a page begins, always among the caller's own."""
    patient = after.get("patient_id") if isinstance(after, dict) else None
    if not isinstance(patient, str) or not patient:
        raise Refused("`last_evaluated_key` is what the page before ended with")
    own_tenant_only(after, caller)
    return {"patient_id": {"S": patient}, TENANT: {"S": caller["tenant"]}}


def clinic_config(_arguments, caller, dynamodb):
    """The clinic's name, specialty, hours and whatever else the manifest says of it."""
    item = own_row(caller, dynamodb)
    if not item:
        raise Refused("the clinic has no configuration")
    return {"clinic": plain_item(item)}


def plain_item(item):
    """A row as JSON has it."""
    return {name: plain(value) for name, value in item.items()}


def plain(value):
    """One of DynamoDB's typed values."""
    (kind, inner), *_ = value.items()
    if kind == "N":
        return float(inner) if re.search(r"[.eE]", inner) else int(inner)
    if kind == "L":
        return [plain(item) for item in inner]
    if kind == "M":
        return plain_item(inner)
    if kind == "NS":
        return sorted(plain({"N": number}) for number in inner)
    if kind == "SS":
        return sorted(inner)
    return inner if kind in ("S", "BOOL") else None


TOOLS = {"patient_context": patient_context, "clinic_config": clinic_config}
