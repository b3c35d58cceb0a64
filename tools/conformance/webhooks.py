"""Lets foreign libraries verify what the platform's webhooks say: before, during and after a rotation, and what is forged.

Usage: webhooks.py <tot binary> <folder of what setup fetched>
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

from running_platform import PROXIES, Platform

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EVENTS = ["booking.created", "booking.cancelled"]
PATIENCE_SECONDS = 60
LOOK_EVERY_SECONDS = 0.1

# (what it is, the library, whether it is for Node)
LIBRARIES = [
    ("PyPI standardwebhooks 1.1.0", "standardwebhooks", False),
    ("PyPI svix 2.9.1", "svix", False),
    ("npm standardwebhooks 1.1.1", "standardwebhooks", True),
    ("npm svix 1.99.1", "svix", True),
]


def ask(url, body=None, token=None, method=None, headers=None):
    """One request; answers status and text."""
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"content-type": "application/json", **(headers or {})})
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def asked(*arguments, **more):
    """The same, which must be content."""
    status, text = ask(*arguments, **more)
    if status not in (200, 204):
        raise AssertionError(f"{arguments[0]}: {status} {text}")
    return json.loads(text) if text else None


class Receiver:
    """A receiver's process, as long as its block."""

    def __init__(self, fetched, library, is_node):
        environment = {name: value for name, value in os.environ.items() if name not in PROXIES}
        environment |= {"LIBRARY": library, "PYTHONPATH": str(fetched / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
        program = ["node", fetched / "node" / "webhook_receiver.mjs"] if is_node else [sys.executable, HERE / "drivers" / "webhook_receiver.py"]
        self.process = subprocess.Popen([str(word) for word in program], env=environment, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def until(self, types):
        """Waits until events of these names were verified."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            seen = asked(f"{self.url}/received")
            if [event["type"] for event in seen].count(types[-1]) >= types.count(types[-1]) and {*types} <= {event["type"] for event in seen}:
                return seen
            assert time.monotonic() < deadline, f"{types} did not come within {PATIENCE_SECONDS} s: {seen}"
            time.sleep(LOOK_EVERY_SECONDS)


def journey(url, tokens, receiver):
    """Made, told, rotated, forged."""
    api = f"{url}/api/v1"
    admin, patient = tokens
    made = asked(f"{api}/webhook-endpoints", {"url": f"{receiver.url}/webhooks", "event_types": EVENTS}, admin)
    endpoint = f"{api}/webhook-endpoints/{made['endpoint']['id']}"
    asked(f"{receiver.url}/secret", made["secret"].encode())
    booking = asked(f"{api}/bookings", {"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"}, patient)["id"]
    asked(f"{api}/bookings/{booking}/cancel", {}, patient)
    told = receiver.until(EVENTS)
    assert [event["type"] for event in told] == EVENTS, told
    # A receiver that has the old secret and one that has the new one are both content while it rotates.
    rotated = asked(f"{endpoint}/rotate-secret", {}, admin)["secret"]
    asked(f"{endpoint}/test", {}, admin)
    receiver.until(["webhook.test"])
    asked(f"{receiver.url}/secret", rotated.encode())
    asked(f"{endpoint}/test", {}, admin)
    receiver.until(["webhook.test", "webhook.test"])
    now = str(int(time.time()))
    forged = {"webhook-id": str(uuid.uuid4()), "webhook-timestamp": now, "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
    status, _ = ask(f"{receiver.url}/webhooks", b'{"type":"booking.created"}', headers=forged)
    assert status == 400, f"a forged message was answered {status}"
    asked(endpoint, token=admin, method="DELETE")


def main():
    tot, fetched = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    results = []
    with Platform(tot, ROOT) as platform:
        tokens = platform.token("admin"), platform.token("patient")
        for name, library, is_node in LIBRARIES:
            if is_node and not (fetched / "node" / "node_modules").is_dir():
                print(f"SKIPPED  {name}: there is no Node on this machine", file=sys.stderr, flush=True)
                continue
            began = time.monotonic()
            try:
                with Receiver(fetched, library, is_node) as receiver:
                    journey(platform.environment["TOT_URL"], tokens, receiver)
                words = None
            except AssertionError as failed:
                words = str(failed)
            results.append(words is None)
            print(f"{'FAIL' if words else 'ok  '}  {name}  ({time.monotonic() - began:.1f} s)", flush=True)
            if words:
                print(words, file=sys.stderr, flush=True)
    print(f"{sum(results)} of {len(results)} foreign libraries believe our webhooks")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
