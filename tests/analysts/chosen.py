"""The part of the plan about visits at a chosen time: scheduled ones and consultations."""

from datetime import datetime, timedelta

from model import (ADMIN, ADMIN_ID, CLINIC, DAY, DOCTOR, FIRST, HOUR, MINUTE, MOSCOW, PATIENT, SECOND, Step)

LENGTH = {"scheduled": 60 * MINUTE, "consultation": 30 * MINUTE}
# Visits from here on have not come yet.
OPEN_FROM = datetime(2025, 12, 29, tzinfo=MOSCOW)


def chosen_time(plan, n):
    call_type = "scheduled" if plan.chance(0.7) else "consultation"
    doctor = plan.pick(plan.doctors)
    start = plan.free_slot(doctor, FIRST + plan.whole(1, 363) * DAY)
    if start is None:
        return None
    requested = start - plan.whole(2 * 60, 8 * 24 * 60) * MINUTE - plan.whole(0, 59) * SECOND
    if requested < datetime(2025, 1, 1, tzinfo=MOSCOW):
        return None
    booking = plan.begin(n, call_type, requested)
    booking.chosen, booking.visit = doctor, (start, start + LENGTH[call_type])
    if plan.chance(0.07):
        plan.try_and_fail(booking)
    if plan.chance(0.1) and not pay_too_late(plan, booking, doctor):
        return booking
    if not booking.step("revived"):
        secured = requested + plan.minutes(1, 12)
        plan.pay(booking, secured)
        booking.steps.append(Step(secured, "secured"))
    booking.steps.append(Step(booking.steps[-1].at, "assigned", doctor=doctor, visit=booking.visit))
    if start < OPEN_FROM:
        go_on(plan, booking, doctor)
    return booking


def pay_too_late(plan, booking, doctor):
    """The hold ends unpaid; now and then the money comes after all, and the booking is revived."""
    expired = booking.requested_at + 15 * MINUTE
    booking.steps.append(Step(expired, "expired"))
    if not plan.chance(0.2):
        return False
    plan.pay(booking, expired + 5 * MINUTE)
    booking.steps.append(Step(expired + 5 * MINUTE, "revived", doctor=doctor, visit=booking.visit))
    return True


def go_on(plan, booking, doctor):
    draw = plan.random()
    secured, (start, end) = booking.steps[-1].at, booking.visit
    between = secured + int(plan.random() * ((start - secured) / SECOND - 91 * 60)) * SECOND
    if draw < 0.10:
        notice = start - between
        percent = 0 if notice >= DAY else 30 if notice >= 2 * HOUR else 50
        plan.cancel(booking, between, PATIENT, booking.patient.id, plan.reason(), booking.price * percent // 100)
    elif draw < 0.14:
        by, by_id = plan.pick([(DOCTOR, doctor.id), (CLINIC, doctor.clinic or doctor.id), (ADMIN, ADMIN_ID)])
        reason = "doctor_unavailable" if by == DOCTOR else "clinic_request"
        plan.cancel(booking, between, by if doctor.clinic or by != CLINIC else DOCTOR, by_id, reason, 0)
    elif draw < 0.16:
        booking.steps.append(Step(end + DAY, "missed", doctor=doctor))
        booking.fee = 0
        plan.settle(booking, 0)
    elif draw < 0.22:
        other = plan.pick([one for one in plan.doctors if one is not doctor])
        booking.steps.append(Step(between, "unassigned", DOCTOR, doctor.id, doctor))
        at, visit = between + plan.minutes(1, 20), booking.visit
        new = plan.free_slot(other, day_after(plan, booking)) if plan.chance(0.3) else None
        if new and new < OPEN_FROM:
            # Moved while it has no doctor: it gets one by that.
            visit = (new, new + LENGTH[booking.call_type])
            booking.steps.append(Step(at, "rescheduled", ADMIN, ADMIN_ID, other, visit))
        booking.steps.append(Step(at, "assigned", ADMIN, ADMIN_ID, other, visit))
        plan.visit_takes_place(booking, other)
    elif draw < 0.28:
        move(plan, booking, doctor, between)
    else:
        plan.visit_takes_place(booking, doctor)


def day_after(plan, booking):
    return booking.visit[0].astimezone(MOSCOW).date() + timedelta(days=plan.whole(1, 5))


def move(plan, booking, doctor, at):
    """The patient takes another time, of the same doctor or of another one."""
    other = doctor if plan.chance(0.5) else plan.pick(plan.doctors)
    new = plan.free_slot(other, day_after(plan, booking))
    if new is None or new >= OPEN_FROM:
        plan.visit_takes_place(booking, doctor)
        return
    visit = (new, new + LENGTH[booking.call_type])
    booking.steps.append(Step(at, "rescheduled", PATIENT, booking.patient.id, other, visit))
    plan.visit_takes_place(booking, other)
