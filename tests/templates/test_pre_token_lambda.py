"""The shipped trigger, by itself: python3 -m unittest discover -s tests/templates"""

import importlib.util
import os
import pathlib
import unittest

SOURCE = pathlib.Path(__file__).parents[2] / "templates" / "pre_token_lambda" / "main.py"


def load(claims=None):
    """The module, as Lambda would load it with that environment."""
    os.environ.pop("CLAIMS", None)
    if claims is not None:
        os.environ["CLAIMS"] = claims
    spec = importlib.util.spec_from_file_location("pre_token_lambda", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def event(version, **attributes):
    return {
        "version": version,
        "triggerSource": "TokenGeneration_HostedAuth",
        "request": {"userAttributes": {name.replace("__", ":"): value for name, value in attributes.items()}},
        "response": {},
    }


class PreTokenLambda(unittest.TestCase):
    def test_the_second_version_adds_to_both_tokens(self):
        given = event("2", sub="1", custom__clinic_id="clinic-a", custom__tier="basic", custom__role="nurse")
        details = load().handler(given, None)["response"]["claimsAndScopeOverrideDetails"]
        wanted = {"clinic_id": "clinic-a", "tier": "basic", "role": "nurse"}
        self.assertEqual(details["idTokenGeneration"]["claimsToAddOrOverride"], wanted)
        self.assertEqual(details["accessTokenGeneration"]["claimsToAddOrOverride"], wanted)

    def test_the_first_version_adds_to_id_tokens(self):
        response = load().handler(event("1", custom__clinic_id="clinic-a"), None)["response"]
        self.assertEqual(response, {"claimsOverrideDetails": {"claimsToAddOrOverride": {"clinic_id": "clinic-a"}}})

    def test_an_attribute_that_is_absent_or_empty_makes_no_claim(self):
        given = event("2", sub="1", custom__clinic_id="", clinic_id="clinic-b", email="a@b.co")
        self.assertEqual(load().handler(given, None)["response"], {})

    def test_a_machines_token_has_no_attributes(self):
        given = {"version": "3", "triggerSource": "TokenGeneration_ClientCredentials", "request": {}, "response": {}}
        self.assertEqual(load().handler(given, None)["response"], {})

    def test_only_the_named_attributes_are_copied(self):
        details = load("ward").handler(event("2", custom__ward="w", custom__tier="premium"), None)["response"]
        self.assertEqual(details["claimsAndScopeOverrideDetails"]["idTokenGeneration"]["claimsToAddOrOverride"], {"ward": "w"})

    def test_claims_that_a_token_stands_on_are_never_written(self):
        given = event("2", custom__sub="somebody-else", custom__aud="x", custom__email_verified="true")
        self.assertEqual(load("sub,aud,email_verified").handler(given, None)["response"], {})

    def test_what_is_there_already_stays(self):
        given = event("1", custom__tier="basic")
        given["response"] = {"claimsOverrideDetails": {"claimsToAddOrOverride": {"a": "b"}, "claimsToSuppress": ["c"]}}
        details = load().handler(given, None)["response"]["claimsOverrideDetails"]
        self.assertEqual(details, {"claimsToAddOrOverride": {"a": "b", "tier": "basic"}, "claimsToSuppress": ["c"]})


if __name__ == "__main__":
    unittest.main()
