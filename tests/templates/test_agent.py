"""The shipped agent as AgentCore calls it: over HTTP, with a token whose signature was checked before."""

import base64
import http.client
import importlib.util
import io
import json
import os
import sys
import threading
import time
import types
import unittest
from pathlib import Path
from unittest import mock

SOURCE = Path(__file__).resolve().parents[2] / "templates" / "agent" / "main.py"


def load(environment):
    """The agent as a module of its own, in a runtime with these variables."""
    spec = importlib.util.spec_from_file_location("shipped_agent", SOURCE)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(os.environ, environment):
        spec.loader.exec_module(module)
    return module


def token(claims):
    part = lambda content: base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    return f"{part({'alg': 'RS256'})}.{part(claims)}.c2lnbmF0dXJl"


class AgentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = load({"AGENT_TIER": "premium", "TENANT_CLAIM": "custom:clinic_id", "MODEL_ID": "some.model"})
        cls.agent.Agent.log_message = lambda *_: None
        cls.server = cls.agent.ThreadingHTTPServer(("127.0.0.1", 0), cls.agent.Agent)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(*self.server.server_address)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def invoke(self, body, claims):
        return self.call("POST", "/invocations", body, {"Authorization": f"Bearer {token(claims)}"})

    def test_says_that_it_is_healthy(self):
        self.assertEqual(self.call("GET", "/ping"), (200, {"status": "Healthy"}))

    def test_says_which_tier_and_tenant_it_serves(self):
        status, said = self.invoke('{"prompt": "hello"}', {"custom:clinic_id": "clinic-a"})
        self.assertEqual((status, said["tier"], said["tenant"], said["prompt"]), (200, "premium", "clinic-a", "hello"))

    def test_logs_what_it_used_in_the_form_that_costs_are_read_from(self):
        with mock.patch("builtins.print") as printed:
            self.invoke("{}", {"custom:clinic_id": "clinic-a", "sub": "u-1"})
            deadline = time.monotonic() + 5
            while not printed.called and time.monotonic() < deadline:
                time.sleep(0.01)
        used = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        who = {"event": "inference_usage", "tier": "premium", "clinic_id": "clinic-a", "user_id": "u-1", "model_id": "some.model"}
        self.assertEqual(json.loads(printed.call_args.args[0]), {**who, **used})

    def test_serves_nobody_in_particular_to_nobody(self):
        for claims in ({}, {"clinic_id": "clinic-a"}, {"custom:clinic_id": ""}):
            self.assertEqual(self.invoke("{}", claims)[0], 403, claims)
        self.assertEqual(self.call("POST", "/invocations", '{"tenant": "clinic-a"}')[0], 403)

    def test_refuses_what_is_no_json_object(self):
        for body in ("not json", "[]", '"text"'):
            self.assertEqual(self.invoke(body, {"custom:clinic_id": "clinic-a"})[0], 400, body)

    def test_knows_no_other_path(self):
        self.assertEqual(self.call("GET", "/admin")[0], 404)
        self.assertEqual(self.call("POST", "/admin", "{}")[0], 404)


class Lambda:
    """The broker, as boto3 has it."""

    def __init__(self):
        self.asked, self.answer, self.error = [], None, None

    def invoke(self, **asked):
        self.asked.append(asked)
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **({"FunctionError": self.error} if self.error else {})}


class AgentWithBrokerTest(AgentTest):
    """The same agent where it has no access of its own; everything that holds without a broker holds with one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.BROKER = "healthcare-broker"

    def setUp(self):
        self.broker = Lambda()
        self.broker.answer = {
            "tier": "premium", "tenant": "clinic-a", "user": "u-1", "credentials": {"SecretAccessKey": "very secret"}, "expires": "soon",
        }
        boto3 = types.ModuleType("boto3")
        boto3.client = lambda service: {"lambda": self.broker}[service]
        patch = mock.patch.dict(sys.modules, boto3=boto3)
        patch.start()
        self.addCleanup(patch.stop)

    def test_asks_the_broker_with_the_token_alone(self):
        self.invoke('{"prompt": "hello", "tenant": "clinic-b"}', {"custom:clinic_id": "clinic-a"})
        (asked,) = self.broker.asked
        self.assertEqual(asked["FunctionName"], "healthcare-broker")
        self.assertEqual(json.loads(asked["Payload"]), {"token": token({"custom:clinic_id": "clinic-a"})})

    def test_serves_whom_the_broker_names(self):
        # A runtime without an authorizer would let any token through.
        status, said = self.invoke("{}", {"custom:clinic_id": "clinic-b", "sub": "u-2"})
        self.assertEqual((status, said["tenant"]), (200, "clinic-a"))
        self.assertNotIn("very secret", json.dumps(said))

    def test_serves_nobody_whom_the_broker_refuses(self):
        good = dict(self.broker.answer)
        for answer in ({"error": "no"}, None, [], "text", {**good, "credentials": None}, {**good, "tier": "basic"}):
            self.broker.answer = answer
            self.assertEqual(self.invoke("{}", {"custom:clinic_id": "clinic-a"})[0], 403, answer)
        self.broker.answer, self.broker.error = good, "Unhandled"
        self.assertEqual(self.invoke("{}", {"custom:clinic_id": "clinic-a"})[0], 403)

    def test_serves_nobody_while_the_broker_is_away(self):
        def away(**_):
            raise RuntimeError("very secret")

        self.broker.invoke = away
        status, said = self.invoke("{}", {"custom:clinic_id": "clinic-a"})
        self.assertEqual((status, said), (503, {"error": "the broker can't be asked; try again later"}))


if __name__ == "__main__":
    unittest.main()
