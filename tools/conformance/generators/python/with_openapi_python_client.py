"""openapi-python-client: a patient registers, books what a doctor opened, pays, sees it secured and calls it off."""

from __future__ import annotations

import datetime
from typing import TypeVar
from uuid import UUID

from generated.openapi_python_client import AuthenticatedClient, Client
from generated.openapi_python_client.api.auth import auth_login, auth_register
from generated.openapi_python_client.api.bookings import (
    bookings_cancel, bookings_list, bookings_quote, bookings_request, bookings_show,
)  # fmt: skip
from generated.openapi_python_client.api.doctors import doctors_open_day, doctors_slots
from generated.openapi_python_client.api.payments import payments_show, payments_start
from generated.openapi_python_client.api.tariffs import tariffs_tariffs
from generated.openapi_python_client.models import (
    BookingStatus, CallType, CancelBody, CancelReason, HoursBody, LoginBody, OpenDayBody, PayBody, PayMethod, Problem, ProblemCode,
    RegisterBody, RequestBody,
)  # fmt: skip
from journey import DATE, DOCTOR, PASSWORD, URL, email, key, pay, until

Answer = TypeVar("Answer")


def good(answer: Answer | Problem | None) -> Answer:
    """What an answer holds, which is no problem."""
    assert answer is not None and not isinstance(answer, Problem), answer
    return answer


def signed_in(token: str) -> AuthenticatedClient:
    """A client of somebody."""
    return AuthenticatedClient(URL, token)


anybody = Client(URL)
person = RegisterBody(email=email(), password=PASSWORD, first_name="Иван", last_name="Иванов")
patient = signed_in(good(auth_register.sync(client=anybody, body=person)).access_token)
session = good(auth_login.sync(client=anybody, body=LoginBody(*DOCTOR)))
doctor, doctor_id = signed_in(session.access_token), session.user.id

hours = [HoursBody(from_="10:00", until="12:00")]
day = OpenDayBody(date=datetime.date.fromisoformat(DATE), slot_minutes=30, working=hours)
opened = good(doctors_open_day.sync(doctor_id, client=doctor, body=day, idempotency_key=key()))
begins = datetime.datetime.fromisoformat(f"{DATE}T00:00:00+00:00")
slots = good(doctors_slots.sync(
    doctor_id, client=anybody, from_=begins, to=begins + datetime.timedelta(days=1), read_after=opened.position,
))  # fmt: skip
starts_at = slots.items[0].starts_at
tariff = good(tariffs_tariffs.sync(client=anybody, call_type=CallType.SCHEDULED, doctor_id=doctor_id, starts_at=starts_at))


def wanted(amount: str) -> RequestBody:
    """The visit, at a price."""
    return RequestBody(call_type=CallType.SCHEDULED, doctor_id=doctor_id, starts_at=starts_at, amount=amount, address="ул. Ленина, 1")


price = tariff.items[0].amount
refused = bookings_request.sync(client=patient, body=wanted("1.00"), idempotency_key=key())
assert isinstance(refused, Problem) and refused.code is ProblemCode.PRICE_CHANGED, refused

own_key = key()
booking = good(bookings_request.sync(client=patient, body=wanted(price), idempotency_key=own_key))
again = bookings_request.sync_detailed(client=patient, body=wanted(price), idempotency_key=own_key)
assert good(again.parsed).id == booking.id and again.headers["idempotent-replayed"] == "true"

card = PayBody(booking_id=booking.id, payment_method=PayMethod.CARD)
payment = good(payments_start.sync(client=patient, body=card, idempotency_key=key()))
until(
    "a page to pay on",
    lambda: good(payments_show.sync(payment.id, client=patient)),
    lambda seen: isinstance(seen.confirmation_url, str),
)
pay(payment.id)


def look(booking_id: UUID) -> BookingStatus:
    """Where the booking is."""
    return good(bookings_show.sync(booking_id, client=patient)).status


until("a secured booking", lambda: look(booking.id), lambda status: status is BookingStatus.ASSIGNED)

quote = good(bookings_quote.sync(booking.id, client=patient))
give_up = CancelBody(reason=CancelReason.RECOVERED, expected_fee=quote.amount)
cancelled = good(bookings_cancel.sync(booking.id, client=patient, body=give_up, idempotency_key=key()))
assert cancelled.status is BookingStatus.CANCELLED
found = bookings_list.sync(client=patient, status=[BookingStatus.CANCELLED], read_after=cancelled.position)
assert [item.id for item in good(found).items] == [booking.id]
