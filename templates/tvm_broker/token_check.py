"""Checks an ID token of the platform's user pool, and says whose it is. Standard library only, beside boto3 for two parameters.

The same file stands in the broker's folder and in the interceptor's, since each is packed by itself. Whatever is not as it
should be is `Refused`; what a caller is told of it is up to them, and nothing here writes down a token.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import threading
import time
import urllib.request

LEEWAY_SECONDS = 30
# How long a parameter and the pool's keys are taken for true, and how soon an unknown key may make us ask again.
FRESH_SECONDS = 300
PAUSE_SECONDS = 20
LONGEST_TOKEN = 16 * 1024
LONGEST_KEYS = 64 * 1024
SHORTEST_KEY_BITS, LONGEST_KEY_BITS = 2048, 4096

CONFIGURATION = "/.well-known/openid-configuration"
KEYS = "/.well-known/jwks.json"
POOL = re.compile(r"https://cognito-idp\.[a-z]+(-[a-z]+)+-[0-9]+\.amazonaws\.com/[A-Za-z0-9_-]{1,55}", re.ASCII)
# Anything that a policy would read as a pattern, a path or another's id does not pass.
TENANT = re.compile(r"(?=[a-z0-9-]{3,27}$)[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
TIER = re.compile(r"[a-z][a-z0-9]{1,11}", re.ASCII)
SUB = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
BASE64 = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# How a signature of the only algorithm that we take says that a SHA-256 digest follows (RFC 8017, section 9.2).
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


class Refused(Exception):
    """Why a token opens nothing; never a part of the token."""


class Check:
    """The settings and keys of one pool, kept for a while."""

    def __init__(self, settings=None, fetch=None, clock=time.time):
        self.settings = settings or parameters
        self.fetch = fetch or download
        self.clock = clock
        self.lock = threading.Lock()
        self.expected, self.expected_at = None, float("-inf")
        self.keys, self.keys_of, self.keys_at = {}, None, float("-inf")

    def caller(self, token):
        """Tier, tenant and user, of a token that the pool has signed for our users' client and that is good now."""
        header, payload, signed, signature = take_apart(token)
        issuer, client = self.pool()
        if header.get("alg") != "RS256":
            raise Refused("the algorithm is not RS256")
        if "crit" in header:
            raise Refused("the header demands what we don't know")
        modulus, exponent = self.key(issuer, header.get("kid"))
        if not signed_by(modulus, exponent, signed, signature):
            raise Refused("the signature is not the pool's")
        if payload.get("iss") != issuer:
            raise Refused("another issuer")
        if payload.get("token_use") != "id":
            raise Refused("not an ID token")
        if payload.get("aud") != client:
            raise Refused("for another client")
        self.good_now(payload)
        return {
            "tier": claim(payload, os.environ.get("TIER_CLAIM", "custom:tier"), TIER),
            "tenant": claim(payload, os.environ.get("TENANT_CLAIM", "custom:clinic_id"), TENANT),
            "user": claim(payload, "sub", SUB),
        }

    def good_now(self, payload):
        now = self.clock()
        expires, issued = moment(payload, "exp"), moment(payload, "iat")
        if expires <= now - LEEWAY_SECONDS:
            raise Refused("expired")
        if issued > now + LEEWAY_SECONDS or issued > expires:
            raise Refused("not issued yet")
        if "nbf" in payload and moment(payload, "nbf") > now + LEEWAY_SECONDS:
            raise Refused("not valid yet")

    def pool(self):
        """The issuer and the client whose tokens count."""
        with self.lock:
            if self.clock() - self.expected_at > FRESH_SECONDS:
                address, client = self.settings()
                if not isinstance(address, str) or not address.endswith(CONFIGURATION):
                    raise Refused("no pool is known")
                issuer = address[: -len(CONFIGURATION)]
                if not POOL.fullmatch(issuer) or not isinstance(client, str) or not client:
                    raise Refused("no pool is known")
                self.expected, self.expected_at = (issuer, client), self.clock()
            return self.expected

    def key(self, issuer, name):
        """A key of the pool by its name. Pools change keys: one that we don't know yet may be there now."""
        if not isinstance(name, str) or not name:
            raise Refused("no key is named")
        with self.lock:
            now = self.clock()
            age = now - self.keys_at if self.keys_of == issuer else float("inf")
            if age > FRESH_SECONDS or (name not in self.keys and age > PAUSE_SECONDS):
                # Nobody can make us ask more often by naming keys that don't exist.
                self.keys, self.keys_of, self.keys_at = {}, issuer, now
                self.keys = public_keys(self.fetch(issuer + KEYS))
            if name not in self.keys:
                raise Refused("the key is unknown")
            return self.keys[name]


def take_apart(token):
    """Header, payload, what is signed, and the signature."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN or not token.isascii():
        raise Refused("not a token")
    parts = token.split(".")
    if len(parts) != 3:
        raise Refused("not a token")
    header, payload, signature = (plain_bytes(part) for part in parts)
    return plain_object(header), plain_object(payload), f"{parts[0]}.{parts[1]}".encode(), signature


def plain_bytes(text):
    """Base64 for URLs without padding, in its one spelling."""
    if not isinstance(text, str) or not BASE64.fullmatch(text):
        raise Refused("not base64")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise Refused("not base64") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise Refused("not the one spelling of base64")
    return data


def plain_object(data):
    """A JSON object whose names stand once each: two readers must not see two different claims."""

    def once(pairs):
        if len({name for name, _ in pairs}) != len(pairs):
            raise Refused("a name stands twice")
        return dict(pairs)

    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Refused("not JSON") from None
    if not isinstance(found, dict):
        raise Refused("not an object")
    return found


def signed_by(modulus, exponent, signed, signature):
    """RSASSA-PKCS1-v1_5: builds the one right block and compares it whole, so that there is no padding to be read leniently."""
    length = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != length or number >= modulus:
        return False
    end = b"\x00" + SHA256 + hashlib.sha256(signed).digest()
    right = b"\x00\x01" + b"\xff" * (length - len(end) - 2) + end
    return hmac.compare_digest(pow(number, exponent, modulus).to_bytes(length, "big"), right)


def public_keys(data):
    """The keys of a pool that may sign what we take, by their names."""
    listed = plain_object(data).get("keys")
    keys = {}
    for key in listed if isinstance(listed, list) else []:
        if not isinstance(key, dict) or key.get("kty") != "RSA" or key.get("use", "sig") != "sig" or key.get("alg", "RS256") != "RS256":
            continue
        if not isinstance(key.get("kid"), str):
            continue
        try:
            modulus, exponent = (int.from_bytes(plain_bytes(key.get(part)), "big") for part in ("n", "e"))
        except Refused:
            continue
        if SHORTEST_KEY_BITS <= modulus.bit_length() <= LONGEST_KEY_BITS and modulus % 2 and exponent == 65537:
            keys[key["kid"]] = (modulus, exponent)
    return keys


def claim(payload, name, form):
    value = payload.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Refused(f"the claim {name} is missing or has another form")
    return value


def moment(payload, name):
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 40:
        raise Refused(f"{name} is no time")
    return value


def parameters():
    """The pool and the client of this platform, as its parameters say: both are made after this function."""
    import boto3

    root = os.environ["PARAMETER_ROOT"]
    ssm = boto3.client("ssm")
    return tuple(
        ssm.get_parameter(Name=f"{root}/agentcore/{name}")["Parameter"]["Value"] for name in ("cognito_discovery_url", "web_client_id")
    )


class Stay(urllib.request.HTTPRedirectHandler):
    """Keys are where the issuer has them, and nowhere that it points to."""

    def redirect_request(self, *_):
        return None


def download(address):
    """The pool's keys, over TLS."""
    if not address.startswith("https://"):
        raise Refused("keys come over TLS alone")
    with urllib.request.build_opener(Stay).open(address, timeout=5) as reply:
        data = reply.read(LONGEST_KEYS + 1)
    if len(data) > LONGEST_KEYS:
        raise Refused("too many keys")
    return data
