"""datamodel-code-generator: its models over plain httpx. A patient registers, books what a doctor opened, pays, sees it secured and calls it off."""

from __future__ import annotations

import datetime
from typing import TypeVar

import httpx
from generated.datamodel_code_generator import (
    BookingView, CancelBody, HoursBody, LoginBody, OpenDayBody, PageViewBookingView, PageViewSlotView, PayBody, PaymentView,
    PositionedBookingView, PositionedDayView, PositionedPaymentView, Problem, QuoteView, RegisterBody, RequestBody, SessionView, TariffView,
)  # fmt: skip
from journey import DATE, DOCTOR, PASSWORD, URL, email, key, pay, until
from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


class As:
    """A client of somebody."""

    def __init__(self, token: str | None = None) -> None:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=f"{URL}/api/v1", headers=headers, timeout=30)

    def read(self, model: type[Model], path: str, after: int | None = None, **query: str) -> Model:
        """A query."""
        answer = self.http.get(path, params=query, headers={} if after is None else {"read-after": str(after)})
        assert answer.is_success, answer.text
        return model.model_validate_json(answer.content)

    def send(self, model: type[Model], path: str, body: BaseModel, own_key: str | None = None) -> Model | Problem:
        """A command; what is not set is not sent."""
        headers = {"content-type": "application/json"}
        if not path.startswith("/auth/"):
            headers["idempotency-key"] = own_key or key()
        answer = self.http.post(path, content=body.model_dump_json(exclude_unset=True, by_alias=True), headers=headers)
        return (model if answer.is_success else Problem).model_validate_json(answer.content)

    def make(self, model: type[Model], path: str, body: BaseModel, own_key: str | None = None) -> Model:
        """A command that is not refused."""
        answer = self.send(model, path, body, own_key)
        assert isinstance(answer, model), answer
        return answer


person = RegisterBody.model_validate({"email": email(), "password": PASSWORD, "first_name": "Иван", "last_name": "Иванов"})
patient = As(As().make(SessionView, "/auth/register", person).access_token)
session = As().make(SessionView, "/auth/login", LoginBody.model_validate({"email": DOCTOR[0], "password": DOCTOR[1]}))
doctor, doctor_id = As(session.access_token), session.user.id

hours = HoursBody.model_validate({"from": "10:00", "until": "12:00"})
day = OpenDayBody(date=datetime.date.fromisoformat(DATE), slot_minutes=30, working=[hours])
opened = doctor.make(PositionedDayView, f"/doctors/{doctor_id}/days", day)
window = {"from": f"{DATE}T00:00:00Z", "to": f"{DATE}T23:59:59Z"}
slots = patient.read(PageViewSlotView, f"/doctors/{doctor_id}/slots", opened.position, **window)
starts_at = slots.items[0].starts_at
at = starts_at.isoformat().replace("+00:00", "Z")
tariff = patient.read(TariffView, "/tariffs", call_type="scheduled", doctor_id=str(doctor_id), starts_at=at)


def wanted(amount: str) -> RequestBody:
    """The visit, at a price."""
    visit = {"call_type": "scheduled", "doctor_id": doctor_id, "starts_at": starts_at, "amount": amount, "address": "ул. Ленина, 1"}
    return RequestBody.model_validate(visit)


price = tariff.items[0].amount
refused = patient.send(PositionedBookingView, "/bookings", wanted("1.00"))
assert isinstance(refused, Problem) and refused.code.value == "price_changed", refused

own_key = key()
booking = patient.make(PositionedBookingView, "/bookings", wanted(price), own_key)
assert patient.make(PositionedBookingView, "/bookings", wanted(price), own_key).id == booking.id

card = PayBody.model_validate({"booking_id": booking.id, "payment_method": "card"})
payment = patient.make(PositionedPaymentView, "/payments", card)
until(
    "a page to pay on",
    lambda: patient.read(PaymentView, f"/payments/{payment.id}"),
    lambda seen: seen.confirmation_url is not None,
)
pay(payment.id)
until(
    "a secured booking",
    lambda: patient.read(BookingView, f"/bookings/{booking.id}"),
    lambda seen: seen.status.value == "assigned",
)

quote = patient.read(QuoteView, f"/bookings/{booking.id}/cancellation-quote")
give_up = CancelBody.model_validate({"reason": "recovered", "expected_fee": quote.amount})
cancelled = patient.make(PositionedBookingView, f"/bookings/{booking.id}/cancel", give_up)
assert cancelled.status.value == "cancelled"
found = patient.read(PageViewBookingView, "/bookings", cancelled.position, status="cancelled")
assert [item.id for item in found.items] == [booking.id]
