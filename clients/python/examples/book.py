"""A patient books a visit, pays it, sees it secured and calls it off: against `make run`, or wherever TOT_URL says."""

import os
import uuid

from tot_client import ProblemError, Tot, is_problem, schemas

with Tot(os.environ.get("TOT_URL", "http://localhost:3000")) as tot:
    email = f"patient-{uuid.uuid4()}@example.com"
    tot.register({"email": email, "password": "moss-kettle-ferry", "first_name": "Иван", "last_name": "Иванов"})

    # Who could come, when, and for how much.
    doctor = tot.doctors.list(accepts=True)["items"][0]
    now = tot.platform.version()["now"]
    slot = tot.doctors.slots(doctor["id"], from_=now)["items"][0]
    price = tot.tariffs.tariffs(call_type="scheduled", doctor_id=doctor["id"], starts_at=slot["starts_at"])["items"][0]
    print(f"{doctor['specialization']} {doctor['last_name']}, {slot['starts_at']}, {price['amount']} {price['currency']}")

    # The key of this command is made here, once; whatever is lost on the way, the visit is booked once.
    visit: schemas.RequestBody = {
        "call_type": "scheduled",
        "doctor_id": doctor["id"],
        "starts_at": slot["starts_at"],
        "amount": price["amount"],
        "address": "ул. Ленина, 1",
    }
    booking = tot.bookings.request(visit)
    print(f"Booking {booking['id']} is {booking['status']}; pay by {booking['pay_by']}")

    # A refusal has a code to switch on, and what belongs to it.
    try:
        tot.bookings.request(visit)
    except ProblemError as error:
        if not is_problem(error, "slot_taken", "overlaps_own_booking"):
            raise
        print(f"Refused, as it should be: {error.code}")

    # Follow the booking from its first fact on: nothing is missed, however often the connection breaks.
    started = tot.payments.start({"booking_id": booking["id"], "payment_method": "card"})
    payment = tot.until_confirmable(started["id"])
    print(f"Pay payment {payment['id']} at {payment.get('confirmation_url')}", flush=True)
    for event in tot.bookings.events(booking["id"], last_event_id=booking["position"]):
        print(event.position, event.type)
        if event.type == "BookingSecured":
            seen = tot.bookings.show(booking["id"], read_after=event.position)
            print(f"Secured: {seen['status']}, payment {seen['payment_status']}")
            break

    # Calling it off costs what the quote says, or it is refused with `fee_changed`.
    quote = tot.bookings.quote(booking["id"])
    cancelled = tot.bookings.cancel(booking["id"], {"reason": "recovered", "expected_fee": quote["amount"]})
    print(f"Cancelled for {quote['amount']} {quote['currency']}")
    for one in tot.bookings.list_each(read_after=cancelled["position"]):
        print(one["id"], one["status"])
    tot.sign_out()
