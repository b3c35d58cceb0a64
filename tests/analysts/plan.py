"""A year of the platform as a plan: people, days, bookings, money. Nothing here knows SQL or the shape of facts.

Everything follows from one seed. `facts.py` writes the plan as facts, `answers.py` answers the analysts' questions from it.
"""

import bisect
import random
from datetime import datetime

from chosen import chosen_time
from model import (ADMIN, ADMIN_ID, DAY, DOCTOR, FIRST, HOUR, LAST, MINUTE, MOSCOW, PATIENT, PRICES, PROCESS, SECOND, UTC, Attempt,
                   Booking, Deposit, Doctor, Patient, Payout, Refund, Step, WorkDay, named)


class Plan:
    def __init__(self, size=3000, seed=20251101):
        self.random = random.Random(seed).random
        self.clinics = [named("clinic", n) for n in range(3)]
        self.doctors = [self.new_doctor(n) for n in range(12)]
        self.patients = sorted((self.new_patient(n) for n in range(max(60, size // 8))), key=lambda one: one.signed_up)
        self.signed_up = [patient.signed_up for patient in self.patients]
        self.days = {}
        for doctor in self.doctors:
            for offset in range((LAST - FIRST).days + 1):
                self.open_day(doctor, FIRST + offset * DAY)
        self.taken = set()
        self.bookings = []
        for n in range(size):
            booking = self.urgent(n) if self.chance(0.3) else chosen_time(self, n)
            if booking:
                self.bookings.append(booking)
        self.deposits = list(self.all_deposits())
        self.payouts = list(self.all_payouts())

    # What is drawn; `random()` alone is the same in every version of Python.

    def chance(self, share):
        return self.random() < share

    def whole(self, low, high):
        return low + int(self.random() * (high - low + 1))

    def pick(self, items):
        return items[int(self.random() * len(items))]

    def minutes(self, low, high):
        return self.whole(low * 60, high * 60) * SECOND

    # People and days.

    def new_doctor(self, n):
        zone = "Asia/Yekaterinburg" if n % 4 == 3 else "Europe/Moscow"
        speciality = ["therapist", "paediatrician", "cardiologist"][n % 3]
        return Doctor(named("doctor", n), self.clinics[n % 3] if n < 11 else None, speciality,
                      ["standard", "senior", "expert"][n // 4], zone)

    def new_patient(self, n):
        signed_up = datetime(2025, 1, 1, tzinfo=MOSCOW) - 30 * DAY + self.whole(0, 330 * 24 * 60) * MINUTE
        place = None if self.chance(0.1) else (f"{55 + self.random():.6f}", f"{37 + 1.2 * self.random():.6f}")
        if place and self.chance(0.6):
            place = (f"{55.7 + 0.1 * self.random():.6f}", f"{37.5 + 0.2 * self.random():.6f}")
        return Patient(named("patient", n), signed_up.astimezone(UTC), place, self.chance(0.3))

    def open_day(self, doctor, day):
        if day.weekday() >= 5:
            return
        work = WorkDay(doctor, day, [(9, 13), (14, 18)])
        if self.chance(0.05):
            work.extended = [(9, 13), (14, 20)]
        elif self.chance(0.03):
            work.closed = True
        if self.chance(0.06):
            # It reaches beyond the working hours on purpose.
            work.blocks.append((named("block", doctor.id, day), work.at(16), work.at(19), self.chance(0.3)))
        self.days[doctor.id, day] = work

    def free_slot(self, doctor, day):
        work = self.days.get((doctor.id, day))
        if not work or work.closed:
            return None
        hours = [hour for low, high in work.hours for hour in range(low, high) if hour < 16 or not work.blocks]
        hours = [hour for hour in hours if (doctor.id, day, hour) not in self.taken]
        if not hours:
            return None
        hour = self.pick(hours)
        self.taken.add((doctor.id, day, hour))
        return work.at(hour).astimezone(UTC)

    # Bookings.

    def begin(self, n, call_type, requested_at):
        count = bisect.bisect_right(self.signed_up, requested_at)
        patient = self.patients[int(self.random() * count)]
        booking = Booking(named("booking", n), patient, call_type, PRICES[call_type], requested_at)
        booking.steps.append(Step(requested_at, "requested", PATIENT, patient.id))
        return booking

    def attempt(self, booking, at, ok=True):
        method = self.pick(["yookassa"] * 9 + ["sbp"] * 7 + ["wallet"] * (4 if booking.patient.has_wallet else 0))
        method = method if ok else "yookassa"
        provider = {"yookassa": "yookassa", "wallet": None}.get(method, "tbank" if self.chance(0.6) else "yookassa")
        attempt = Attempt(named("payment", booking.id, len(booking.attempts)), method, provider, booking.price, at)
        booking.attempts.append(attempt)
        return attempt

    def pay(self, booking, paid_at):
        attempt = self.attempt(booking, paid_at - 30 * SECOND)
        attempt.paid_at = paid_at
        if attempt.at_once:
            self.take(attempt, booking.price, paid_at)

    def take(self, attempt, amount, at):
        attempt.captured, attempt.captured_at = amount, at
        if attempt.provider == "yookassa":
            attempt.fee = amount * (35 if attempt.method == "yookassa" else 7) // 1000

    def try_and_fail(self, booking):
        attempt = self.attempt(booking, booking.requested_at + 30 * SECOND, ok=False)
        attempt.failed = self.pick(["insufficient_funds", "card_expired", "insufficient_funds"])

    def settle(self, booking, due):
        """The visit is over: what is due stays, the rest goes back."""
        booking.due = due
        at = booking.steps[-1].at + 2 * SECOND
        attempt = booking.attempts[-1]
        rest = booking.price - due
        if not attempt.at_once and due:
            self.take(attempt, due, at)
        elif not attempt.at_once:
            attempt.given_up_at = at
        elif rest:
            attempt.refunds.append(Refund(1, rest, "settlement", PROCESS, at, at + self.minutes(1, 60)))
        if due:
            booking.earned_at = at + 3 * SECOND
        return attempt

    def complain(self, booking):
        attempt = booking.attempts[-1]
        at = booking.steps[-1].at + 2 * DAY
        ended = at if attempt.method == "wallet" else at + self.minutes(1, 60)
        amount = booking.price * 30 // 100
        attempt.refunds.append(Refund(len(attempt.refunds) + 1, amount, "complaint", ADMIN, at, ended))

    def visit_takes_place(self, booking, doctor):
        steps, (start, _) = booking.steps, booking.final_visit()
        if booking.call_type == "consultation":
            arrived = start + self.minutes(-5, 5)
        else:
            departed = max(start - self.minutes(20, 40), steps[-1].at + MINUTE)
            steps.append(Step(departed, "departed", DOCTOR, doctor.id))
            arrived = departed + self.minutes(15, 50)
        steps.append(Step(arrived, "arrived", DOCTOR, doctor.id))
        if self.chance(0.04):
            steps.append(Step(max(start, arrived) + 15 * MINUTE, "no_show", DOCTOR, doctor.id))
            booking.fee = booking.price * (30 if booking.call_type == "urgent" else 50) // 100
            self.settle(booking, booking.fee)
            return
        started = arrived + self.minutes(1, 5)
        steps.append(Step(started, "started", DOCTOR, doctor.id))
        steps.append(Step(started + self.minutes(20, 70), "completed", DOCTOR, doctor.id))
        self.settle(booking, booking.price)
        if self.chance(0.03):
            self.complain(booking)

    def cancel(self, booking, at, by, by_id, reason, fee):
        booking.steps.append(Step(at, "cancelled", by, by_id, reason=reason))
        booking.fee = fee
        self.settle(booking, fee)

    def urgent(self, n):
        minute = self.whole(0, 364 * 24 * 60 - 1)
        booking = self.begin(n, "urgent", (datetime(2025, 1, 1, tzinfo=MOSCOW) + minute * MINUTE).astimezone(UTC))
        steps = booking.steps
        if self.chance(0.1):
            steps.append(Step(booking.requested_at + 15 * MINUTE, "expired"))
            return booking
        secured = booking.requested_at + self.minutes(1, 6)
        self.pay(booking, secured)
        steps.append(Step(secured, "secured"))
        if self.chance(0.06):
            steps.append(Step(secured + 60 * MINUTE, "nobody_found"))
            booking.fee = 0
            self.settle(booking, 0)
            return booking
        if self.chance(0.07):
            self.cancel(booking, secured + self.minutes(5, 40), PATIENT, booking.patient.id, self.reason(), 0)
            return booking
        doctor = self.be_assigned(booking, secured + self.minutes(2, 25))
        if self.chance(0.1):
            off = steps[-1].at + self.minutes(2, 9)
            steps.append(Step(off, "unassigned", DOCTOR, doctor.id, doctor))
            doctor = self.be_assigned(booking, off + self.minutes(1, 15))
        if self.chance(0.06):
            departed = steps[-1].at + self.minutes(1, 5)
            steps.append(Step(departed, "departed", DOCTOR, doctor.id))
            fee = booking.price * 30 // 100
            self.cancel(booking, departed + self.minutes(1, 9), PATIENT, booking.patient.id, self.reason(), fee)
            return booking
        self.visit_takes_place(booking, doctor)
        return booking

    def be_assigned(self, booking, at):
        doctor = self.pick(self.doctors)
        booking.steps.append(Step(at, "assigned", ADMIN, ADMIN_ID, doctor, (at, at + HOUR)))
        return doctor

    def reason(self):
        return self.pick(["patient_request", "patient_request", "recovered", "mistake", "other"])

    # Money besides visits.

    def all_deposits(self):
        for patient in self.patients:
            if not patient.has_wallet:
                continue
            yield Deposit(patient, 2_000_000, patient.signed_up + HOUR)
            if self.chance(0.3):
                at = patient.signed_up + 2 * DAY
                provider = "tbank" if self.chance(0.5) else "yookassa"
                attempt = Attempt(named("deposit", patient.id), "sbp", provider, 500_000, at, paid_at=at + MINUTE)
                self.take(attempt, 500_000, at + MINUTE)
                yield Deposit(patient, 500_000, at, attempt)

    def all_payouts(self):
        for doctor in self.doctors:
            earned = sorted((b.earned_at, b.due - b.due * 20 // 100) for b in self.bookings if b.earned_at and b.doctor is doctor)
            sent = 0
            for month in range(2, 14):
                at = datetime(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 5, 10, tzinfo=MOSCOW).astimezone(UTC)
                amount = sum(share for when, share in earned if when <= at - DAY) - sent
                if amount > 0:
                    paid = not self.chance(0.08)
                    sent += amount if paid else 0
                    yield Payout(named("payout", doctor.id, month), doctor.id, "doctor_earnings", amount, at, at + HOUR, paid)
        for patient in self.patients:
            if patient.has_wallet and self.chance(0.1):
                at = patient.signed_up + 3 * DAY
                yield Payout(named("withdrawal", patient.id), patient.id, "wallet_withdrawal", 100_000, at, at + HOUR, True)
