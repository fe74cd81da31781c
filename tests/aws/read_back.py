"""Reads back with boto3 what tenantry provisioned, from whatever AWS_ENDPOINT_URL points to, and says what it saw.

Each check compares what a client of AWS sees with what the shipped manifest asks for. Exit code 1 if one differs.
"""

import json
import sys

import boto3

PLATFORM, ACCOUNT, REGION = "healthcare", "111122223333", "us-east-1"
ROOT = f"/app/{PLATFORM}"
TIERS = {
    "basic": ["clinic-a", "clinic-b", "clinic-c", "clinic-d"],
    "premium": ["clinic-e", "clinic-f", "hospital-a", "hospital-b"],
}

wrong = []


def same(what, seen, wanted):
    print(f"{'ok' if seen == wanted else 'DIFFERS':8} {what}")
    if seen != wanted:
        wrong.append(f"{what}: {seen!r}, wanted {wanted!r}")


def client(service):
    return boto3.client(service, region_name=REGION)


def every(aws, operation, member):
    return [item for page in aws.get_paginator(operation).paginate() for item in page[member]]


def parameters():
    pages = client("ssm").get_paginator("get_parameters_by_path").paginate(Path=ROOT, Recursive=True, WithDecryption=True)
    found = {p["Name"].removeprefix(f"{ROOT}/"): p for page in pages for p in page["Parameters"]}
    secure = {name for name, p in found.items() if p["Type"] == "SecureString"}
    same("secrets and nothing else are SecureStrings", secure, {"agentcore/cognito_secret"} | {f"agentcore/{t}_api_key" for t in TIERS})
    return {name: p["Value"] for name, p in found.items()}


def identity(published):
    cognito, pool = client("cognito-idp"), published["agentcore/userpool_id"]
    described = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    mutable = {a["Name"]: a["Mutable"] for a in described["SchemaAttributes"] if a["Name"].startswith("custom:")}
    same("claims are attributes, the tenant's for good", mutable, {"custom:tier": True, "custom:clinic_id": False, "custom:role": True, "custom:tenantry": True})
    same("nobody signs up alone", described["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], True)
    for label in ("web", "machine"):
        app = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=published[f"agentcore/{label}_client_id"])["UserPoolClient"]
        writable = [a for a in app["WriteAttributes"] if a.startswith("custom:")]
        same(f"the {label} client writes no claim", writable, [])
        same(f"the {label} client's flows", app["AllowedOAuthFlows"], ["code"] if label == "web" else ["client_credentials"])
        same(f"the {label} client's own sign-in", app["ExplicitAuthFlows"], ["ALLOW_REFRESH_TOKEN_AUTH"])
        if label == "machine":
            same("the published secret is the client's", published["agentcore/cognito_secret"] == app["ClientSecret"], True)
    groups = [g["GroupName"] for g in cognito.list_groups(UserPoolId=pool)["Groups"]]
    same("groups", sorted(groups), ["admin", "customer"])
    scopes = cognito.list_resource_servers(UserPoolId=pool, MaxResults=50)["ResourceServers"][0]["Scopes"]
    same("scopes", [s["ScopeName"] for s in scopes], ["read"])
    domain = cognito.describe_user_pool_domain(Domain=described["Domain"])["DomainDescription"]
    same("the domain is the pool's", domain["UserPoolId"], pool)


def roles(published):
    iam = client("iam")
    tvm = iam.get_role(RoleName=f"{PLATFORM}-{REGION}-tvm")["Role"]
    same("the published role", published["memory/tvm_role_arn"], tvm["Arn"])
    trusted = [s["Principal"] for s in tvm["AssumeRolePolicyDocument"]["Statement"]]
    same("the agents' token vending role trusts the runtime's role alone", trusted, [{"AWS": [published["agentcore/runtime_iam_role"]]}, "*"])
    trust = iam.get_role(RoleName=f"{PLATFORM}-{REGION}-tools-tvm")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    tools = f"arn:aws:iam::{ACCOUNT}:role/{PLATFORM}-{REGION}-tools-function"
    same("the tools' token vending role trusts the tools' role alone", [s["Principal"] for s in trust], [{"AWS": [tools]}, "*"])
    same("everybody else is refused", [s["Effect"] for s in trust], ["Allow", "Deny"])
    for name in ("runtime", "gateway", "tvm", "tools-tvm", "basic-kb", "premium-kb"):
        policies = iam.list_role_policies(RoleName=f"{PLATFORM}-{REGION}-{name}")["PolicyNames"]
        same(f"role {name} has one inline policy", policies, ["tenantry"])


def buckets():
    s3 = client("s3")
    for tier, tenants in TIERS.items():
        bucket = f"{PLATFORM}-{tier}-{ACCOUNT}-{REGION}"
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        same(f"{tier}: no public access", set(block.values()), {True})
        same(f"{tier}: versions", s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        same(f"{tier}: encrypted", rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
        owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
        same(f"{tier}: the account owns objects", owner, "BucketOwnerEnforced")
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        denied = [s["Condition"] for s in policy["Statement"] if s["Effect"] == "Deny"]
        same(f"{tier}: TLS only", {"Bool": {"aws:SecureTransport": ["false"]}} in denied, True)
        tags = {t["Key"]: t["Value"] for t in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
        same(f"{tier}: tags", (tags["Tier"], tags["tenantry:platform"]), (tier.title(), PLATFORM))
        listing = s3.list_objects_v2(Bucket=bucket, Prefix=f"{tier}-tier/", Delimiter="/")
        prefixes = [p["Prefix"] for p in listing["CommonPrefixes"]]
        same(f"{tier}: a prefix for each tenant", prefixes, [f"{tier}-tier/{t}/" for t in tenants])


def knowledge(published):
    agent, vectors = client("bedrock-agent"), client("s3vectors")
    for tier in TIERS:
        base = agent.get_knowledge_base(knowledgeBaseId=published[f"knowledge_base/{tier}_kb_id"])["knowledgeBase"]
        same(f"{tier}: knowledge base", (base["name"], base["status"]), (f"{PLATFORM}-{tier}-kb", "ACTIVE"))
        source = agent.get_data_source(knowledgeBaseId=base["knowledgeBaseId"], dataSourceId=published[f"knowledge_base/{tier}_ds_id"])
        same(f"{tier}: documents outlive the source", source["dataSource"]["dataDeletionPolicy"], "RETAIN")
        index = vectors.get_index(indexArn=base["storageConfiguration"]["s3VectorsConfiguration"]["indexArn"])["index"]
        same(f"{tier}: index", (index["dimension"], index["distanceMetric"], index["dataType"]), (1024, "cosine", "float32"))


def agents(published):
    control = client("bedrock-agentcore-control")
    issuer = published["agentcore/cognito_discovery_url"]
    for tier in TIERS:
        arn = published[f"agentcore/{tier}_runtime_arn"]
        runtime = control.get_agent_runtime(agentRuntimeId=arn.rpartition("/")[2])
        same(f"{tier}: runtime", (runtime["status"], runtime["environmentVariables"]["AGENT_TIER"]), ("READY", tier))
        gateway = control.get_gateway(gatewayIdentifier=published[f"agentcore/{tier}_gateway_id"])
        same(f"{tier}: gateway", (gateway["status"], gateway["gatewayUrl"]), ("READY", published[f"agentcore/{tier}_gateway_url"]))
        for what, authorizer in (("runtime", runtime["authorizerConfiguration"]), ("gateway", gateway["authorizerConfiguration"])):
            jwt = authorizer["customJWTAuthorizer"]
            seen = (jwt["discoveryUrl"], jwt["allowedAudience"])
            same(f"{tier}: whose tokens the {what} takes", seen, (issuer, [published["agentcore/web_client_id"]]))
        target = control.list_gateway_targets(gatewayIdentifier=gateway["gatewayId"])["items"][0]
        target = control.get_gateway_target(gatewayIdentifier=gateway["gatewayId"], targetId=target["targetId"])
        headers = target["metadataConfiguration"]["allowedRequestHeaders"]
        # AgentCore adds a header of its own.
        seen = sorted(h for h in headers if not h.startswith("x-amzn-"))
        same(f"{tier}: the tools see the tenant", seen, ["X-Clinic-ID", "X-S3-Prefix", "X-Tier", "X-User-ID"])


def users(published):
    cognito, pool = client("cognito-idp"), published["agentcore/userpool_id"]
    found = cognito.list_users(UserPoolId=pool)["Users"]
    seen = {}
    for user in found:
        held = {a["Name"]: a["Value"] for a in user["Attributes"]}
        seen[held["email"]] = (held["custom:clinic_id"], held["custom:tier"], held["custom:role"], user["Enabled"])
    same("users", len(seen), 8)
    same("a user's claims", seen["nurse.lee@clinic-a.com"], ("clinic-a", "basic", "nurse", True))


def functions(published):
    for name, handler in (("tools", "main.handler"), ("proxy", "proxy.handler")):
        function = client("lambda").get_function(FunctionName=f"{PLATFORM}-{name}")["Configuration"]
        same(f"{name}: function", (function["State"], function["Handler"]), ("Active", handler))
    tools = client("lambda").get_function(FunctionName=f"{PLATFORM}-tools")["Configuration"]
    taken_on = f"arn:aws:iam::{ACCOUNT}:role/{PLATFORM}-{REGION}-tools-tvm"
    same("the tools take on a tenants' role of their own", tools["Environment"]["Variables"]["TVM_ROLE_ARN"], taken_on)
    same("the tools' function", tools["FunctionArn"], published["agentcore/lambda_arn"])
    statements = json.loads(client("lambda").get_policy(FunctionName=f"{PLATFORM}-proxy")["Policy"])["Statement"]
    same("who calls the proxy", [s["Principal"] for s in statements], [{"Service": "apigateway.amazonaws.com"}])


def front_door(published):
    gateway = client("apigateway")
    api = published["agentcore/api_gateway_url"].removeprefix("https://").partition(".")[0]
    methods = {(r["path"], verb): m for r in gateway.get_resources(restApiId=api, embed=["methods"])["items"] for verb, m in r.get("resourceMethods", {}).items()}
    same("the API's methods", {key: m["apiKeyRequired"] for key, m in methods.items()}, {("/runtimes/{proxy+}", "POST"): True})
    stage = gateway.get_stage(restApiId=api, stageName="prod")
    same("the stage logs as JSON", isinstance(json.loads(stage["accessLogSettings"]["format"]), dict), True)
    plans = {p["name"]: p for p in gateway.get_usage_plans()["items"]}
    for tier, rate, burst, quota in (("basic", 2, 5, 50), ("premium", 10, 20, 500)):
        plan = plans[f"{PLATFORM}-{tier}-plan"]
        seen = (plan["throttle"]["rateLimit"], plan["throttle"]["burstLimit"], plan["quota"]["limit"], plan["quota"]["period"])
        same(f"{tier}: usage plan", seen, (rate, burst, quota, "DAY"))
        [key] = gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
        value = gateway.get_api_key(apiKey=key["id"], includeValue=True)["value"]
        same(f"{tier}: the published key is the plan's", value == published[f"agentcore/{tier}_api_key"], True)


def observability(published):
    logs = client("logs")
    groups = {g["logGroupName"]: g.get("retentionInDays") for g in logs.describe_log_groups(logGroupNamePrefix="/aws/vendedlogs/")["logGroups"]}
    for tier in TIERS:
        memory = published[f"memory/{tier}_id"]
        same(f"{tier}: memory's logs", groups[f"/aws/vendedlogs/bedrock-agentcore/memory/APPLICATION_LOGS/{memory}"], 30)
        sources = {s["name"]: s["logType"] for s in every(logs, "describe_delivery_sources", "deliverySources") if s["name"].startswith(memory)}
        same(f"{tier}: memory's sources", sources, {f"{memory}-logs-source": "APPLICATION_LOGS", f"{memory}-traces-source": "TRACES"})
    same("deliveries", len(every(logs, "describe_deliveries", "deliveries")), 12)
    same("X-Ray's segments", client("xray").get_trace_segment_destination()["Destination"], "CloudWatchLogs")


def registry(published):
    control = client("agent-registry-control")
    records = control.list_registry_records(registryId=published["agentcore/registry_id"])
    names = sorted(r["name"] for r in records["registryRecords"])
    same("records of the gateways", names, [f"{PLATFORM}-{tier}-gw" for tier in TIERS])


def main():
    published = parameters()
    identity(published)
    roles(published)
    buckets()
    knowledge(published)
    agents(published)
    users(published)
    functions(published)
    front_door(published)
    observability(published)
    registry(published)
    for text in wrong:
        print(f"WRONG: {text}")
    print(f"read back with boto3: {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
