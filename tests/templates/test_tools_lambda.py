"""The shipped tools, against a DynamoDB and an STS that only write down what they are asked.

Run: python3 -m unittest discover -s tests/templates
"""

import json
import os
import sys
import types
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
FOLDER = Path(__file__).parents[2] / "templates" / "tools_lambda"


class Sts:
    def __init__(self):
        self.asked = []

    def assume_role(self, **asked):
        self.asked.append(asked)
        return {"Credentials": {"AccessKeyId": "AKIA", "SecretAccessKey": "very secret", "SessionToken": "token"}}


class DynamoDb:
    """Answers queries with the pages it is given, in turn."""

    def __init__(self, pages=(), item=None):
        self.pages, self.item, self.asked, self.rows = list(pages), item, [], []

    def query(self, **asked):
        self.asked.append(json.loads(json.dumps(asked)))
        return self.pages.pop(0)

    def get_item(self, **asked):
        self.rows.append(asked)
        return {"Item": self.item} if self.item else {}


class Broken:
    def query(self, **_):
        raise RuntimeError("very secret")

    get_item = query


os.environ.update(
    TVM_ROLE_ARN="arn:aws:iam::111122223333:role/tvm", PATIENT_METADATA_TABLE="patients", CLINIC_CONFIG_TABLE="clinics"
)
sys.modules["boto3"] = types.ModuleType("boto3")
sys.path.insert(0, str(FOLDER))
import main  # noqa: E402

CALLER = {"X-Tier": "basic", "X-Clinic-ID": "clinic-a", "X-User-ID": "0b1f-42"}
PATIENT = {"patient_id": {"S": "P1"}, "clinic_id": {"S": "clinic-a"}, "age": {"N": "42"}, "allergies": {"L": [{"S": "nuts"}]}}


class Tools(unittest.TestCase):
    def setUp(self):
        self.sts, self.clients = Sts(), []

    def call(self, tool, arguments, dynamodb, headers=CALLER):
        def client(service, **credentials):
            self.clients.append((service, credentials))
            return self.sts if service == "sts" else dynamodb

        sys.modules["boto3"].client = client
        custom = {"bedrockAgentCoreToolName": f"AcmeLambda-Basic___{tool}", "bedrockAgentCorePropagatedHeaders": headers}
        context = types.SimpleNamespace(client_context=types.SimpleNamespace(custom=custom))
        return main.handler(arguments, context)

    def test_rows_are_read_as_the_caller_and_nobody_else(self):
        dynamodb = DynamoDb([{"Items": [PATIENT]}])
        answer = self.call("patient_context", {"patient_id": "P1", "clinic_id": "clinic-a", "request_hour": 9}, dynamodb)
        self.assertEqual(answer["patient"], {"patient_id": "P1", "clinic_id": "clinic-a", "age": 42, "allergies": ["nuts"]})
        [asked] = self.sts.asked
        self.assertEqual({tag["Key"]: tag["Value"] for tag in asked["Tags"]}, {"Tier": "basic", "ClinicId": "clinic-a", "UserId": "0b1f-42"})
        self.assertEqual(sorted(asked["TransitiveTagKeys"]), ["ClinicId", "Tier", "UserId"])
        self.assertEqual(asked["DurationSeconds"], 900)
        self.assertEqual(self.clients[-1][1]["aws_session_token"], "token")
        self.assertEqual(dynamodb.asked[0]["ExpressionAttributeValues"][":tenant"], {"S": "clinic-a"})
        self.assertEqual(dynamodb.asked[0]["IndexName"], "clinic-index")

    def test_a_page_ends_where_the_next_begins(self):
        dynamodb = DynamoDb([{"Items": [PATIENT], "LastEvaluatedKey": {"patient_id": {"S": "P1"}, "clinic_id": {"S": "clinic-a"}}}, {"Items": []}])
        first = self.call("patient_context", {"list_patients": True, "limit": 1}, dynamodb)
        self.assertEqual(first["last_evaluated_key"], {"patient_id": "P1"})
        rest = {"list_patients": True, "last_evaluated_key": first["last_evaluated_key"]}
        self.assertEqual(self.call("patient_context", rest, dynamodb), {"patients": []})
        self.assertEqual(dynamodb.asked[1]["ExclusiveStartKey"], {"patient_id": {"S": "P1"}, "clinic_id": {"S": "clinic-a"}})

    def test_a_patient_of_others_is_nobody(self):
        pages = [{"Items": [], "LastEvaluatedKey": {"patient_id": {"S": "P1"}}}, {"Items": []}]
        answer = self.call("patient_context", {"patient_id": "P9"}, DynamoDb(pages))
        self.assertEqual(answer, {"error": "the clinic has no such patient"})

    def test_the_clinic_is_the_callers(self):
        dynamodb = DynamoDb(item={"clinic_id": {"S": "clinic-a"}, "providers": {"SS": ["B", "A"]}, "open": {"BOOL": True}})
        answer = self.call("clinic_config", {"clinic_id": "clinic-a"}, dynamodb)
        self.assertEqual(answer["clinic"], {"clinic_id": "clinic-a", "providers": ["A", "B"], "open": True})
        self.assertEqual(dynamodb.rows, [{"TableName": "clinics", "Key": {"clinic_id": {"S": "clinic-a"}}}])

    def test_a_suspended_clinic_is_told_nothing(self):
        row = {"clinic_id": {"S": "clinic-a"}, "status": {"S": "suspended"}}
        for tool, arguments in [("clinic_config", {}), ("patient_context", {"patient_id": "P1"}), ("patient_context", {"list_patients": True})]:
            dynamodb = DynamoDb([{"Items": [PATIENT]}], row)
            self.assertEqual(self.call(tool, arguments, dynamodb), {"error": "the clinic is suspended"})
            self.assertEqual(dynamodb.asked, [])
            row["status"] = {"S": "left"}
            self.assertEqual(self.call(tool, arguments, DynamoDb(item=row)), {"error": "the clinic has left"})
            row["status"] = {"S": "suspended"}
        row["status"] = {"S": "active"}
        self.assertEqual(self.call("clinic_config", {}, DynamoDb(item=row))["clinic"]["status"], "active")

    def test_whoever_names_another_tenant_is_refused_before_anything_is_asked(self):
        page = {"list_patients": True, "last_evaluated_key": {"patient_id": "P1", "clinic_id": "clinic-b"}}
        for tool, arguments in [
            ("clinic_config", {"clinic_id": "clinic-b"}),
            ("clinic_config", {"clinic_id": ["clinic-a"]}),
            ("patient_context", {"patient_id": "P1", "tenant_id": "clinic-b"}),
            ("patient_context", page),
        ]:
            dynamodb = DynamoDb()
            self.assertIn("another clinic", self.call(tool, arguments, dynamodb)["error"])
            self.assertEqual(dynamodb.asked, [])

    def test_headers_decide_and_a_missing_or_odd_one_ends_it(self):
        forged = {"headers": CALLER, "clinic_id": "clinic-a"}
        for headers in [
            None,
            [],
            {},
            {**CALLER, "X-User-ID": ""},
            {**CALLER, "X-Clinic-ID": "*"},
            {**CALLER, "X-Tier": "basic/../premium"},
            {**CALLER, "x-clinic-id": "clinic-b"},
            {name: value for name, value in CALLER.items() if name != "X-Tier"},
        ]:
            self.assertIn("whose it is", self.call("clinic_config", forged, DynamoDb(), headers)["error"])
        self.assertEqual(self.sts.asked, [])

    def test_nothing_of_a_failure_reaches_the_caller_or_the_log(self):
        with self.assertLogs(level="ERROR") as logs:
            answer = self.call("patient_context", {"patient_id": "P1"}, Broken())
        self.assertEqual(answer, {"error": "the tool failed; try again later"})
        self.assertNotIn("secret", "".join(logs.output))
        self.assertIn("RuntimeError", logs.output[0])

    def test_arguments_of_the_wrong_sort(self):
        for tool, arguments, said in [
            ("unknown", {}, "no such tool"),
            ("patient_context", [], "not an object"),
            ("patient_context", {}, "which patient"),
            ("patient_context", {"list_patients": True, "limit": 101}, "`limit`"),
            ("patient_context", {"list_patients": True, "limit": True}, "`limit`"),
            ("patient_context", {"list_patients": True, "last_evaluated_key": "x"}, "`last_evaluated_key`"),
        ]:
            self.assertIn(said, self.call(tool, arguments, DynamoDb())["error"])
        self.assertIn("no configuration", self.call("clinic_config", {}, DynamoDb())["error"])


if __name__ == "__main__":
    unittest.main()
