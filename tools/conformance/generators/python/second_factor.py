"""tot-client: codes of a second factor, and going on after what ends every session, against the platform itself."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import os
import time

import anyio
from journey import PASSWORD, URL, email
from tot_client import AsyncTot, ProblemError, Tot, is_problem, schemas

ADMIN = json.loads(os.environ["TOT_ADMIN_LOGIN"])
STEP_SECONDS = 30
# Another journey may have used the code of this moment: the next one is taken at the latest after two steps.
PATIENCE_SECONDS = 2 * STEP_SECONDS


def code(tot: Tot, secret: str) -> str:
    """What the app of this secret shows (RFC 6238)."""
    now = datetime.datetime.fromisoformat(tot.platform.version()["now"].replace("Z", "+00:00"))
    tag = hmac.digest(base64.b32decode(secret), (int(now.timestamp()) // STEP_SECONDS).to_bytes(8), hashlib.sha1)
    start = tag[-1] & 15
    return f"{(int.from_bytes(tag[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def refusal_of_password() -> ProblemError:
    """That the admin's password is not enough."""
    with Tot(URL) as tot:
        try:
            tot.sign_in(ADMIN["email"], ADMIN["password"])
        except ProblemError as due:
            assert is_problem(due, "second_factor_due"), due
            return due
    raise AssertionError("a password was enough for an admin")


# An admin, by the second step of an app with a screen of its own.
with Tot(URL) as admin:
    due, deadline = refusal_of_password(), time.monotonic() + PATIENCE_SECONDS
    last = ""
    while admin.session is None:
        shown = code(admin, ADMIN["totp_secret"])
        if shown == last:
            time.sleep(0.2)
            continue
        last = shown
        try:
            assert admin.complete_sign_in(due, shown)["role"] == "admin"
        except ProblemError as wrong:
            if not is_problem(wrong, "wrong_code") or time.monotonic() > deadline:
                raise
    assert admin.session.device_token
    assert admin.admin.list_accounts(limit=1)["items"], "an admin sees accounts"

# A patient enrols an app: every session ends each time, and the client goes on.
person: schemas.RegisterBody = {"email": email(), "password": PASSWORD, "first_name": "Иван", "last_name": "Иванов"}
with Tot(URL) as patient:
    patient.register(person)
    before = patient.session
    enrolment = patient.auth.enrol({"password": PASSWORD})
    recovery_codes = patient.auth.confirm({"code": code(patient, enrolment["secret"])})["recovery_codes"]
    assert patient.session and before and patient.session.access_token != before.access_token
    assert patient.auth.me()["email"] == person["email"]
    patient.sign_out()
    patient.sign_in(person["email"], PASSWORD, lambda: recovery_codes[0])
    patient.auth.change_password({"current_password": PASSWORD, "new_password": PASSWORD + "-2"})
    assert patient.auth.second_factor()["recovery_codes_left"] == 9


async def as_a_task() -> None:
    """The rest, by the client for tasks."""

    async def asked() -> str:
        return recovery_codes[1]

    async with AsyncTot(URL) as tot:
        await tot.sign_in(person["email"], PASSWORD + "-2", asked)
        await tot.auth.remove({"password": PASSWORD + "-2", "code": recovery_codes[2]})
        assert "enrolled_at" not in await tot.auth.second_factor()
        await tot.sign_out()
        await tot.sign_in(person["email"], PASSWORD + "-2", asked)


anyio.run(as_a_task)
