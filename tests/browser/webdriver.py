"""A browser without a screen, told what to do over the WebDriver protocol."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEYS = {"tab": "\ue004", "left": "\ue012", "up": "\ue013", "right": "\ue014", "down": "\ue015", "space": " "}
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,1000"]
PATIENCE = 30.0


class Browser:
    """One window."""

    def __init__(self, base, session):
        self._base = f"{base}/session/{session}"

    def _tell(self, path, **body):
        return told(f"{self._base}/{path}", body)

    def open(self, path):
        """Open a file."""
        self._tell("url", url=Path(path).as_uri())

    def run(self, script, *arguments):
        """Run the body of a function in the page; what it returns."""
        return self._tell("execute/sync", script=script, args=list(arguments))

    def press(self, *names):
        """Press and release keys, one after another."""
        steps = [{"type": kind, "value": KEYS[name]} for name in names for kind in ("keyDown", "keyUp")]
        self._tell("actions", actions=[{"type": "key", "id": "keyboard", "actions": steps}])

    def point(self, x, y):
        """Move the mouse."""
        move = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
        self._tell("actions", actions=[{"type": "pointer", "id": "mouse", "actions": [move]}])

    def devtools(self, command, **parameters):
        """A command of the developer tools."""
        return self._tell("goog/cdp/execute", cmd=command, params=parameters)

    def scheme(self, name):
        """Prefer `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": name}
        self.devtools("Emulation.setEmulatedMedia", features=[feature])

    def size(self, width, height):
        """Another size of the window."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def complaints(self):
        """What the browser wrote on its console since the last time."""
        return self._tell("se/log", type="browser")

    def picture(self, path):
        """Write what is to be seen, the whole page, as PNG."""
        taken = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)
        Path(path).write_bytes(base64.b64decode(taken["data"]))


def told(address, body):
    """Send one command; the value of the answer."""
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 - our own driver
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(json.load(error)["value"]["message"]) from None


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that ends with the block."""
    driver = shutil.which("chromedriver")
    assert driver, "chromedriver is missing; on Debian: apt install chromium chromium-driver"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}"
        options = {"args": ARGUMENTS}
        wishes = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        _await(port)
        session = told(f"{base}/session", {"capabilities": {"alwaysMatch": wishes}})
        window = Browser(base, session["sessionId"])
        try:
            yield window
        finally:
            request = urllib.request.Request(f"{base}/session/{session['sessionId']}", method="DELETE")  # noqa: S310
            urllib.request.urlopen(request, timeout=PATIENCE).close()  # noqa: S310
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await(port):
    """Wait until the driver listens."""
    deadline = time.monotonic() + PATIENCE
    while not _listens(port):
        assert time.monotonic() < deadline, "the driver does not start"
        time.sleep(0.05)


def _listens(port):
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0
