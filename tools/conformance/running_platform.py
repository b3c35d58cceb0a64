"""The whole platform, as `tot dev` starts it, on servers and data of its own that are thrown away in the end."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

# Everything comes from one address here, and every journey signs in as the same doctor.
LIMITS = {
    "TOT_RATE_LIMIT_REQUESTS_PER_ADDRESS": "100000",
    "TOT_RATE_LIMIT_LOGINS_PER_ADDRESS": "100000",
    "TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT": "100000",
    "TOT_RATE_LIMIT_WRITES_PER_ACCOUNT": "100000",
    "TOT_RATE_LIMIT_FEEDS_PER_LINK": "100000",
    "TOT_LIMIT_BOOKINGS_PER_HOUR": "off",
    "TOT_LIMIT_URGENT_CALLS_PER_HOUR": "off",
    "TOT_LIMIT_REGISTRATIONS_PER_HOUR": "off",
    "TOT_LIMIT_REGISTRATIONS_PER_DAY": "off",
    "TOT_LIMIT_PAYMENTS_PER_HOUR": "off",
    "TOT_LIMIT_INVITATIONS_PER_DAY": "off",
}
# The repository.
ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 180
# Of an authenticator app.
STEP_SECONDS = 30
STOP_SECONDS_MAX = 60
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def free_port():
    """A port that nobody listens at; `tot dev` takes the next one should somebody be quicker."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
ANSWER_SECONDS_MAX = 60
# Nothing of this machine stands between two of its own processes.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer:
    """What was answered: `status`, `headers` and the bytes of `body`."""

    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    def json(self, status=200):
        """The body, if the status is as expected."""
        if self.status != status:
            raise SystemExit(f"{self.status} instead of {status}: {self.body.decode()}")
        return json.loads(self.body)


def ask(url, body=None, token=None, method=None, headers=()):
    """One request: POST with a body, GET without one, unless a method is named."""
    sent = {"accept-language": "en", **dict(headers)}
    if body is not None:
        sent["content-type"] = "application/json"
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=sent, method=method)
    try:
        with DIRECT.open(request, timeout=ANSWER_SECONDS_MAX) as answer:
            return Answer(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused)


def code_at(secret, second):
    """What an authenticator app shows (RFC 6238): SHA-1, six digits, a step of thirty seconds."""
    key = base64.b32decode(secret)
    tag = hmac.new(key, struct.pack(">q", second // STEP_SECONDS), hashlib.sha1).digest()
    start = tag[-1] & 15
    number = struct.unpack(">I", tag[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def signed_in(ask, login):
    """The session of one of the demo's people, by `ask(path, body)`: the password, and a code where there is an app. A code is taken once, so
    where one was used a moment ago the next is waited for."""
    answer = ask("/auth/login", {"email": login["email"], "password": login["password"]})
    if answer.status == 200:
        return answer.json()
    step = answer.json(403)
    last = None
    deadline = time.monotonic() + 2 * STEP_SECONDS
    while True:
        now = datetime.datetime.fromisoformat(ask("/version").json()["now"].replace("Z", "+00:00"))
        code = code_at(login["totp_secret"], int(now.timestamp()))
        if code != last:
            brought = ask("/auth/login/code", {"sign_in_token": step["sign_in_token"], "code": code})
            if brought.status == 200 or time.monotonic() > deadline:
                return brought.json()
            last = code
        time.sleep(0.2)


class Platform:
    """Runs as long as its block; `environment` tells a client where it is."""

    def __init__(self, tot, root):
        self.tot, self.root = pathlib.Path(tot).resolve(), pathlib.Path(root).resolve()

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="platform-", dir=self.root / ".tot" / "conformance")
        home = pathlib.Path(self.folder.name) / ".tot"
        home.mkdir()
        (home / "servers").symlink_to(self.root / ".tot" / "servers")
        # The development servers of this machine are not ours, nor are keys of real providers.
        taken = {name: value for name, value in os.environ.items() if not name.startswith("TOT_") and name not in PROXIES}
        taken.pop("DATABASE_URL", None)
        taken.pop("NATS_URL", None)
        ports = [str(free_port()) for _ in range(3)]
        command = [self.tot, "dev", "--json", "--port", ports[0], "--metrics-port", ports[1], "--sandbox-port", ports[2]]
        self.said = open(pathlib.Path(self.folder.name) / "said", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            command, cwd=self.folder.name, env={**taken, **LIMITS, "TOT_HOME": str(home)},
            stdout=subprocess.PIPE, stderr=self.said, text=True,
        )  # fmt: skip
        overdue = threading.Timer(READY_SECONDS_MAX, self.process.kill)
        overdue.start()
        try:
            told = json.loads(next((line for line in self.process.stdout if line.startswith("{")), "null"))
            ready = next((line for line in self.process.stdout if line.startswith("TOT is ready")), None)
        finally:
            overdue.cancel()
        if told is None or ready is None:
            self.__exit__()
            raise SystemExit(f"{self.tot} dev did not start:\n{self.words}")
        # Nobody reads on, and a full pipe would stop it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.url = told["url"]
        # Of the demo's people, by role.
        self.logins = {login.pop("role"): login for login in told["logins"]}
        self.environment = {
            "TOT_URL": told["url"], "TOT_SANDBOX_CONTROL": told["sandbox"]["control"].rstrip("/"),
            "TOT_ADMIN_LOGIN": json.dumps(self.logins["admin"]),
        }  # fmt: skip
        return self

    def ask(self, path, body=None, token=None, method=None, headers=()):
        """One request below `/api/v1`."""
        return ask(f"{self.url}/api/v1{path}", body, token, method, headers)

    def token(self, role):
        """An access token of the demo's person of this role."""
        return signed_in(self.ask, self.logins[role])["access_token"]

    def __exit__(self, *_):
        ended = self.process.poll()
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.said.seek(0)
        self.words = self.said.read()
        if ended is not None:
            print(f"the platform ended by itself, by code {ended}:\n{self.words}", file=sys.stderr, flush=True)
        self.said.close()
        self.folder.cleanup()
