"""tot-client: answers that are lost and tokens that run out, against the platform itself; once waiting, once as a task."""

from __future__ import annotations

import dataclasses

import anyio
import httpx
from journey import DATE, DOCTOR, PASSWORD, URL, email, pay, until
from tot_client import AsyncTot, ProblemError, Session, Tot, is_problem, schemas

WINDOW = (f"{DATE}T00:00:00Z", f"{DATE}T23:59:59Z")
DAY: schemas.OpenDayBody = {"date": DATE, "slot_minutes": 30, "working": [{"from": "10:00", "until": "12:00"}]}


class Losing(httpx.HTTPTransport):
    """Sends everything, and loses the first answer to each command."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        key = request.headers.get("idempotency-key")
        if key is not None and key not in self.lost:
            self.lost.add(key)
            answer.close()
            raise httpx.ReadError("the answer was lost", request=request)
        return answer


def person() -> schemas.RegisterBody:
    """Somebody new."""
    return {"email": email(), "password": PASSWORD, "first_name": "Иван", "last_name": "Иванов"}


def wanted(tot: Tot) -> schemas.RequestBody:
    """A visit on a day that the doctor opens for it."""
    with Tot(URL) as doctor:
        doctor_id = doctor.sign_in(*DOCTOR)["id"]
        opened = doctor.doctors.open_day(doctor_id, DAY)
    slots = tot.doctors.slots_each(doctor_id, from_=WINDOW[0], to=WINDOW[1], limit=3, read_after=opened["position"])
    starts = [slot["starts_at"] for slot in slots]
    assert len(starts) == 4, "two hours of half an hour each, by pages of three"
    price = tot.tariffs.tariffs(call_type="scheduled", doctor_id=doctor_id, starts_at=starts[0])["items"][0]
    return {
        "call_type": "scheduled", "doctor_id": doctor_id, "starts_at": starts[0], "amount": price["amount"], "address": "ул. Ленина, 1",
    }  # fmt: skip


def refused(error: ProblemError, code: str) -> bool:
    """Whether it is refused by that code."""
    return is_problem(error, code)


losing = Losing()
kept: list[Session | None] = []
with Tot(URL, http=httpx.Client(transport=losing, timeout=30), on_session=kept.append) as patient:
    patient.register(person())
    booking = patient.bookings.request(wanted(patient))
    payment = patient.payments.start({"booking_id": booking["id"], "payment_method": "card"})
    assert len(losing.lost) == 2, "both answers were lost once"
    listed = patient.bookings.list(read_after=payment["position"])["items"]
    assert [item["id"] for item in listed] == [booking["id"]], "the visit was booked once"

# A token that was kept too long is renewed before it is sent; one that somebody spoilt is replaced.
session = kept[-1]
assert session is not None
with Tot(URL, session=dataclasses.replace(session, expires_at=0)) as later:
    assert later.auth.me()["role"] == "patient"
    renewed = later.session
assert renewed is not None and renewed.access_token != session.access_token


async def as_a_task(spoilt: Session) -> None:
    """The rest of the journey."""
    async with AsyncTot(URL, session=spoilt) as tot:
        assert (await tot.auth.me())["role"] == "patient"
        with Tot(URL, session=tot.session) as waiting:
            until("a page to pay on", lambda: waiting.payments.show(payment["id"]), lambda seen: bool(seen.get("confirmation_url")))
        pay(payment["id"])
        async for event in tot.bookings.events(booking["id"], last_event_id=booking["position"]):
            if event.type == "BookingSecured":
                assert (await tot.bookings.show(booking["id"], read_after=event.position))["status"] == "assigned"
                break
        fee = (await tot.bookings.quote(booking["id"]))["amount"]
        version = (await tot.bookings.show(booking["id"]))["version"]
        give_up: schemas.CancelBody = {"reason": "recovered", "expected_fee": fee}
        assert (await tot.bookings.cancel(booking["id"], give_up, if_version=version))["status"] == "cancelled"
        for code, call in (
            ("version_mismatch", lambda: tot.bookings.cancel(booking["id"], {}, if_version=1)),
            ("token_missing", lambda: tot.auth.me()),
        ):
            if code == "token_missing":
                await tot.sign_out()
            try:
                await call()
            except ProblemError as error:
                assert refused(error, code), error
            else:
                raise AssertionError(f"{code} was expected")


anyio.run(as_a_task, dataclasses.replace(renewed, access_token="spoilt"))
