"""Tokens for tests: a pool with one key, and another key that is nobody's.

The keys were made for these tests alone, and open nothing.
"""

import base64
import hashlib
import json

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"
CLIENT = "1h57kf5cpq17m0eml12example"
SUB = "11112222-3333-4444-5555-666677778888"
NOW = 1_800_000_000
KEY_ID = "key-one"
E = 65537
N = int(
    "87f1efae81413525dc530940a803cc797015ccb2d87132528cb84ef941688b5ee6d3349f7cdd2cfc00afbe647e8ac62c"
    "0e88b2ca5f047f787e324febcdfd9c300bd9fdde957564e6e902940e42c1ca74515b4b52126eed8421bcaf8d0d9440ca"
    "ed6c4b17e6ffba5faab79635b1479c930d757ca854cd51a47bdd0e9abc22c85f67b92d50b447418d7d9b6fd3c28b95c1"
    "390ce943c2ba35c4616dc4621b7f5416675d1c0ddbe8c88a122c1ffaf121e15f8adfeeeceaec1852fa9ae55e8cecd7eb"
    "55eca592ddacd81c20a4ae6506397b3dad762a57a55229ee37e5ff64932857abaa04b5edc3e06432f564938e1bcf1512"
    "d444178cc4519defa97849065114b977", 16
)
D = int(
    "726371088a5a2eaad5c59e5a95b01c98524b7754622b5d7906c132a445dc703eb3625d3c40a4a8fabf4ae8b97f9d5774"
    "a1e9aeeb163df46f2279b6d0bcb0196522775b0f7c1a74a05ec92747edf5f43f59f5a7b405a07869099dceaeea670bdd"
    "ed9068fbe041c360f186f7113a5fe2218c336a4bb2c85f2154bba0a8f9daa71e57debc4285055c78bda3f4493316fa3a"
    "40c506273d38604184391f924b502e2f692776c096338ed753b8c67919353981d31d99e24476a46d3bf78b160f7eec3d"
    "cc1ef7e445514cd4f96dd260bfc1495c138cde91378678f13c92f1b839861f03dd0f0c5ea4cd7bfc0b4e1189f810e1f7"
    "093ef0175ebccb5b768508b0919dc79", 16
)
OTHER_N = int(
    "ee8827ce6d998ce8230cd374ca502e15970bcd46e78d98cecab58d96a141ecbdf805a0bf3ec7b351fa0ecb6274e20744"
    "6adac8594bf0aeac75e1cc476594020d6e8a60cfd30955a3f23ac87d35c4feee312d5abe4148320f051c18ebf43ecfb5"
    "15a3bfdc5a4e8cef00d3919737983bc3bc76616c2dd43fdc5a9f41d7b9fbac44f1dfc96e2bb3a244e1ea7cec474ece09"
    "850b6cf24332e3a1509afb13b729e918f830e37b7cc633817e0621cc04ac8992e47294da087657fcb208d3f495404329"
    "e83fa4e097958068ee307361dfbf69973f9bc349b016995371de44ea922868410a005a53c8bfd55e3be2271087878e07"
    "5b414f1cc6db85d8f4a5bb3278e3250f", 16
)
OTHER_D = int(
    "3761fca014d9789a737ce861ef1173c9c682d27c3a8a29672630c639a9a26565ec3ede46593cc3d96e4e5e11b3a2c15e"
    "34d32c7e733fe4469dae3a207fa8c05b3f05b919b7ddac793ee64023b646d18c1b75f4e244c50efe66c8d1ce832ccc4c"
    "36c488e9103cb9c34a755511ffb2047a5b793f007f998ee44a543cd4ea55517753d05add0c9c0c7177fb0988b15bd6a2"
    "8eb3a14d7c565bb782765cce952ae0a6c1ad1dead5a8c428a674ef0e924383c3ddc4df455e0db50e2aa8918e0924c1bf"
    "9fa79323ad37670e833574231c8d022089eb2e21e53efc9977c2941a6d98b9c3fbc590db599c74ab9898f8c075d1ede2"
    "b59348d67a14ed0c9000f50a75014d39", 16
)
DIGEST_INFO = bytes([0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20])

CLAIMS = {
    "iss": ISSUER, "aud": CLIENT, "token_use": "id", "sub": SUB, "iat": NOW - 60, "exp": NOW + 3540,
    "custom:tier": "basic", "custom:clinic_id": "clinic-a", "email": "dr.smith@clinic-a.com",
}


def part(content):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def block(signed):
    """What a right signature holds."""
    end = b"\x00" + DIGEST_INFO + hashlib.sha256(signed).digest()
    return b"\x00\x01" + b"\xff" * (256 - len(end) - 2) + end


def sign(signed, n=N, d=D, form=block):
    return pow(int.from_bytes(form(signed), "big"), d, n).to_bytes(256, "big")


def token(claims=None, header=None, signer=sign, **changes):
    """A good token, unless something is changed; a change to None leaves the claim out."""
    payload = {**(CLAIMS if claims is None else claims), **changes}
    payload = {name: value for name, value in payload.items() if value is not None}
    signed = f"{part({'alg': 'RS256', 'kid': KEY_ID} if header is None else header)}.{part(payload)}"
    return f"{signed}.{part(signer(signed.encode()))}"


def number(value):
    return part(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwks(*keys):
    keys = keys or ((KEY_ID, N),)
    return json.dumps({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k, "n": number(n), "e": "AQAB"} for k, n in keys]}).encode()


class Pool:
    """What the check asks for, and how often."""

    def __init__(self, *keys):
        self.now, self.keys, self.asked = NOW, jwks(*keys), []
        self.parameters = (f"{ISSUER}/.well-known/openid-configuration", CLIENT)

    def settings(self):
        self.asked.append("parameters")
        return self.parameters

    def fetch(self, address):
        self.asked.append(address)
        return self.keys

    def clock(self):
        return self.now
