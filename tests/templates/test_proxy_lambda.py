"""The shipped proxy Lambda, with fakes for the parameters and the runtimes."""

import base64
import contextlib
import importlib.util
import io
import json
import os
import pathlib
import unittest
from unittest import mock
from urllib.parse import quote

PATH = pathlib.Path(__file__).parents[2] / "templates" / "proxy_lambda" / "proxy.py"
SPEC = importlib.util.spec_from_file_location("proxy", PATH)
proxy = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(proxy)

BASIC = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/healthcare_basic-AbCdEfGhIj"
PARAMETERS = {"/app/healthcare/agentcore/basic_runtime_arn": BASIC}
TOKEN = "Bearer eyJhbGciOi.secret.token"
SESSION = "s" * 40


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Context:
    def __init__(self, millis):
        self.millis = millis

    def get_remaining_time_in_millis(self):
        return self.millis


class Socket:
    def __init__(self):
        self.timeouts = []

    def settimeout(self, seconds):
        self.timeouts.append(seconds)


class Proxy(unittest.TestCase):
    def setUp(self):
        proxy._known.clear()
        self.calls, self.looked_up = [], []
        self.answer = (200, {"Content-Type": "application/json"}, b'{"result": "hello"}')
        self.clock = Clock()
        for patch in [
            mock.patch.dict(os.environ, {"PARAMETER_ROOT": "/app/healthcare"}),
            mock.patch.object(proxy, "published", self.published),
            mock.patch.object(proxy, "call", self.call),
            mock.patch.object(proxy.time, "monotonic", self.clock),
        ]:
            patch.start()
            self.addCleanup(patch.stop)

    def published(self, name):
        self.looked_up.append(name)
        return PARAMETERS.get(name)

    def call(self, host, target, headers, body, deadline):
        self.calls.append((host, target, headers, body, deadline))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ask(self, path=quote(BASIC, safe="") + "/invocations", headers=None, body='{"prompt": "hi"}', context=None, **more):
        headers = {"authorization": TOKEN} if headers is None else headers
        event = {"pathParameters": {"proxy": path}, "headers": headers, "body": body, "isBase64Encoded": False, **more}
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            answer = proxy.handler(event, context)
        self.said = said.getvalue()
        self.assertNotIn("secret", self.said)
        self.assertNotIn("hi", json.loads(self.said).values())
        self.assertFalse(answer["isBase64Encoded"])
        return answer

    def test_a_call_goes_on_with_the_callers_token_and_session(self):
        answer = self.ask(headers={"Authorization": TOKEN, proxy.SESSION.lower(): SESSION, "Cookie": "a", "x-api-key": "k"})
        self.assertEqual((answer["statusCode"], answer["body"]), (200, '{"result": "hello"}'))
        host, target, headers, body, _ = self.calls[0]
        self.assertEqual(host, "bedrock-agentcore.us-east-1.amazonaws.com")
        self.assertEqual(target, f"/runtimes/{quote(BASIC, safe='')}/invocations?qualifier=DEFAULT")
        self.assertEqual(headers, {"Authorization": TOKEN, proxy.SESSION: SESSION, "Content-Type": "application/json"})
        self.assertEqual(body, b'{"prompt": "hi"}')
        self.assertEqual(json.loads(self.said), {"event": "proxy", "tier": "basic", "status": 200, "ms": 0})

    def test_a_runtime_is_named_by_arn_or_tier_however_it_is_encoded(self):
        for which in [BASIC, quote(BASIC), quote(BASIC, safe=""), quote(quote(BASIC, safe="")), "basic"]:
            self.assertEqual(self.ask(f"{which}/invocations")["statusCode"], 200, which)
        self.assertEqual({target for _, target, _, _, _ in self.calls}, {self.calls[0][1]})

    def test_only_runtimes_of_this_platform_are_called(self):
        others = [
            BASIC.replace("healthcare", "other"),
            BASIC.replace("111122223333", "444455556666"),
            BASIC.replace("us-east-1", "eu-west-1"),
            BASIC + "x",
            BASIC.replace("_basic", "_premium"),
            "premium",
            "../basic",
            "basic/../../x",
            "basic@evil.example",
            "Basic",
            "",
        ]
        for which in others:
            answer = self.ask(f"{which}/invocations")
            self.assertEqual(answer["statusCode"], 404, which)
        for path in ["", "basic", "basic/stopruntimesession", "invocations", f"{BASIC}/invocations/x"]:
            self.assertEqual(self.ask(path)["statusCode"], 404, path)
        self.assertEqual(self.ask(None)["statusCode"], 404)
        self.assertEqual(self.calls, [])

    def test_a_call_without_a_token_goes_nowhere(self):
        for headers in [{}, {"Authorization": ""}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer a\r\nX-Evil: b"}]:
            answer = self.ask(headers=headers)
            self.assertEqual(answer["statusCode"], 401, headers)
            self.assertIn("Authorization: Bearer", json.loads(answer["body"])["message"])
        self.assertEqual(self.calls, [])

    def test_a_session_that_the_runtime_would_refuse_is_refused_here(self):
        for session in ["short", "s" * 257]:
            self.assertEqual(self.ask(headers={"Authorization": TOKEN, proxy.SESSION: session})["statusCode"], 400)
        self.assertEqual(self.calls, [])

    def test_bodies_come_as_text_or_base64(self):
        self.ask(body=base64.b64encode(b"\x00\xff").decode(), isBase64Encoded=True)
        self.ask(body=None)
        self.assertEqual([body for _, _, _, body, _ in self.calls], [b"\x00\xff", b""])
        self.assertEqual(self.ask(body="%", isBase64Encoded=True)["statusCode"], 400)

    def test_refusals_of_the_runtime_are_the_callers_and_failures_are_not_shown(self):
        for status in [400, 401, 403, 409, 424, 429]:
            self.answer = (status, {"Content-Type": "application/json", "Retry-After": "3", "Server": "x"}, b'{"message": "no"}')
            answer = self.ask()
            self.assertEqual((answer["statusCode"], answer["body"]), (status, '{"message": "no"}'))
            self.assertEqual(answer["headers"], {"Content-Type": "application/json", "Retry-After": "3"})
        for status in [302, 500, 503]:
            self.answer = (status, {}, b"a trace of a stack")
            answer = self.ask()
            self.assertEqual(answer["statusCode"], 502)
            self.assertNotIn("stack", answer["body"])

    def test_trouble_on_the_way_is_said_plainly(self):
        for trouble, status in [(TimeoutError(), 504), (ConnectionRefusedError(), 502), (proxy.http.client.BadStatusLine("x"), 502)]:
            self.answer = trouble
            answer = self.ask()
            self.assertEqual(answer["statusCode"], status)
            self.assertIn("message", json.loads(answer["body"]))

    def test_time_is_bounded_by_api_gateway_and_by_lambda(self):
        self.ask()
        self.ask(context=Context(120_000))
        self.ask(context=Context(10_000))
        self.assertEqual([deadline - self.clock.now for _, _, _, _, deadline in self.calls], [27.0, 27.0, 9.0])

    def test_runtimes_are_looked_up_once_a_minute(self):
        self.ask()
        self.ask("premium/invocations")
        self.ask()
        self.ask("premium/invocations")
        self.assertEqual(len(self.looked_up), 2)
        self.clock.now += 61
        self.ask()
        self.assertEqual(len(self.looked_up), 3)


class Call(unittest.TestCase):
    """The request itself, on a connection that is a fake."""

    def setUp(self):
        self.clock, self.parts = Clock(), [b"data: 1\n", b"data: 2\n", b""]
        self.connection = mock.Mock(sock=Socket())
        self.connection.getresponse.return_value = mock.Mock(status=200, headers={}, read1=self.read)
        for patch in [
            mock.patch.object(proxy.http.client, "HTTPSConnection", return_value=self.connection),
            mock.patch.object(proxy.time, "monotonic", self.clock),
        ]:
            patch.start()
            self.addCleanup(patch.stop)

    def read(self, _):
        self.clock.now += 10
        return self.parts.pop(0)

    def test_an_answer_in_parts_is_put_together(self):
        self.assertEqual(proxy.call("host", "/", {}, b"", self.clock.now + 31), (200, {}, b"data: 1\ndata: 2\n"))
        self.assertEqual(self.connection.sock.timeouts, [31, 21, 11])
        self.connection.close.assert_called_once()

    def test_a_trickle_ends_at_the_deadline(self):
        self.parts = [b"."] * 100
        with self.assertRaises(TimeoutError):
            proxy.call("host", "/", {}, b"", self.clock.now + 27)
        self.connection.close.assert_called_once()

    def test_an_endless_answer_is_cut_off(self):
        self.parts = [b"x" * 3_000_000] * 3
        with self.assertRaises(proxy.Refused) as refused:
            proxy.call("host", "/", {}, b"", self.clock.now + 1000)
        self.assertEqual(refused.exception.status, 502)


if __name__ == "__main__":
    unittest.main()
