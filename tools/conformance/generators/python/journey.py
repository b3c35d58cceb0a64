"""What every journey in Python needs: where the platform is, the payer, and patience with a limit."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

import httpx

Seen = TypeVar("Seen")
PATIENCE_SECONDS = 20.0
LOOK_EVERY_SECONDS = 0.05

URL = os.environ["TOT_URL"]
# The day that this journey may open, one of its own.
DATE = os.environ["TOT_JOURNEY_DATE"]
DOCTOR = ("doctor@example.com", "doctor123")
PASSWORD = "moss-kettle-ferry"


def email() -> str:
    """Somebody new."""
    return f"journey-{uuid.uuid4()}@example.com"


def key() -> str:
    """A command's key."""
    return str(uuid.uuid4())


def pay(payment_id: object) -> None:
    """The payer pays on the played provider's page."""
    paid = {"metadata": {"key": "payment_id", "value": str(payment_id)}}
    httpx.post(os.environ["TOT_SANDBOX_CONTROL"] + "/pay", json=paid, timeout=20).raise_for_status()


def until(what: str, look: Callable[[], Seen], holds: Callable[[Seen], bool]) -> Seen:
    """Looks until it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = look()
        if holds(seen):
            return seen
        assert time.monotonic() < deadline, f"{what} did not come within {PATIENCE_SECONDS} s: {seen}"
        time.sleep(LOOK_EVERY_SECONDS)
