"""Whose a token is, and everything that a token must not get past."""

import hashlib
import hmac
import importlib.util
import json
import pathlib
import unittest

import tokens
from tokens import CLAIMS, CLIENT, D, ISSUER, KEY_ID, N, NOW, OTHER_D, OTHER_N, SUB, Pool, part, sign, token

TEMPLATES = pathlib.Path(__file__).parents[2] / "templates"
COPIES = [TEMPLATES / folder / "token_check.py" for folder in ("tvm_broker", "gateway_interceptor")]
SPEC = importlib.util.spec_from_file_location("token_check_alone", COPIES[0])
token_check = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(token_check)

WHO = {"tier": "basic", "tenant": "clinic-a", "user": SUB}


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.pool = Pool()
        self.check = token_check.Check(self.pool.settings, self.pool.fetch, self.pool.clock)

    def refused(self, given, why):
        with self.assertRaises(token_check.Refused) as refusal:
            self.check.caller(given)
        self.assertIn(why, str(refusal.exception))

    def test_both_copies_are_the_same(self):
        self.assertEqual(COPIES[0].read_bytes(), COPIES[1].read_bytes())

    def test_says_whose_a_good_token_is(self):
        self.assertEqual(self.check.caller(token()), WHO)

    def test_takes_the_longest_names(self):
        longest = "c" + "-b" * 13
        self.assertEqual(self.check.caller(token(**{"custom:clinic_id": longest}))["tenant"], longest)
        self.assertEqual(len(f"{longest}_{SUB}"), 64)

    def test_refuses_what_is_no_token(self):
        good = token()
        for wrong in (None, 5, {}, [], "", "a.b", "a.b.c.d", "..", good + ".", good + "=", good + "\n", "é.é.é", "x" * 20_000, good.encode()):
            with self.subTest(wrong=str(wrong)[:20]), self.assertRaises(token_check.Refused):
                self.check.caller(wrong)

    def test_refuses_another_pool_client_or_sort_of_token(self):
        self.refused(token(iss=ISSUER + "x"), "issuer")
        self.refused(token(iss=ISSUER + "/"), "issuer")
        self.refused(token(iss=[ISSUER]), "issuer")
        self.refused(token(aud="another"), "client")
        self.refused(token(aud=[CLIENT, "another"]), "client")
        self.refused(token(aud=None), "client")
        access = {k: v for k, v in CLAIMS.items() if k != "aud"} | {"token_use": "access", "client_id": CLIENT}
        self.refused(token(access), "ID token")
        self.refused(token(aud=None, client_id=CLIENT), "client")
        self.refused(token(token_use=None), "ID token")

    def test_refuses_what_is_not_good_now(self):
        self.assertEqual(self.check.caller(token(exp=NOW - 29)), WHO)
        self.refused(token(exp=NOW - 30), "expired")
        self.refused(token(iat=NOW + 31), "not issued yet")
        self.refused(token(iat=NOW - 10, exp=NOW - 20), "not issued yet")
        self.refused(token(nbf=NOW + 31), "not valid yet")
        self.assertEqual(self.check.caller(token(nbf=NOW + 29)), WHO)
        for moment in (None, True, "9999999999", 9e9, -1, 0, 1 << 60, float("inf")):
            for name in ("exp", "iat"):
                self.refused(token(**{name: moment}), f"{name} is no time")
        self.refused(token(nbf="soon"), "nbf is no time")

    def test_refuses_every_other_algorithm(self):
        for alg in ("none", "None", "", "HS256", "RS384", "RS512", "PS256", "ES256", "rs256", None, ["RS256"]):
            self.refused(token(header={"alg": alg, "kid": KEY_ID}), "algorithm")
        self.refused(token(header={"kid": KEY_ID}), "algorithm")
        unsigned = f"{part({'alg': 'none', 'kid': KEY_ID})}.{part(CLAIMS)}"
        self.refused(unsigned + ".", "base64")
        self.refused(token(header={"alg": "RS256", "kid": KEY_ID, "crit": ["b64"]}), "header")

    def test_the_public_key_is_no_shared_secret(self):
        public = N.to_bytes(256, "big")
        for secret in (public, str(N).encode(), self.pool.keys):
            mac = lambda signed, secret=secret: hmac.new(secret, signed, hashlib.sha256).digest()
            self.refused(token(header={"alg": "HS256", "kid": KEY_ID}, signer=mac), "algorithm")
            self.refused(token(signer=mac), "signature")

    def test_refuses_another_key_and_keys_that_a_token_brings_along(self):
        other = lambda signed: sign(signed, OTHER_N, OTHER_D)
        self.refused(token(signer=other), "signature")
        self.refused(token(header={"alg": "RS256", "kid": "key-two"}, signer=other), "unknown")
        own = {"kty": "RSA", "n": tokens.number(OTHER_N), "e": "AQAB"}
        for more in ({"jwk": own}, {"jku": "https://example.com/keys"}, {"x5u": "https://example.com/cert"}):
            self.refused(token(header={"alg": "RS256", "kid": KEY_ID, **more}, signer=other), "signature")
        for name in (None, "", 5, [KEY_ID]):
            self.refused(token(header={"alg": "RS256", "kid": name}), "no key is named")
        self.assertEqual([a for a in self.pool.asked if "example" in a], [])

    def test_refuses_a_changed_token(self):
        header, payload, signature = token().split(".")
        other = part({**CLAIMS, "custom:clinic_id": "clinic-b"})
        self.refused(f"{header}.{other}.{signature}", "signature")
        self.refused(f"{part({'alg': 'RS256', 'kid': KEY_ID, 'typ': 'JWT'})}.{payload}.{signature}", "signature")

    def test_refuses_signatures_of_any_other_form(self):
        whole = lambda signed: int.from_bytes(sign(signed), "big")
        right = tokens.block

        def end(signed):
            return b"\x00" + tokens.DIGEST_INFO + hashlib.sha256(signed).digest()

        forms = {
            "one byte less": lambda s: sign(s)[1:],
            "one byte more": lambda s: b"\x00" + sign(s),
            "more behind": lambda s: sign(s) + b"\x00",
            "the modulus added": lambda s: (whole(s) + N).to_bytes(256, "big"),
            "the modulus added twice": lambda s: (whole(s) + 2 * N).to_bytes(257, "big"),
            "nothing": lambda _: b"\x00" * 256,
            "one": lambda _: (1).to_bytes(256, "big"),
            "short padding with rubbish behind": lambda s: sign(s, form=lambda s: (b"\x00\x01" + b"\xff" * 8 + end(s)).ljust(256, b"\x00")),
            "short padding": lambda s: sign(s, form=lambda s: b"\x00\x01" + b"\xff" * 100 + end(s)),
            "other padding": lambda s: sign(s, form=lambda s: right(s).replace(b"\xff", b"\xfe", 1)),
            "for encryption": lambda s: sign(s, form=lambda s: b"\x00\x02" + right(s)[2:]),
            "no algorithm": lambda s: sign(s, form=lambda s: (b"\x00\x01" + b"\xff" * 221 + b"\x00" + hashlib.sha256(s).digest())),
            "without parameters": lambda s: sign(
                s,
                form=lambda s: b"\x00\x01" + b"\xff" * 204 + b"\x00"
                + bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + hashlib.sha256(s).digest(),
            ),
            "another digest": lambda s: sign(s, form=lambda s: right(s)[:-32] + hashlib.sha256(s + b" ").digest()),
        }
        for name, form in forms.items():
            with self.subTest(name):
                self.refused(token(signer=form), "signature")

    def test_one_spelling_of_base64(self):
        header, payload, signature = token().split(".")
        # 256 bytes leave four bits of the last letter unused.
        last = signature[-1]
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        other = alphabet[alphabet.index(last) ^ 1]
        self.refused(f"{header}.{payload}.{signature[:-1]}{other}", "spelling")
        self.refused(f"{header}.{payload}.{signature}==", "base64")
        self.refused(f"{header}.{payload} .{signature}", "base64")

    def test_a_name_stands_once(self):
        twice = json.dumps(CLAIMS)[:-1] + ', "custom:clinic_id": "clinic-b"}'
        signed = f"{part({'alg': 'RS256', 'kid': KEY_ID})}.{part(twice.encode())}"
        self.refused(f"{signed}.{part(sign(signed.encode()))}", "twice")
        for payload in (b"[]", b'"text"', b"null", b"\xff", b"{", b"[" * 5000):
            signed = f"{part({'alg': 'RS256', 'kid': KEY_ID})}.{part(payload)}"
            with self.subTest(payload=payload[:10]), self.assertRaises(token_check.Refused):
                self.check.caller(f"{signed}.{part(sign(signed.encode()))}")

    def test_refuses_claims_that_are_missing_or_that_aws_would_not_issue(self):
        wrong = {
            "custom:clinic_id": [
                None, "", " ", "*", "clinic-*", "clinic-?", "clinic/a", "clinic-a/../clinic-b", "Clinic-a", "CLINIC-A", "clinic_a", "clinic--a",
                "-clinic", "clinic-", "1clinic", "cl", "c" * 28, "clinic-a\n", " clinic-a", "сlinic-a", "clinic-a,clinic-b", "${aws:x}", 5, True,
                ["clinic-a"], {"id": "clinic-a"},
            ],
            "custom:tier": [None, "", "*", "b", "Basic", "basic-plus", "basic/", "1basic", "b" * 13, "basic\n", ["basic"]],
            "sub": [None, "", "*", SUB.upper().replace("1", "A"), SUB[:-1], SUB + "0", SUB.replace("-", "_"), SUB + "\n", "admin", [SUB]],
        }
        for name, values in wrong.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    self.refused(token(**{name: value}), f"the claim {name}")
        # Attributes are what counts, not plain claims of the same name.
        self.refused(token(**{"custom:clinic_id": None, "clinic_id": "clinic-b"}), "the claim custom:clinic_id")

    def test_keys_and_parameters_are_asked_for_once_in_a_while(self):
        for _ in range(5):
            self.check.caller(token())
        self.assertEqual(self.pool.asked, ["parameters", f"{ISSUER}/.well-known/jwks.json"])
        self.pool.now += 301
        self.check.caller(token())
        self.assertEqual(len(self.pool.asked), 4)

    def test_a_new_key_is_found_and_an_old_one_forgotten(self):
        other = lambda signed: sign(signed, OTHER_N, OTHER_D)
        renewed = token(header={"alg": "RS256", "kid": "key-two"}, signer=other)
        self.check.caller(token())
        self.pool.keys = tokens.jwks(("key-two", OTHER_N))
        self.refused(renewed, "unknown")
        self.pool.now += 21
        self.assertEqual(self.check.caller(renewed), WHO)
        self.pool.now += 1
        self.refused(token(), "unknown")

    def test_made_up_key_names_do_not_flood_the_pool(self):
        for number in range(100):
            self.refused(token(header={"alg": "RS256", "kid": f"made-up-{number}"}), "unknown")
        self.assertEqual(len(self.pool.asked), 2)

    def test_a_failing_download_leaves_no_old_key_in_use(self):
        self.check.caller(token())
        self.pool.now += 301

        def failing(_):
            raise OSError("no network")

        self.check.fetch = failing
        with self.assertRaises(OSError):
            self.check.caller(token())
        self.refused(token(), "unknown")

    def test_weak_or_foreign_keys_are_not_taken(self):
        good = json.loads(tokens.jwks())["keys"][0]
        for change in (
            {"kty": "oct"}, {"use": "enc"}, {"alg": "RS512"}, {"e": "Aw"}, {"n": tokens.number(N >> 1024 | 1)}, {"n": tokens.number(N - 1)},
            {"n": "***"}, {"n": None}, {"e": None}, {"kid": 5}, {"kid": None},
        ):
            self.assertEqual(token_check.public_keys(json.dumps({"keys": [{**good, **change}]}).encode()), {}, change)
        self.assertEqual(token_check.public_keys(b'{"keys": [5, null, {}]}'), {})
        self.assertEqual(token_check.public_keys(b"{}"), {})
        self.assertEqual(token_check.public_keys(json.dumps({"keys": [good]}).encode()), {KEY_ID: (N, 65537)})

    def test_nothing_passes_without_a_pool_and_a_client(self):
        address = f"{ISSUER}/.well-known/openid-configuration"
        for parameters in (
            ("", CLIENT), (None, CLIENT), (ISSUER, CLIENT), (address, ""), (address, None),
            ("http://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI/.well-known/openid-configuration", CLIENT),
            ("https://cognito-idp.us-east-1.amazonaws.com.example.com/us-east-1_AbCdEfGhI/.well-known/openid-configuration", CLIENT),
            ("https://example.com/us-east-1_AbCdEfGhI/.well-known/openid-configuration", CLIENT),
        ):
            self.pool.parameters = parameters
            self.refused(token(), "no pool is known")

    def test_keys_come_over_tls_alone_and_from_no_other_place(self):
        with self.assertRaises(token_check.Refused):
            token_check.download("http://cognito-idp.us-east-1.amazonaws.com/keys")
        self.assertIsNone(token_check.Stay().redirect_request(None, None, 302, "Found", {}, "https://example.com/keys"))


if __name__ == "__main__":
    unittest.main()
