"""Opens pages in headless Chromium, in several widths, by day and by night, and tells what is wrong with them.

    check.py FILE...

Of every page: nothing in the console, no scrolling to the side, totals that are seen whole, no text out of its box, and a contrast of 4.5 or more for every
text. The last line is JSON with how long each took. Needs Python and Chromium, and nothing else.
"""

import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

WIDTHS = (360, 900, 1400)
SCHEMES = ("light", "dark")

# Runs in the page. Text is measured where it is drawn; boxes of the picture are groups of class `box` with one rect.
LOOK = r"""
(() => {
  const wrong = [];
  const tell = (what, node) => {
    if (wrong.length < 20) wrong.push(what + ': ' + (node.textContent || '').trim().slice(0, 60));
  };
  const root = document.documentElement;
  if (root.tagName.toLowerCase() !== 'svg' && root.scrollWidth > root.clientWidth + 1) {
    wrong.push('the page is ' + root.scrollWidth + ' wide in a window of ' + root.clientWidth);
    for (const node of document.body.querySelectorAll('*')) {
      if (!node.closest('.scroll') && node.getBoundingClientRect().right > root.clientWidth + 1) tell('sticks out', node);
    }
  }
  for (const table of document.querySelectorAll('table.totals')) {
    const around = table.closest('.scroll');
    if (around.scrollWidth > around.clientWidth + 1) tell('the totals are cut off', table);
  }
  const color = (text) => {
    const parts = text.match(/[\d.]+/g);
    return parts && parts.length >= 3 ? parts.map(Number) : null;
  };
  const luminance = ([r, g, b]) => {
    const f = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m);
    return (x + 0.05) / (y + 0.05);
  };
  const opaque = (c) => c && (c.length < 4 || c[3] === 1);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const c = color(getComputedStyle(at).backgroundColor);
      if (opaque(c)) return c;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
  };
  let texts = 0;
  const walker = document.createTreeWalker(document.body || root, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || node.closest('svg, style, title, head')) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (!box.width) continue;
    texts += 1;
    const ratio = contrast(color(getComputedStyle(node).color), ground(node));
    if (ratio < 4.5) tell('contrast ' + ratio.toFixed(2), node);
    const around = node.closest('td, th, li, p, dd, dt, summary, pre, h1, h2, h3, main');
    const room = around.getBoundingClientRect();
    if (!node.closest('.scroll') && (box.right > room.right + 1 || box.left < room.left - 1)) tell('overflows its box', node);
  }
  for (const svg of document.querySelectorAll('svg')) {
    const whole = svg.viewBox.baseVal;
    const rects = [...svg.querySelectorAll('rect')].map((rect) => [rect.getBBox(), color(getComputedStyle(rect).fill)]);
    for (const text of svg.querySelectorAll('text')) {
      texts += 1;
      const box = text.getBBox();
      if (box.x < 0 || box.y < 0 || box.x + box.width > whole.width + 0.5 || box.y + box.height > whole.height + 0.5) {
        tell('overflows the picture', text);
      }
      const group = text.closest('.box');
      if (group) {
        const own = group.querySelector('rect').getBBox();
        if (box.x < own.x || box.x + box.width > own.x + own.width + 0.5 || box.y < own.y - 1 || box.y + box.height > own.y + own.height + 1) {
          tell('overflows its box', text);
        }
      }
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const under = rects.filter(([r, fill]) => opaque(fill) && r.x <= x && x <= r.x + r.width && r.y <= y && y <= r.y + r.height);
      const ratio = contrast(color(getComputedStyle(text).fill), under.length ? under[under.length - 1][1] : [255, 255, 255]);
      if (ratio < 4.5) tell('contrast ' + ratio.toFixed(2), text);
    }
  }
  return JSON.stringify({ wrong, texts });
})()
"""


class DevTools:
    """One tab, over its websocket; frames are small enough to be written by hand."""

    def __init__(self, address):
        host, rest = address.removeprefix("ws://").split("/", 1)
        name, port = host.split(":")
        self.socket = socket.create_connection((name, int(port)), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET /{rest} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self.socket.sendall(request.encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(4096)
        self.buffer = self.buffer.split(b"\r\n\r\n", 1)[1]
        self.next = 0
        self.events = []

    def take(self, n):
        while len(self.buffer) < n:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("Chromium closed the connection")
            self.buffer += more
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def receive(self):
        text = b""
        while True:
            first, second = self.take(2)
            length = second & 127
            if length == 126:
                (length,) = struct.unpack(">H", self.take(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.take(8))
            payload = self.take(length)
            if first & 15 in (0, 1):
                text += payload
                if first & 128:
                    return json.loads(text)

    def send(self, method, **params):
        self.next += 1
        text = json.dumps({"id": self.next, "method": method, "params": params}).encode()
        mask = os.urandom(4)
        length = struct.pack(">B", 128 | len(text)) if len(text) < 126 else struct.pack(">BH", 254, len(text))
        self.socket.sendall(b"\x81" + length + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(text)))
        return self.next

    def call(self, method, **params):
        wanted = self.send(method, **params)
        while True:
            message = self.receive()
            if message.get("id") == wanted:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait(self, event):
        while True:
            for at, message in enumerate(self.events):
                if message.get("method") == event:
                    return self.events.pop(at)
            self.events.append(self.receive())


def start(folder):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --remote-debugging-port=0"
    )
    return subprocess.Popen([chromium, *flags.split(), f"--user-data-dir={folder}", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def connect(folder):
    file = pathlib.Path(folder, "DevToolsActivePort")
    for _ in range(300):
        if file.exists() and file.read_text().count("\n") >= 1:
            port = file.read_text().split("\n")[0]
            tabs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30))
            pages = [tab for tab in tabs if tab["type"] == "page"]
            if pages:
                return DevTools(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise RuntimeError("Chromium did not start")


def check(tab, file):
    """What is wrong with one page, and how many seconds it took to open."""
    wrong, slowest = [], 0.0
    for scheme in SCHEMES:
        tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        for width in WIDTHS:
            tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            tab.events.clear()
            begun = time.monotonic()
            tab.call("Page.navigate", url=pathlib.Path(file).resolve().as_uri())
            tab.wait("Page.loadEventFired")
            # A frame is drawn before it counts as open.
            tab.call("Runtime.evaluate", expression="new Promise(r => requestAnimationFrame(() => setTimeout(r, 0)))", awaitPromise=True)
            slowest = max(slowest, time.monotonic() - begun)
            opened = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
            where = f"{pathlib.Path(file).name} at {width}, {scheme}"
            for state, before in (("", "0"), (", all open", opened)):
                tab.call("Runtime.evaluate", expression=before)
                result = tab.call("Runtime.evaluate", expression=LOOK, returnByValue=True)
                if "exceptionDetails" in result:
                    raise RuntimeError(f"{where}: {result['exceptionDetails']}")
                found = json.loads(result["result"]["value"])
                wrong += [f"{where}{state}: {what}" for what in found["wrong"]]
                if found["texts"] < 20:
                    wrong.append(f"{where}{state}: only {found['texts']} texts were seen")
            for event in tab.events:
                if event.get("method") == "Log.entryAdded":
                    wrong.append(f"{where}: console: {event['params']['entry']['text']}")
                if event.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
                    wrong.append(f"{where}: console: {event['params']}")
    return wrong, slowest


def main(files):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        chromium = start(folder)
        try:
            tab = connect(folder)
            for domain in ("Page", "Log", "Runtime"):
                tab.call(f"{domain}.enable")
            wrong, seconds = [], {}
            check(tab, files[0])  # The first page pays for what a browser does once.
            for file in files:
                found, seconds[pathlib.Path(file).name] = check(tab, file)
                wrong += found
        finally:
            chromium.terminate()
            chromium.wait()
    for what in wrong:
        print(what)
    print(json.dumps(seconds))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
