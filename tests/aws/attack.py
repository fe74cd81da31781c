"""Attacks tenants with another tenant's credentials, on whatever AWS_ENDPOINT_URL points to.

The platform must be provisioned, with the tenants clinic-a, clinic-ab and clinic-b in one tier and hospital-a in the other. Every
attack must be refused for want of permission, and beside each stands the rightful call that must succeed: what is closed to all
proves nothing. Exit code 1 if one ends otherwise. Of the strict profile with the argument `strict`: there the broker takes on tenants'
roles, and no agent may.
"""

import sys
import uuid

import boto3
from botocore.exceptions import ClientError

STRICT = sys.argv[1:] == ["strict"]
PLATFORM, ACCOUNT, REGION = "healthcare", "111122223333", "us-east-1"
TAGS = ("Tier", "ClinicId", "UserId")
REFUSED = {"AccessDenied", "AccessDeniedException", "403"}
# Whose ids begin with one another, who shares nothing but the tier, and who shares not even that.
USERS = {
    ("basic", "clinic-a"): str(uuid.UUID(int=10)),
    ("basic", "clinic-ab"): str(uuid.UUID(int=11)),
    ("basic", "clinic-b"): str(uuid.UUID(int=12)),
    ("premium", "hospital-a"): str(uuid.UUID(int=13)),
}

wrong = []


def said(fine, what, detail=""):
    print(f"{'ok' if fine else 'WRONG':8} {what}")
    if not fine:
        wrong.append(f"{what}: {detail}")


def may(what, call):
    """The rightful call, and what it returns."""
    try:
        reply = call()
    except ClientError as error:
        said(False, what, error)
        return None
    said(True, what)
    return reply


def refused(what, call):
    try:
        call()
    except ClientError as error:
        said(error.response["Error"]["Code"] in REFUSED, what, error)
        return
    said(False, what, "it was let through")


class As:
    """Clients with one identity's credentials."""

    aws = boto3.Session(region_name=REGION)

    def __init__(self, credentials=None):
        names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey", "aws_session_token": "SessionToken"}
        self.credentials = {given: credentials[name] for given, name in names.items()} if credentials else {}

    def __getattr__(self, service):
        made = self.aws.client(service.replace("_", "-"), **self.credentials)
        setattr(self, service, made)
        return made

    def takes_on(self, role, tags=None, transitive=(), name="attack"):
        asked = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "RoleSessionName": name}
        if tags:
            asked["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        if transitive:
            asked["TransitiveTagKeys"] = list(transitive)
        return As(self.sts.assume_role(**asked)["Credentials"])


def tags_of(tenant):
    return dict(zip(TAGS, (*tenant, USERS[tenant])))


def actor_of(tenant):
    return "_".join((tenant[1], USERS[tenant])) if STRICT else "-".join((*tenant, USERS[tenant]))


class Platform:
    """What stands in the account, and one thing of every kind that belongs to each tenant."""

    def __init__(self):
        self.admin = As()
        roles = [role["RoleName"] for page in self.admin.iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
        self.runtime = next(role for role in roles if role.endswith("-runtime"))
        self.function = next(role for role in roles if role.endswith("-tools-function"))
        self.broker = next((role for role in roles if role.endswith("-broker-function")), None)
        self.agents = f"{PLATFORM}-{REGION}-tvm"
        self.rows = next(role for role in roles if role.endswith("-tools-tvm"))
        memories = self.admin.bedrock_agentcore_control.list_memories()["memories"]
        self.memories = {tier: next(m["id"] for m in memories if f"_{tier}_" in m["id"]) for tier in ("basic", "premium")}
        for tenant in USERS:
            self.fill(tenant)

    def bucket(self, tenant):
        return f"{PLATFORM}-{tenant[0]}-{ACCOUNT}-{REGION}"

    def prefix(self, tenant):
        return f"{tenant[0]}-tier/{tenant[1]}/"

    def namespace(self, tenant):
        return f"clinic/{actor_of(tenant)}/"

    def fill(self, tenant):
        self.admin.s3.put_object(Bucket=self.bucket(tenant), Key=self.prefix(tenant) + "secret.txt", Body=tenant[1].encode())
        for patient in ("one", "two"):
            row = {"patient_id": {"S": f"{tenant[1]}-{patient}"}, "clinic_id": {"S": tenant[1]}}
            self.admin.dynamodb.put_item(TableName=f"{PLATFORM}-patient-metadata", Item=row)
        self.admin.bedrock_agentcore.create_event(**self.event(tenant))

    def event(self, tenant):
        turn = {"conversational": {"role": "USER", "content": {"text": f"{tenant[1]} asks"}}}
        return {
            "memoryId": self.memories[tenant[0]],
            "actorId": actor_of(tenant),
            "sessionId": "one",
            "eventTimestamp": 1_700_000_000,
            "payload": [turn],
        }


def taking_on(aws, agents, function):
    """Who may take on a tenant's role, and with what tags."""
    own = tags_of(("basic", "clinic-a"))
    for role, rightful, other in ((aws.agents, agents, function), (aws.rows, function, agents)):
        may(f"{role}: by its own role with the three tags", lambda: rightful.takes_on(role, own, TAGS))
        refused(f"{role}: without tags", lambda: rightful.takes_on(role))
        for left in TAGS:
            less = {key: value for key, value in own.items() if key != left}
            refused(f"{role}: without {left}", lambda: rightful.takes_on(role, less, less))
            refused(f"{role}: {left} not handed on", lambda: rightful.takes_on(role, own, [key for key in TAGS if key != left]))
            refused(f"{role}: {left} is empty", lambda: rightful.takes_on(role, own | {left: ""}, TAGS))
        refused(f"{role}: with a tag more", lambda: rightful.takes_on(role, own | {"Admin": "yes"}, TAGS))
        refused(f"{role}: a tier that is none", lambda: rightful.takes_on(role, own | {"Tier": "gold"}, TAGS))
        refused(f"{role}: a tenant of two parts", lambda: rightful.takes_on(role, own | {"ClinicId": "clinic-a/x"}, TAGS))
        refused(f"{role}: by another role", lambda: other.takes_on(role, own, TAGS))
        refused(f"{role}: by the account's administrator", lambda: aws.admin.takes_on(role, own, TAGS))
    tenant = agents.takes_on(aws.agents, own, TAGS)
    refused("a tenant's session takes on its role again", lambda: tenant.takes_on(aws.agents))
    refused("a tenant's session takes on the rows' role", lambda: tenant.takes_on(aws.rows))


def directly(aws, role, session):
    """A role that takes on tenants' roles reaches no tenant's data by itself."""
    tenant = ("basic", "clinic-a")
    refused(f"{role} reads an object", lambda: session.s3.get_object(Bucket=aws.bucket(tenant), Key=aws.prefix(tenant) + "secret.txt"))
    refused(f"{role} scans the rows", lambda: session.dynamodb.scan(TableName=f"{PLATFORM}-patient-metadata"))
    key = {"clinic_id": {"S": tenant[1]}}
    refused(f"{role} reads a row", lambda: session.dynamodb.get_item(TableName=f"{PLATFORM}-clinic-config", Key=key))
    events = {"memoryId": aws.memories["basic"], "actorId": actor_of(tenant), "sessionId": "one"}
    refused(f"{role} reads events", lambda: session.bedrock_agentcore.list_events(**events))
    refused(f"{role} lists actors", lambda: session.bedrock_agentcore.list_actors(memoryId=aws.memories["basic"]))
    secret = f"/app/{PLATFORM}/agentcore/cognito_secret"
    refused(f"{role} reads the machine client's secret", lambda: session.ssm.get_parameter(Name=secret, WithDecryption=True))
    refused(f"{role} rewrites a role", lambda: session.iam.delete_role_policy(RoleName=aws.agents, PolicyName="tvm"))
    refused(f"{role} takes gateways down", lambda: session.bedrock_agentcore_control.delete_gateway(gatewayIdentifier="any-0123456789"))


def objects(aws, session, own, other):
    s3, words = session.s3, f"{own[1]} on {other[1]}:"
    bucket, prefix = aws.bucket(other), aws.prefix(other)
    key = prefix + "secret.txt"
    if own == other:
        body = may(f"{words} object", lambda: s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        said(body == own[1].encode(), f"{words} the object is theirs", body)
        found = may(f"{words} listing", lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix))
        said(any(o["Key"] == key for o in (found or {}).get("Contents", [])), f"{words} the listing has it", found)
        for start in ("", prefix.rstrip("/"), f"{own[0]}-tier/", prefix[:-2]):
            refused(f"{words} listing below `{start}`", lambda: s3.list_objects_v2(Bucket=bucket, Prefix=start))
        refused(f"{words} listing of all", lambda: s3.list_objects_v2(Bucket=bucket))
        refused(f"{words} listing of versions", lambda: s3.list_object_versions(Bucket=bucket, Prefix=prefix))
        refused(f"{words} deletes an object", lambda: s3.delete_object(Bucket=bucket, Key=key))
        refused(f"{words} takes the policy off", lambda: s3.delete_bucket_policy(Bucket=bucket))
        refused(f"{words} lists buckets", lambda: s3.list_buckets())
        refused(f"{words} object in upper case", lambda: s3.get_object(Bucket=bucket, Key=key.replace("clinic", "CLINIC").replace("hospital", "HOSPITAL")))
        return
    refused(f"{words} object", lambda: s3.get_object(Bucket=bucket, Key=key))
    refused(f"{words} object's head", lambda: s3.head_object(Bucket=bucket, Key=key))
    refused(f"{words} listing", lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix))
    refused(f"{words} writes an object", lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"mine now"))
    refused(f"{words} deletes objects", lambda: s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]}))
    refused(f"{words} path of dots", lambda: s3.get_object(Bucket=bucket, Key=f"{own[0]}-tier/{other[1]}/../{own[1]}/secret.txt"))


def rows(session, own, other):
    db, words = session.dynamodb, f"{own[1]} on {other[1]}:"
    config, patients = f"{PLATFORM}-clinic-config", f"{PLATFORM}-patient-metadata"
    key = {"clinic_id": {"S": other[1]}}
    of = {"ExpressionAttributeValues": {":c": {"S": other[1]}}, "KeyConditionExpression": "clinic_id = :c"}
    row = lambda: db.get_item(TableName=config, Key=key)
    index = lambda: db.query(TableName=patients, IndexName="clinic-index", **of)
    if own == other:
        said("Item" in (may(f"{words} row", row) or {}), f"{words} there is a row")
        said((may(f"{words} index", index) or {}).get("Count") == 2, f"{words} the index has both")
        may(f"{words} query", lambda: db.query(TableName=config, **of))
        refused(f"{words} scan", lambda: db.scan(TableName=config))
        refused(f"{words} scan of the index", lambda: db.scan(TableName=patients, IndexName="clinic-index"))
        refused(f"{words} row under a key of no tenant", lambda: db.get_item(TableName=patients, Key={"patient_id": {"S": f"{own[1]}-one"}}))
        refused(f"{words} rewrites the row", lambda: db.put_item(TableName=config, Item=key))
        refused(f"{words} PartiQL", lambda: db.execute_statement(Statement=f'SELECT * FROM "{config}"'))
        refused(f"{words} takes the table down", lambda: db.delete_table(TableName=config))
        return
    mixed = {config: {"Keys": [{"clinic_id": {"S": own[1]}}, key]}}
    refused(f"{words} row", row)
    refused(f"{words} index", index)
    refused(f"{words} query", lambda: db.query(TableName=config, **of))
    refused(f"{words} own and other rows in one batch", lambda: db.batch_get_item(RequestItems=mixed))
    refused(f"{words} row in a transaction", lambda: db.transact_get_items(TransactItems=[{"Get": {"TableName": config, "Key": key}}]))
    refused(f"{words} writes a row", lambda: db.put_item(TableName=config, Item=key))
    refused(f"{words} deletes a row", lambda: db.delete_item(TableName=config, Key=key))


def memories(aws, session, own, other):
    memory, words = session.bedrock_agentcore, f"{own[1]} on {other[1]}:"
    whose = {"memoryId": aws.memories[other[0]], "actorId": actor_of(other)}
    namespace = aws.namespace(other)
    events = lambda: memory.list_events(sessionId="one", **whose)
    records = lambda where: memory.list_memory_records(memoryId=whose["memoryId"], **where)
    found = lambda where: memory.retrieve_memory_records(memoryId=whose["memoryId"], searchCriteria={"searchQuery": "asks"}, **where)
    if own == other:
        said(bool((may(f"{words} events", events) or {}).get("events")), f"{words} there are events")
        may(f"{words} sessions", lambda: memory.list_sessions(**whose))
        new = may(f"{words} speaks", lambda: memory.create_event(**aws.event(own)))
        if new:
            one = {"sessionId": "one", "eventId": new["event"]["eventId"], **whose}
            may(f"{words} one event", lambda: memory.get_event(**one))
            may(f"{words} forgets one event", lambda: memory.delete_event(**one))
        for call in (records, found):
            seen = may(f"{words} records", lambda: call({"namespace": namespace}))
            texts = {record["content"]["text"] for record in (seen or {}).get("memoryRecordSummaries", [])}
            said(texts == {f"{own[1]} asks"}, f"{words} the records are theirs", texts)
        may(f"{words} records by path", lambda: records({"namespacePath": namespace}))
        for wide in ("clinic/", "/", "clinic/*/", namespace.rstrip("/"), f"clinic/{own[1 if STRICT else 0]}"):
            refused(f"{words} records below `{wide}`", lambda: records({"namespace": wide}))
            refused(f"{words} records by the path `{wide}`", lambda: found({"namespacePath": wide}))
        refused(f"{words} actors", lambda: memory.list_actors(memoryId=whose["memoryId"]))
        refused(f"{words} takes the memory down", lambda: session.bedrock_agentcore_control.delete_memory(memoryId=whose["memoryId"]))
        # Their own words, in the other tier's memory.
        tier = "premium" if own[0] == "basic" else "basic"
        refused(f"{words} speaks in the other tier", lambda: memory.create_event(**aws.event(own) | {"memoryId": aws.memories[tier]}))
        return
    one = {"sessionId": "one", "eventId": "0000001700000000#00000001", **whose}
    refused(f"{words} events", events)
    refused(f"{words} sessions", lambda: memory.list_sessions(**whose))
    refused(f"{words} speaks in their name", lambda: memory.create_event(**aws.event(other)))
    refused(f"{words} one event", lambda: memory.get_event(**one))
    refused(f"{words} forgets one event", lambda: memory.delete_event(**one))
    for call in (records, found):
        refused(f"{words} records", lambda: call({"namespace": namespace}))
        refused(f"{words} records by path", lambda: call({"namespacePath": namespace}))


def main():
    aws = Platform()
    runtime, function = aws.admin.takes_on(aws.runtime), aws.admin.takes_on(aws.function)
    agents = aws.admin.takes_on(aws.broker) if STRICT else runtime
    taking_on(aws, agents, function)
    directly(aws, "the runtime", runtime)
    if STRICT:
        directly(aws, "the broker", agents)
        own = tags_of(("basic", "clinic-a"))
        for role in (aws.agents, aws.rows):
            refused(f"the runtime takes on {role}", lambda: runtime.takes_on(role, own, TAGS))
            refused(f"the runtime takes on {role} without tags", lambda: runtime.takes_on(role))
    directly(aws, "the function", function)
    for own in USERS:
        agent = agents.takes_on(aws.agents, tags_of(own), TAGS)
        tool = function.takes_on(aws.rows, tags_of(own), TAGS)
        for other in USERS:
            objects(aws, agent, own, other)
            memories(aws, agent, own, other)
            rows(tool, own, other)
        # Each role is for one thing.
        refused(f"{own[1]}: an agent reads rows", lambda: agent.dynamodb.get_item(TableName=f"{PLATFORM}-clinic-config", Key={"clinic_id": {"S": own[1]}}))
        refused(f"{own[1]}: a tool reads objects", lambda: tool.s3.get_object(Bucket=aws.bucket(own), Key=aws.prefix(own) + "secret.txt"))
        refused(f"{own[1]}: a tool reads events", lambda: tool.bedrock_agentcore.list_sessions(memoryId=aws.memories[own[0]], actorId=actor_of(own)))
    print("\n".join(["", *wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
