"""Does to a provisioned platform what somebody might do by hand, and takes it back: `by_hand.py make|undo WHAT`.

The account is whatever AWS_ENDPOINT_URL points to.
"""

import json
import sys

import boto3

PLATFORM, ACCOUNT, REGION = "healthcare", "111122223333", "us-east-1"
NAME = "byhand"


def client(service):
    return boto3.client(service, region_name=REGION)


cognito, control, iam, ssm = (client(s) for s in ("cognito-idp", "bedrock-agentcore-control", "iam", "ssm"))


def pool():
    return ssm.get_parameter(Name=f"/app/{PLATFORM}/agentcore/userpool_id")["Parameter"]["Value"]


def app():
    listed = cognito.list_user_pool_clients(UserPoolId=pool(), MaxResults=60)["UserPoolClients"]
    return next(c["ClientId"] for c in listed if c["ClientName"] == NAME)


def engine():
    return control.list_policy_engines()["policyEngines"][0]["policyEngineId"]


def runtime():
    return control.list_agent_runtimes()["agentRuntimes"][0]["agentRuntimeArn"]


def trusts_the_runtime():
    roles = [role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    trusted = next(role["Arn"] for role in roles if role["RoleName"].endswith("-runtime"))
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}],
    }


def a_role():
    """The runtime's own policy denies it every role but the tenants': both have to go wrong."""
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trusts_the_runtime()))
    runtime = trusts_the_runtime()["Statement"][0]["Principal"]["AWS"].rsplit("/", 1)[1]
    for policy in iam.list_role_policies(RoleName=runtime)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=runtime, PolicyName=policy)["PolicyDocument"]
        document["Statement"] = [s for s in document["Statement"] if s["Effect"] == "Allow"]
        iam.put_role_policy(RoleName=runtime, PolicyName=policy, PolicyDocument=json.dumps(document))


def permits_everything():
    definition = {"cedar": {"statement": "permit(principal, action, resource is AgentCore::Gateway);"}}
    control.create_policy(policyEngineId=engine(), name=NAME, definition=definition, validationMode="IGNORE_ALL_FINDINGS")


def forbids_no_more():
    listed = control.list_policies(policyEngineId=engine())["policies"]
    gone = next(p["policyId"] for p in listed if p["name"] == NAME)
    control.delete_policy(policyEngineId=engine(), policyId=gone)


def gateway():
    return control.list_gateways()["items"][0]["gatewayId"]


def target(name=None):
    """The id of a target of the gateway: of any, or of that name."""
    listed = control.list_gateway_targets(gatewayIdentifier=gateway())["items"]
    return next(t["targetId"] for t in listed if name in (None, t["name"]))


def a_target():
    copied = control.get_gateway_target(gatewayIdentifier=gateway(), targetId=target())
    kept = {key: copied[key] for key in ("targetConfiguration", "credentialProviderConfigurations")}
    control.create_gateway_target(gatewayIdentifier=gateway(), name=NAME, **kept)


def a_user():
    says = {"email": "byhand@example.com", "custom:clinic_id": "clinic-nobody", "custom:tier": "basic"}
    attributes = [{"Name": name, "Value": value} for name, value in says.items()]
    cognito.admin_create_user(UserPoolId=pool(), Username="byhand@example.com", UserAttributes=attributes, MessageAction="SUPPRESS")


def a_client():
    cognito.create_user_pool_client(UserPoolId=pool(), ClientName=NAME)


def open_to_all():
    # An update takes away what it leaves out, and without its tags the pool would be nobody's.
    tags = cognito.describe_user_pool(UserPoolId=pool())["UserPool"]["UserPoolTags"]
    cognito.update_user_pool(UserPoolId=pool(), AdminCreateUserConfig={"AllowAdminCreateUserOnly": False}, UserPoolTags=tags)
    a_client()


MAKE = {
    "client": a_client,
    "role": a_role,
    "policy": permits_everything,
    "target": a_target,
    "resource-policy": lambda: control.delete_resource_policy(resourceArn=runtime()),
    "user": a_user,
    "sign-up": open_to_all,
}
UNDO = {
    "client": lambda: cognito.delete_user_pool_client(UserPoolId=pool(), ClientId=app()),
    "role": lambda: iam.delete_role(RoleName=NAME),
    "policy": forbids_no_more,
    "target": lambda: control.delete_gateway_target(gatewayIdentifier=gateway(), targetId=target(NAME)),
    # What was declared comes back with the next apply.
    "resource-policy": lambda: None,
    "user": lambda: cognito.admin_delete_user(UserPoolId=pool(), Username="byhand@example.com"),
    "sign-up": lambda: cognito.delete_user_pool_client(UserPoolId=pool(), ClientId=app()),
}

{"make": MAKE, "undo": UNDO}[sys.argv[1]][sys.argv[2]]()
