"""The broker: credentials for the user of the token, with that user's tags and nobody else's."""

import datetime
import importlib.util
import json
import os
import pathlib
import sys
import types
import unittest
from unittest import mock

from tokens import OTHER_D, OTHER_N, SUB, Pool, sign, token

FOLDER = pathlib.Path(__file__).parents[2] / "templates" / "tvm_broker"


class Sts:
    def __init__(self):
        self.asked = []

    def assume_role(self, **asked):
        self.asked.append(asked)
        expires = datetime.datetime(2026, 9, 1, 12, tzinfo=datetime.timezone.utc)
        return {"Credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "very secret", "SessionToken": "session", "Expiration": expires}}


class Rows:
    """The table of tenants, as far as the broker may see it."""

    def __init__(self, **rows):
        self.rows, self.asked = rows, []

    def get_item(self, **asked):
        self.asked.append(asked)
        row = self.rows.get(asked["Key"]["clinic_id"]["S"].replace("-", "_"))
        return {} if row is None else {"Item": row}


def load():
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("tvm_broker", FOLDER / "main.py")
        module = importlib.util.module_from_spec(spec)
        with mock.patch.dict(sys.modules, boto3=types.ModuleType("boto3")):
            spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FOLDER))


broker = load()


class BrokerTest(unittest.TestCase):
    def setUp(self):
        self.pool, self.sts = Pool(), Sts()
        broker.CHECK = broker.token_check.Check(self.pool.settings, self.pool.fetch, self.pool.clock)
        self.rows = Rows(clinic_a={"clinic_id": {"S": "clinic-a"}})
        broker.boto3.client = lambda service: {"sts": self.sts, "dynamodb": self.rows}[service]
        environment = {"TVM_ROLE_ARN": "arn:aws:iam::111122223333:role/tvm", "PARAMETER_ROOT": "/app/healthcare"}
        patch = mock.patch.dict(os.environ, environment)
        patch.start()
        self.addCleanup(patch.stop)
        # Other tests of the same run name a table.
        os.environ.pop("CLINIC_CONFIG_TABLE", None)

    def test_takes_on_the_role_with_the_tags_of_the_token(self):
        answer = broker.handler({"token": token()}, None)
        self.assertEqual((answer["tier"], answer["tenant"], answer["user"]), ("basic", "clinic-a", SUB))
        self.assertEqual(answer["credentials"], {"AccessKeyId": "ASIA", "SecretAccessKey": "very secret", "SessionToken": "session"})
        self.assertEqual(answer["expires"], "2026-09-01T12:00:00+00:00")
        json.dumps(answer)
        (asked,) = self.sts.asked
        tags = {tag["Key"]: tag["Value"] for tag in asked["Tags"]}
        self.assertEqual(tags, {"Tier": "basic", "ClinicId": "clinic-a", "UserId": SUB})
        self.assertEqual(sorted(asked["TransitiveTagKeys"]), ["ClinicId", "Tier", "UserId"])
        self.assertEqual(asked["RoleSessionName"], f"clinic-a_{SUB}")
        self.assertEqual((asked["RoleArn"], asked["DurationSeconds"]), ("arn:aws:iam::111122223333:role/tvm", 900))

    def with_a_table(self):
        patch = mock.patch.dict(os.environ, {"CLINIC_CONFIG_TABLE": "healthcare-clinic-config", "TENANT_ATTRIBUTE": "clinic_id"})
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_tenant_that_is_suspended_or_gone_gets_nothing_for_a_good_token(self):
        self.with_a_table()
        for rows in ({"clinic_a": {"clinic_id": {"S": "clinic-a"}, "status": {"S": "suspended"}}}, {}):
            self.rows.rows = rows
            with self.assertLogs(level="INFO") as logs:
                self.assertEqual(broker.handler({"token": token()}, None), {"error": "this token opens no tenant's data"})
            self.assertIn("its tenant", "\n".join(logs.output))
        self.assertEqual(self.sts.asked, [])

        def broken(**_):
            raise RuntimeError("very secret")

        self.rows.get_item = broken
        self.assertEqual(broker.handler({"token": token()}, None), {"error": "this token opens no tenant's data"})
        self.assertEqual(self.sts.asked, [])

    def test_asks_for_the_status_of_the_tokens_tenant_alone(self):
        self.with_a_table()
        self.assertIn("credentials", broker.handler({"token": token(), "tenant": "clinic-b"}, None))
        (asked,) = self.rows.asked
        self.assertEqual((asked["Key"], asked["ConsistentRead"]), ({"clinic_id": {"S": "clinic-a"}}, True))
        self.assertEqual(sorted(asked["ExpressionAttributeNames"].values()), ["clinic_id", "status"])

    def test_without_a_table_of_tenants_the_token_decides(self):
        self.assertIn("credentials", broker.handler({"token": token()}, None))
        self.assertEqual(self.rows.asked, [])

    def test_reads_nothing_but_the_token(self):
        others = {"tenant": "clinic-b", "ClinicId": "clinic-b", "tier": "premium", "user": "root", "custom:clinic_id": "clinic-b"}
        broker.handler({**others, "token": token(), "headers": {"X-Clinic-ID": "clinic-b"}}, None)
        self.assertEqual({tag["Value"] for tag in self.sts.asked[0]["Tags"]}, {"basic", "clinic-a", SUB})

    def test_the_longest_session_name_is_whole(self):
        longest = "c" + "-b" * 13
        broker.handler({"token": token(**{"custom:clinic_id": longest})}, None)
        self.assertEqual(self.sts.asked[0]["RoleSessionName"], f"{longest}_{SUB}")
        self.assertEqual(len(self.sts.asked[0]["RoleSessionName"]), 64)

    def test_refuses_everything_in_the_same_words_and_asks_sts_for_nothing(self):
        other = lambda signed: sign(signed, OTHER_N, OTHER_D)
        wrong = [
            {"token": token(signer=other)}, {"token": token(exp=1)}, {"token": token(aud="another")}, {"token": token(**{"custom:tier": None})},
            {"token": ""}, {"token": None}, {"token": ["x"]}, {}, None, [], "token", token(), {"Token": token()}, {"token": "Bearer " + token()},
        ]
        for event in wrong:
            with self.subTest(event=str(event)[:30]):
                self.assertEqual(broker.handler(event, None), {"error": "this token opens no tenant's data"})
        self.assertEqual(self.sts.asked, [])

    def test_what_fails_behind_it_is_the_same_refusal(self):
        def broken(**_):
            raise RuntimeError("very secret")

        self.sts.assume_role = broken
        self.assertEqual(broker.handler({"token": token()}, None), {"error": "this token opens no tenant's data"})
        self.pool.parameters = None
        broker.CHECK.expected_at = float("-inf")
        self.assertEqual(broker.handler({"token": token()}, None), {"error": "this token opens no tenant's data"})

    def test_logs_no_token_and_no_credentials(self):
        def broken(**_):
            raise RuntimeError("very secret")

        good, expired = token(), token(exp=1)
        with self.assertLogs(level="INFO") as logs:
            broker.handler({"token": expired}, None)
            self.sts.assume_role = broken
            broker.handler({"token": good}, None)
        text = "\n".join(logs.output)
        self.assertIn("expired", text)
        for secret in (*good.split("."), *expired.split("."), "very secret", SUB, "clinic-a"):
            self.assertNotIn(secret, text)


if __name__ == "__main__":
    unittest.main()
