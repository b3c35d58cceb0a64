"""What a question is asked about: a period of local days, and filters; and the plan as seen through them.

    narrow(plan, Question())                                     # the year of the page
    narrow(plan, Question(since=date(2025, 3, 10), call_type="urgent"))
"""

import copy
from dataclasses import dataclass
from datetime import date

from model import DAY, FIRST, LAST, MOSCOW


@dataclass(frozen=True)
class Question:
    since: date = FIRST
    until: date = LAST
    clinic: str = None
    doctor: str = None
    call_type: str = None
    method: str = None

    def parameters(self):
        """As an address names them."""
        given = {"from": self.since, "to": self.until, "clinic": self.clinic, "doctor": self.doctor,
                 "call_type": self.call_type, "method": self.method}
        return {name: str(value) for name, value in given.items() if value is not None}


def day(at):
    return at.astimezone(MOSCOW).date()


def narrow(plan, question):
    """The same plan: `matching` are the bookings that the filters let through, `requested` those of them in the period. The books are
    kept from all of it."""
    seen = copy.copy(plan)
    seen.question = question
    seen.matching = [booking for booking in plan.bookings if matches(booking, question)]
    seen.requested = [booking for booking in seen.matching if within(seen, booking.requested_at)]
    return seen


def matches(booking, question):
    doctor = booking.doctor
    return ((question.clinic is None or booking.clinic == question.clinic)
            and (question.doctor is None or (doctor is not None and doctor.id == question.doctor))
            and (question.call_type is None or booking.call_type == question.call_type))


def within(seen, at):
    return seen.question.since <= day(at) <= seen.question.until


def months(seen):
    """The first days of the months that have a day in the period."""
    first, found = seen.question.since.replace(day=1), []
    while first <= seen.question.until:
        found.append(first)
        first = (first.replace(day=28) + 4 * DAY).replace(day=1)
    return found
