"""A headless Chromium, driven over the two pipes that it reads and writes its DevTools protocol on.

It has a profile of its own in a temporary directory, and is ended with all it started when it is
left. Whatever a page says on its console, throws or asks of a network is kept, for the tests to see.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time


class Browser:
    def __init__(self, patience_s=60):
        self.patience_s = patience_s
        self.profile = tempfile.mkdtemp(prefix="rusage-bpf-browser-")
        program = shutil.which("chromium")
        if not program:
            raise RuntimeError("there is no chromium; run tools/setup --test")
        to_browser, self.commands = os.pipe()
        self.answers, from_browser = os.pipe()
        arguments = [
            program, "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--force-device-scale-factor=1", "--hide-scrollbars",
            f"--user-data-dir={self.profile}", "about:blank",
        ]

        def take_pipes():
            # Above those they are copied to, whichever numbers they came with.
            spare_in, spare_out = os.dup2(to_browser, 103), os.dup2(from_browser, 104)
            os.dup2(spare_in, 3)
            os.dup2(spare_out, 4)

        self.process = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn  # it takes no lock
            arguments, preexec_fn=take_pipes, pass_fds=(3, 4), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.profile})
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.last_id = 0
        self.session = None
        self.complaints = []
        self.requests = []
        self.loaded = False
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Its own session and so its own process group: nobody else's processes are in it.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        # Processes of the group that init has yet to bury may still hold files there.
        shutil.rmtree(self.profile, ignore_errors=True)

    def _next_message(self, until):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.answers], [], [], max(0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            got = os.read(self.answers, 1 << 20)
            if not got:
                raise RuntimeError("the browser has ended")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(f"console.{parameters['type']}")
        elif method == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {parameters['message']}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def call(self, method, **parameters):
        self.last_id += 1
        command = {"id": self.last_id, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        text = json.dumps(command).encode() + b"\0"
        while text:
            text = text[os.write(self.commands, text):]
        until = time.monotonic() + self.patience_s
        while True:
            message = self._next_message(until)
            if message.get("id") == self.last_id:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self._note(message)

    def open(self, path):
        """Opens a file and returns when everything in it has run and was drawn."""
        self.complaints, self.requests, self.loaded = [], [], False
        self.call("Page.navigate", url=f"file://{path}")
        until = time.monotonic() + self.patience_s
        while not self.loaded:
            self._note(self._next_message(until))
        self.settle()

    def settle(self):
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, expression):
        """The value of a JavaScript expression; of a promise, what it comes to."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def look(self, width=1280, height=900, dark=False, ratio=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=ratio, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.settle()

    def box(self, selector):
        """Where an element is in the window, once it is scrolled into it."""
        return self.run(f"""(() => {{
            const found = document.querySelector({json.dumps(selector)});
            found.scrollIntoView({{block: 'center'}});
            const {{left, top, width, height}} = found.getBoundingClientRect();
            return {{left, top, width, height}};
        }})()""")

    def mouse(self, kind, x, y, clicks=0, held=False):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, clickCount=clicks,
                  button="none" if kind == "mouseMoved" and not held else "left",
                  buttons=1 if held else 0)

    def drag(self, selector, begin, end):
        """From one share of an element's width to another."""
        box = self.box(selector)
        y = box["top"] + box["height"] / 2
        at = [box["left"] + box["width"] * share for share in (begin, (begin + end) / 2, end)]
        self.mouse("mouseMoved", at[0], y)
        self.mouse("mousePressed", at[0], y, 1, held=True)
        for x in at[1:]:
            self.mouse("mouseMoved", x, y, held=True)
        self.mouse("mouseReleased", at[2], y, 1)
        self.settle()

    def point_at(self, selector, x_share, y_share=0.5):
        box = self.box(selector)
        self.mouse("mouseMoved", box["left"] + box["width"] * x_share,
                   box["top"] + box["height"] * y_share)
        self.settle()

    def click(self, selector, times=1):
        box = self.box(selector)
        x, y = box["left"] + box["width"] / 2, box["top"] + box["height"] / 2
        for count in range(1, times + 1):
            self.mouse("mousePressed", x, y, count, held=True)
            self.mouse("mouseReleased", x, y, count)
        self.settle()

    def key(self, key, code=0, text=""):
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)
        self.settle()

    def screenshot(self, path, whole=True):
        image = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))

    def pdf(self, path):
        paper = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True,
                          paperWidth=8.27, paperHeight=11.69)
        with open(path, "wb") as file:
            file.write(base64.b64decode(paper["data"]))
