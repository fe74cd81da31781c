"""The broker between agents and tenants' data: credentials for one user of one tenant, for the token of that user.

An agent may be made to ask for anything. What it asks for is not read here: the token alone is, and only once the pool's
signature stands under it. Agents can't take on the tenants' role themselves, since that role trusts this function's.
A token outlives the suspension of its tenant; the tenant's row says whether it is served now.
"""

import json
import logging
import os

import boto3

import token_check

LOG = logging.getLogger()
LOG.setLevel(logging.INFO)

CHECK = token_check.Check()
SESSION_SECONDS = 900
# One sentence for everything, so that nobody learns from it how near they came.
REFUSAL = {"error": "this token opens no tenant's data"}


def handler(event, _context):
    """Answers `{"token": …}` with the caller's identity and short-lived credentials, or with a refusal."""
    try:
        token = event.get("token") if isinstance(event, dict) else None
        caller = CHECK.caller(token)
        served(caller["tenant"])
        return {**caller, **session(caller)}
    except token_check.Refused as refusal:
        LOG.info(json.dumps({"event": "broker_refused", "why": str(refusal)}))
    except Exception as error:  # What it says may hold a part of what was sent.
        LOG.error(json.dumps({"event": "broker_failed", "error": type(error).__name__}))
    return dict(REFUSAL)


def served(tenant):
    """Refuses a tenant that is suspended or whose row is gone; without a table of tenants there is nothing to ask."""
    table = os.environ.get("CLINIC_CONFIG_TABLE")
    if not table:
        return
    reply = boto3.client("dynamodb").get_item(
        TableName=table,
        Key={os.environ["TENANT_ATTRIBUTE"]: {"S": tenant}},
        ProjectionExpression="#tenant, #status",
        ExpressionAttributeNames={"#tenant": os.environ["TENANT_ATTRIBUTE"], "#status": "status"},
        # A suspension counts from the moment that it is written.
        ConsistentRead=True,
    )
    row = reply.get("Item")
    if not row:
        raise token_check.Refused("its tenant has no row")
    if "status" in row:
        raise token_check.Refused("its tenant is not served")


def session(caller):
    """The tenants' role, marked with the three tags that its policy goes by; they stay on whatever it takes on next."""
    tags = {"Tier": caller["tier"], "ClinicId": caller["tenant"], "UserId": caller["user"]}
    reply = boto3.client("sts").assume_role(
        RoleArn=os.environ["TVM_ROLE_ARN"],
        # 64 characters at the most, which is what AWS takes: never cut, so that no two users share one.
        RoleSessionName=f"{caller['tenant']}_{caller['user']}",
        DurationSeconds=SESSION_SECONDS,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        TransitiveTagKeys=list(tags),
    )
    own = reply["Credentials"]
    credentials = {name: own[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    return {"credentials": credentials, "expires": own["Expiration"].isoformat()}
