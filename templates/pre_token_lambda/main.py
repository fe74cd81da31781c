"""Cognito's trigger before it makes tokens: copies who a user belongs to into claims without Cognito's prefix.

AgentCore counts calls by a claim whose name has no colon, so `custom:clinic_id` can't be counted by, and `clinic_id` can.
Only an administrator can write these attributes, and nothing else is copied: a claim is never made up, and one whose
attribute a user lacks is left out.
"""

import os

# The attributes, without `custom:`; the names of the manifest's `identity.claims`.
CLAIMS = [name.strip() for name in os.environ.get("CLAIMS", "tier,tenant_id,clinic_id,role").split(",") if name.strip()]

# Claims that tell whom a token was made by and for. Whatever the attributes are called, they stay as they are.
PROTECTED = {
    "acr", "amr", "at_hash", "aud", "auth_time", "azp", "client_id", "cognito:groups", "cognito:preferred_role",
    "cognito:roles", "cognito:username", "email", "email_verified", "event_id", "exp", "iat", "identities", "iss", "jti",
    "nbf", "nonce", "origin_jti", "scope", "sub", "token_use", "username", "version",
}


def claims(attributes):
    """The plain claims that these attributes of a user become."""
    found = {name: attributes.get(f"custom:{name}") for name in CLAIMS if name not in PROTECTED}
    return {name: value for name, value in found.items() if value}


def handler(event, _context):
    """Adds the claims to ID tokens, and from the trigger's second version on to access tokens as well."""
    attributes = (event.get("request") or {}).get("userAttributes") or {}
    added = claims(attributes)
    if not added:
        return event
    response = event.get("response") or {}
    event["response"] = response
    if str(event.get("version", "1")) == "1":
        _add(response, "claimsOverrideDetails", added)
    else:
        details = response.get("claimsAndScopeOverrideDetails") or {}
        response["claimsAndScopeOverrideDetails"] = details
        for token in ("idTokenGeneration", "accessTokenGeneration"):
            _add(details, token, added)
    return event


def _add(parent, member, added):
    """Adds claims beside those that are there."""
    details = parent.get(member) or {}
    parent[member] = details
    details["claimsToAddOrOverride"] = {**(details.get("claimsToAddOrOverride") or {}), **added}
