"""The plan as facts of the log, in the shapes the platform writes, and as rows of accounts; printed as SQL for psql."""

import hashlib
import json
import uuid
from decimal import Decimal

from model import ADMIN_ID, HOUR, MINUTE, SECOND, UTC, named

SECOND_VERSIONS = {"BookingRequested", "BookingRevived", "BookingAssigned", "BookingRescheduled", "WalletPeriodOpened"}
BY_NOTICE = {"by_notice": {"steps": [{"notice_minutes": 1440, "percent": 0}, {"notice_minutes": 120, "percent": 30},
                                     {"notice_minutes": 0, "percent": 50}]}}
BY_DEPARTURE = {"by_departure": {"after_departure_percent": 30}}
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
# Whatever shows one of these to an analyst shows personal data.
MARKER = "Personal-data-marker"


def shard_of(key):
    """The 64-bit FNV-1a hash, modulo 32."""
    value = 0xCBF29CE484222325
    for byte in key.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value % 32


def text(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money(minor):
    return {"minor": minor, "currency": "RUB"}


def actor(role, who):
    return "process" if role == "process" else {"person": {"id": who, "role": role}}


def span(visit):
    return {"start": text(visit[0]), "end": text(visit[1])}


def appointment(doctor, visit):
    if doctor is None:
        return None
    body = {"doctor_id": doctor.id, "visit": span(visit), "days": [visit[0].astimezone(doctor.tz).date().isoformat()]}
    return body | ({"clinic_id": doctor.clinic} if doctor.clinic else {})


class Log:
    def __init__(self, plan):
        self.facts = []
        for day in plan.days.values():
            self.day(day)
        for booking in plan.bookings:
            self.booking(booking)
            for attempt in booking.attempts:
                self.payment(attempt, booking.patient, booking)
        for patient in plan.patients:
            self.wallet(patient, [one for one in plan.deposits if one.patient is patient])
        for payout in plan.payouts:
            self.payout(payout)
        self.number()

    def add(self, at, kind, stream, key, event, **body):
        self.facts.append((at, len(self.facts), kind, stream, key, event, body))

    def number(self):
        """In the order of time; streams number their own, too."""
        self.rows, versions = [], {}
        for position, (at, _, kind, stream, key, event, body) in enumerate(sorted(self.facts, key=lambda one: one[:2]), 1):
            version = versions[kind, stream] = versions.get((kind, stream), 0) + 1
            payload = json.dumps({event: body | {"at": text(at)}}, separators=(",", ":"))
            metadata = {"command_digest": "", "actor_id": "", "actor_role": "process", "correlation_id": "", "causation": "",
                        "trace_id": "", "app_version": "seed", "at": text(at)}
            self.rows.append((kind, stream, version, event, "2" if event in SECOND_VERSIONS else "1", payload,
                              json.dumps(metadata, separators=(",", ":")), position, shard_of(key), key, text(at),
                              str(uuid.UUID(int=position))))

    def day(self, day):
        doctor, key = day.doctor, day.doctor.id
        stream = f"{key}_{day.date.isoformat()}"
        opened = day.at(0) - 14 * 24 * HOUR
        by = actor("doctor", key)

        def hours(ranges):
            return {"doctor_id": key, "date": day.date.isoformat(), "zone": doctor.zone, "bounds": span((day.at(0), day.at(24))),
                    "working": [span((day.at(low), day.at(high))) for low, high in ranges], "slot_minutes": 60,
                    "buffer_before_minutes": 0, "buffer_after_minutes": 0, "by": by}
        self.add(opened, "doctor_day", stream, key, "DayOpened", **hours(day.hours))
        about = {"doctor_id": key, "date": day.date.isoformat()}
        for block, start, end, taken_back in day.blocks:
            self.add(opened + HOUR, "doctor_day", stream, key, "TimeBlocked", **about, block_id=block, range=span((start, end)), by=by)
            if taken_back:
                self.add(opened + 2 * HOUR, "doctor_day", stream, key, "TimeUnblocked", **about, block_id=block, by=by)
        if day.closed:
            self.add(opened + 3 * HOUR, "doctor_day", stream, key, "DayClosed", **about, by=by)
        elif day.extended:
            self.add(opened + 3 * HOUR, "doctor_day", stream, key, "DayExtended", **hours(day.extended))

    def booking(self, booking):
        def add(at, event, **body):
            self.add(at, "booking", booking.id, booking.id, event, **body)

        for attempt in booking.attempts:
            # Before the payment's own first fact, at the same time.
            if attempt is not booking.attempts[0] or attempt.failed or attempt.paid_at:
                attempt_at = attempt.started_at
                self.facts.append((attempt_at, len(self.facts), "booking", booking.id, booking.id, "BookingPaymentStarted",
                                   {"payment_id": attempt.id}))
        paid_by = booking.attempts[-1].id if booking.attempts else None
        doctor, visit = booking.chosen, booking.visit
        for step in booking.steps:
            by = actor(step.by, step.by_id)
            match step.name:
                case "requested":
                    details = None if booking.call_type == "consultation" else {"id": named("details", booking.id), "digest": DIGEST}
                    add(step.at, "BookingRequested", booking_id=booking.id, patient_id=booking.patient.id,
                        call_type=booking.call_type, appointment=appointment(doctor, visit), price=money(booking.price),
                        tariff_version=1, terms=BY_DEPARTURE if booking.call_type == "urgent" else BY_NOTICE,
                        pay_by=text(step.at + 15 * MINUTE), details=details)
                case "secured":
                    add(step.at, "BookingSecured", payment_id=paid_by)
                case "expired":
                    add(step.at, "BookingExpired")
                case "revived":
                    add(step.at, "BookingRevived", payment_id=paid_by, appointment=appointment(step.doctor, step.visit))
                case "assigned":
                    doctor, visit = step.doctor, step.visit
                    add(step.at, "BookingAssigned", appointment=appointment(doctor, visit), by=by)
                case "unassigned":
                    doctor = None
                    add(step.at, "BookingUnassigned", doctor_id=step.doctor.id, by=by)
                case "rescheduled":
                    add(step.at, "BookingRescheduled", **{"from": appointment(doctor, visit)},
                        to=appointment(step.doctor, step.visit), fee_floor=money(0), by=by)
                    doctor, visit = step.doctor, step.visit
                case "departed":
                    add(step.at, "DoctorDeparted", by=by)
                case "arrived":
                    add(step.at, "DoctorArrived", by=by)
                case "started":
                    add(step.at, "VisitStarted", by=by)
                case "completed":
                    add(step.at, "VisitCompleted", by=by, due=money(booking.price))
                case "no_show":
                    add(step.at, "PatientNoShow", by=by, fee=money(booking.fee))
                case "missed":
                    add(step.at, "BookingMissed", doctor_id=step.doctor.id)
                case "nobody_found":
                    add(step.at, "BookingNobodyFound")
                case "cancelled":
                    add(step.at, "BookingCancelled", by=by, reason=step.reason, note=None, fee=money(booking.fee))
        if booking.earned_at:
            commission = booking.due * 20 // 100
            add(booking.earned_at, "BookingEarned", doctor_id=booking.doctor.id, payment_id=paid_by, kept=money(booking.due),
                commission=money(commission), share=money(booking.due - commission), policy_version=1)

    def payment(self, attempt, patient, booking=None):
        key = booking.id if booking else patient.id

        def add(at, event, **body):
            self.add(at, "payment", attempt.id, key, event, **body)

        terms = {"payment_id": attempt.id, "patient_id": patient.id, "method": attempt.method, "amount": money(attempt.amount)}
        at = attempt.started_at
        if booking:
            add(at, "PaymentStarted", **terms, booking_id=booking.id)
        else:
            add(at, "PaymentDepositStarted", **terms)
        if attempt.provider:
            taking = "at_once" if attempt.at_once else "held"
            add(at, "PaymentRouted", route={"provider": attempt.provider, "taking": taking, "receipts": True})
            add(at + SECOND, "PaymentPending", provider_id=named("provider", attempt.id))
        if attempt.failed:
            add(at + 20 * SECOND, "PaymentFailed", code=attempt.failed)
            return
        if not attempt.at_once:
            expires = None if attempt.method == "wallet" else text(attempt.paid_at + 7 * 24 * HOUR)
            add(attempt.paid_at, "PaymentAuthorised", amount=money(attempt.amount), expires_at=expires)
        if attempt.captured_at:
            released = 0 if attempt.at_once else attempt.amount - attempt.captured
            add(attempt.captured_at, "PaymentCaptured", amount=money(attempt.captured), released=money(released))
            if attempt.fee is not None:
                add(attempt.captured_at + SECOND, "PaymentIncomeKnown", income=money(attempt.captured - attempt.fee))
        if attempt.given_up_at:
            add(attempt.given_up_at, "PaymentCancelled", released=money(attempt.amount))
        for refund in attempt.refunds:
            body = {"number": refund.number, "amount": money(refund.amount), "reason": refund.reason,
                    "by": actor(refund.by, ADMIN_ID)}
            if attempt.method != "wallet":
                add(refund.requested_at, "PaymentRefundRequested", **body)
                add(refund.requested_at + SECOND, "PaymentRefundPending", number=refund.number, provider_id=None)
            add(refund.ended_at, "PaymentRefunded", **body)

    def wallet(self, patient, deposits):
        stream = f"{patient.id}_000001"
        for deposit in deposits:
            if deposit.attempt:
                self.payment(deposit.attempt, patient)
                continue
            self.add(deposit.at - HOUR, "wallet", stream, patient.id, "WalletPeriodOpened", owner_id=patient.id, period=1,
                     balance=money(0), holds=[])
            self.add(deposit.at, "wallet", stream, patient.id, "WalletDeposited", owner_id=patient.id,
                     transfer_id=named("cash", patient.id), amount=money(deposit.amount), source="cash", by=actor("admin", ADMIN_ID))

    def payout(self, payout):
        about = {"owner_id": payout.owner, "purpose": payout.purpose, "amount": money(payout.amount)}

        def add(at, event, **body):
            self.add(at, "payout", payout.id, payout.owner, event, **body)
        add(payout.requested_at, "PayoutRequested", payout_id=payout.id, **about,
            destination={"id": named("destination", payout.owner), "digest": DIGEST}, by=actor("admin", ADMIN_ID))
        add(payout.requested_at + MINUTE, "PayoutPending", provider_id=named("gateway", payout.id))
        if payout.paid:
            add(payout.ended_at, "PayoutPaid", **about)
        else:
            add(payout.ended_at, "PayoutCancelled", **about, code="account_closed")


def copy(table, columns, rows):
    """A table's rows for psql; None is null."""
    yield f"copy {table} ({columns}) from stdin;"
    for row in rows:
        cells = ("\\N" if cell is None else str(cell).replace("\\", "\\\\") for cell in row)
        yield "\t".join(cells)
    yield "\\."


def marked(part, n):
    """A sealed field, as bytes."""
    return "\\x" + f"{MARKER} {part} {n}".encode().hex()


def index(part, n):
    """What a field is found by, as bytes."""
    return "\\x" + hashlib.sha256(f"{part} {n}".encode()).hexdigest()


def field(latitude, longitude):
    """The corner of the field of 0.05 by 0.1 degrees that a place lies in, as the platform writes it."""
    corner = lambda degrees, step: (Decimal(degrees) / step).__floor__() * step
    return f"{corner(latitude, Decimal('0.05')):.2f}", f"{corner(longitude, Decimal('0.10')):.2f}"


def sql(plan):
    """Everything, as lines. The log must be empty."""
    yield "begin;"
    yield from copy("events", "aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position, shard, "
                    "partition_key, recorded_at, command_id", Log(plan).rows)
    joined = "2024-12-01T00:00:00Z"
    people = [(patient.id, "patient", text(patient.signed_up)) for patient in plan.patients]
    people += [(doctor.id, "doctor", joined) for doctor in plan.doctors] + [(clinic, "clinic", joined) for clinic in plan.clinics]
    yield from copy("identity.accounts", "id, role, created_at", people)
    # What a marker stands for here is sealed where people write it; analysts are to see neither.
    contacts = ((one[0], *(stored(part, n) for part in ("email", "phone", "first", "last") for stored in (marked, index)))
                for n, one in enumerate(people))
    yield from copy("identity.contacts", "account_id, email_sealed, email_index, phone_sealed, phone_index, first_name_sealed, "
                    "first_name_index, last_name_sealed, last_name_index", contacts)
    yield from copy("identity.clinics", "account_id, name", ((clinic, f"Clinic {n}") for n, clinic in enumerate(plan.clinics)))
    yield from copy("identity.doctor_profiles", "doctor_id, specialization, experience_years, languages, clinic_id, price_class, zone, "
                    "first_name, last_name",
                    ((one.id, one.speciality, 5, "{ru}", one.clinic, one.price_class, one.zone, f"{MARKER} first", f"{MARKER} last") for one in plan.doctors))
    vault = []
    for booking in plan.bookings:
        if booking.call_type != "consultation":
            body = {"sealed": f"{MARKER} street, {MARKER} symptoms"}
            if booking.patient.place:
                body |= dict(zip(("south", "west"), field(*booking.patient.place)))
            vault.append((named("details", booking.id), booking.patient.id, "booking_details", "", json.dumps(body)))
    yield from copy("identity.vault", "id, subject_id, kind, salt, body", vault)
    yield "commit;"
    yield "analyze;"
