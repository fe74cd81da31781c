"""The gateway's interceptor: tools see the token's owner, whatever the caller writes."""

import copy
import importlib.util
import json
import pathlib
import sys
import unittest

from tokens import OTHER_D, OTHER_N, SUB, Pool, sign, token

FOLDER = pathlib.Path(__file__).parents[2] / "templates" / "gateway_interceptor"


def load():
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("gateway_interceptor", FOLDER / "main.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FOLDER))


interceptor = load()
OWN = {"X-Tier": "basic", "X-Clinic-ID": "clinic-a", "X-User-ID": SUB}


def call(arguments=None, tool="HealthcareLambda-Basic___patient_context"):
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": tool, "arguments": arguments or {}}}


def event(headers=None, body=None, given=None):
    own = {"Authorization": f"Bearer {given or token()}"}
    request = {"path": "/mcp", "httpMethod": "POST", "headers": own if headers is None else headers, "body": call() if body is None else body}
    return {"interceptorInputVersion": "1.0", "mcp": {"rawGatewayRequest": {"body": "{}"}, "gatewayRequest": request}}


class InterceptorTest(unittest.TestCase):
    def setUp(self):
        pool = Pool()
        interceptor.CHECK = interceptor.token_check.Check(pool.settings, pool.fetch, pool.clock)

    def passed(self, asked):
        answer = interceptor.handler(asked, None)
        self.assertEqual(answer["interceptorOutputVersion"], "1.0")
        self.assertEqual(list(answer["mcp"]), ["transformedGatewayRequest"], answer)
        return answer["mcp"]["transformedGatewayRequest"]

    def refused(self, asked, number=7):
        answer = interceptor.handler(asked, None)
        self.assertEqual(list(answer["mcp"]), ["transformedGatewayResponse"])
        answer = answer["mcp"]["transformedGatewayResponse"]
        self.assertEqual((answer["statusCode"], answer["body"]["id"]), (403, number))
        self.assertEqual(answer["body"]["error"]["message"], "the request does not prove whose it is")

    def test_says_whose_the_request_is(self):
        request = self.passed(event())
        self.assertEqual({name: request["headers"].get(name) for name in OWN}, OWN)
        self.assertEqual(request["body"], call())

    def test_replaces_whatever_the_caller_says_of_themselves(self):
        names = ["X-Tier", "x-tier", "X-TIER", "X-Clinic-ID", "x-clinic-id", "X-Clinic-Id", "x-CLINIC-id", "X_Clinic_ID", " X-Clinic-ID", "X-User-ID"]
        for name in names:
            headers = {"authorization": f"bearer {token()}", name: "premium", "Accept": "application/json"}
            request = self.passed(event(headers))
            found = {n: v for n, v in request["headers"].items() if interceptor.spelled(n).startswith("x-")}
            self.assertEqual(found, OWN, name)
            self.assertEqual(request["headers"]["Accept"], "application/json")
        many = {n: ["clinic-b", "clinic-c"] for n in names} | {"Authorization": [f"Bearer {token()}"]}
        found = {n: v for n, v in self.passed(event(many))["headers"].items() if n != "Authorization"}
        self.assertEqual(found, OWN)

    def test_drops_arguments_that_pose_as_the_request(self):
        posing = {"headers": {"X-Clinic-ID": "clinic-b"}, "Body": "{}", "requestContext": {}, "patient_id": "P1"}
        self.assertEqual(self.passed(event(body=call(posing)))["body"], call({"patient_id": "P1"}))

    def test_leaves_other_requests_as_they_are(self):
        for body in (
            {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
            {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}},
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"headers": 1}},
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": None},
        ):
            asked = event(body=copy.deepcopy(body))
            self.assertEqual(self.passed(asked)["body"], body)

    def test_refuses_requests_without_exactly_one_good_token(self):
        other = lambda signed: sign(signed, OTHER_N, OTHER_D)
        for given in (token(signer=other), token(exp=1), token(iss="https://example.com"), token(sub=None), "x.y.z"):
            self.refused(event(given=given))
        good = f"Bearer {token()}"
        for headers in (
            {}, {"Authorization": token()}, {"Authorization": ""}, {"Authorization": None}, {"Authorization": f"Basic {token()}"},
            {"Authorization": good, "authorization": good}, {"Authorization": [good, good]}, {"Authorization": []}, {"Authorization": f"Bearer  {token()}"},
            {"X-Clinic-ID": "clinic-a", "X-Tier": "basic", "X-User-ID": SUB},
        ):
            self.refused(event(headers))

    def test_refuses_what_it_does_not_expect(self):
        for asked in (None, [], {}, "text", {"mcp": None}, {"mcp": {}}, {"mcp": {"gatewayRequest": None}}, {"http": {"gatewayRequest": {}}}):
            self.refused(asked, None)
        without = event()
        del without["mcp"]["gatewayRequest"]["headers"]
        self.refused(without)
        self.refused(event(headers=[["Authorization", f"Bearer {token()}"]]))
        self.refused(event(body=[call(), call()]), None)
        self.refused(event(body="text"), None)

    def test_a_failure_inside_is_a_refusal(self):
        def failing():
            raise OSError("very secret")

        interceptor.CHECK.settings = failing
        with self.assertLogs(level="INFO") as logs:
            self.refused(event())
            self.refused(event(given=token(exp=1)))
        text = "\n".join(logs.output)
        for secret in ("very secret", SUB, *token().split(".")):
            self.assertNotIn(secret, text)

    def test_answers_are_json(self):
        for asked in (event(), event(headers={})):
            json.dumps(interceptor.handler(asked, None))
        odd = event(headers={}, body={**call(), "id": {"a": 1}})
        self.refused(odd, None)


if __name__ == "__main__":
    unittest.main()
