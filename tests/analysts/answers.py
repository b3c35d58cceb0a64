"""The right answers to the questions of docs/analysts.md, from the plan alone: no SQL, no facts, no read models.

Each is asked of a plan as `question.narrow` shows it. An answer is a list of rows in the order of the query's columns; `money_answers.py` has those about money.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from model import DAY, HOUR, MINUTE, MOSCOW, SECOND
from question import day, matches, months, within

OPEN = ("pending", "assigned", "en_route", "arrived", "in_progress")
STATUS = {"requested": "pending", "secured": "pending", "revived": "pending", "unassigned": "pending", "departed": "en_route",
          "started": "in_progress", "nobody_found": "expired"}


def month(at):
    return at.astimezone(MOSCOW).strftime("%Y-%m")


def seconds(span):
    return int(span / SECOND)


def percentile(share, values):
    """The first value that at least this share does not exceed; nothing of nothing."""
    values = sorted(values)
    return values[max(0, -int(-share * len(values) // 1) - 1)] if values else None


def percent(part, whole):
    if not whole:
        return None
    return (Decimal(100 * part) / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def rubles(kopecks):
    return None if kopecks is None else Decimal(kopecks).scaleb(-2).quantize(Decimal("0.01"))


def grouped(items, *keys):
    groups = defaultdict(list)
    for item in items:
        groups[tuple(key(item) for key in keys)].append(item)
    return groups.items()


def when(booking, *names):
    """The last time of such a step; a doctor taken off undoes what led to the door."""
    found = None
    for step in booking.steps:
        if step.name in names:
            found = step.at
        elif step.name == "unassigned" and names[0] in ("departed", "arrived"):
            found = None
    return found


def secured(booking):
    return when(booking, "secured", "revived")


def first_assigned(booking):
    return next((step.at for step in booking.steps if step.name == "assigned"), None)


def arrived(booking):
    return when(booking, "arrived")


def statuses(booking):
    """(status, from, until) of every step; until is None for the last."""
    current, found = None, []
    for step in booking.steps:
        current = current if step.name == "rescheduled" else STATUS.get(step.name, step.name)
        found.append((current, step.at))
    return [(status, at, found[n + 1][1] if n + 1 < len(found) else None) for n, (status, at) in enumerate(found)]


def kind(booking):
    return booking.call_type


def question_1(plan):
    found = Counter((day(b.requested_at), b.call_type, b.status) for b in plan.requested)
    return [(*key, count) for key, count in found.items()]


def question_2(plan):
    rows = []
    for (call_type,), bookings in grouped(plan.requested, kind):
        waits = [seconds(secured(b) - b.requested_at) for b in bookings if secured(b)]
        rows.append((call_type, len(bookings), len(waits), percentile(0.5, waits), percentile(0.9, waits)))
    return rows


def question_3(plan):
    cancelled = [b for b in plan.requested if b.status == "cancelled"]
    groups = grouped(cancelled, lambda b: b.steps[-1].by, lambda b: b.steps[-1].reason)
    return [(*key, len(bookings), rubles(sum(b.fee for b in bookings))) for key, bookings in groups]


def question_4(plan):
    hours, asked = defaultdict(lambda: [0, 0]), plan.question

    def counts(doctor, local):
        return (asked.since <= local <= asked.until and (asked.clinic is None or doctor.clinic == asked.clinic)
                and (asked.doctor is None or doctor.id == asked.doctor))
    for work in plan.days.values():
        if not counts(work.doctor, work.date):
            continue
        free = 0
        for low, high in work.working():
            minutes = {work.at(low) + n * MINUTE for n in range((high - low) * 60)}
            for _, start, end, taken_back in work.blocks:
                if not taken_back:
                    minutes = {at for at in minutes if not start <= at < end}
            free += 60 * len(minutes)
        hours[work.date.strftime("%Y-%m"), work.doctor.speciality, work.doctor.id][0] += free
    for b in plan.bookings:
        if b.status in ("cancelled", "expired", "pending"):
            continue
        start, end = b.final_visit()
        if not counts(b.doctor, start.astimezone(b.doctor.tz).date()):
            continue
        key = (start.astimezone(b.doctor.tz).strftime("%Y-%m"), b.doctor.speciality, b.doctor.id)
        hours[key][1] += 0 if b.call_type == "urgent" else seconds(end - start)
    return [(*key, free, booked, percent(booked, free)) for key, (free, booked) in hours.items()]


def question_5(plan):
    rows = []
    for (name,), bookings in grouped([b for b in plan.requested if b.call_type == "urgent"], lambda b: month(b.requested_at)):
        to_doctor = [seconds(first_assigned(b) - b.requested_at) for b in bookings if first_assigned(b)]
        to_door = [seconds(arrived(b) - b.requested_at) for b in bookings if arrived(b)]
        rows.append((name, len(to_doctor), percentile(0.5, to_doctor), len(to_door), percentile(0.5, to_door)))
    return rows


def question_7(plan):
    paid = defaultdict(set)
    for b in plan.matching:
        if secured(b):
            paid[b.patient.id].add(day(secured(b)))
    firsts = [days for days in paid.values() if plan.question.since <= min(days) <= plan.question.until]
    numbers = [{one.year * 12 + one.month - 1 for one in days} for days in firsts]
    found = Counter((min(ones), one - min(ones)) for ones in numbers for one in ones)
    return [(f"{first // 12}-{first % 12 + 1:02}", later, count) for (first, later), count in found.items()]


def question_8(plan):
    over = [b for b in plan.requested if b.status in ("completed", "no_show")]
    rows = []
    for key, bookings in grouped(over, kind, lambda b: b.doctor.speciality):
        absent = sum(b.status == "no_show" for b in bookings)
        rows.append((*key, len(bookings), absent, percent(absent, len(bookings))))
    return rows


def question_9(plan):
    paid = [b for b in plan.requested if b.call_type == "urgent" and secured(b)]
    rows = []
    for (hour,), bookings in grouped(paid, lambda b: secured(b).astimezone(MOSCOW).hour):
        waits = [seconds(arrived(b) - secured(b)) for b in bookings if arrived(b)]
        given_up = sum(not arrived(b) and b.status in ("cancelled", "expired") for b in bookings)
        rows.append((hour, len(bookings), len(waits), given_up, percentile(0.5, waits)))
    return rows


def question_13(plan):
    found = Counter()
    for first in months(plan):
        first_of_next = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=MOSCOW)
        moment = first_of_next - 6 * HOUR
        for b in plan.matching:
            for status, start, end in statuses(b):
                if start <= moment and (end is None or moment < end) and status in OPEN:
                    found[day(moment), status] += 1
    return [(*key, count) for key, count in found.items()]


def question_14(plan):
    rows = []
    for key, bookings in grouped(plan.requested, lambda b: month(b.requested_at), kind):
        counts = [sum(1 for b in bookings if at(b)) for at in (secured, first_assigned, arrived)]
        rows.append((*key, len(bookings), *counts, sum(b.status == "completed" for b in bookings)))
    return rows


def question_15(plan):
    lasted, bookings = Counter(), defaultdict(set)
    for b in plan.requested:
        if b.status == "completed" and b.call_type != "consultation":
            for status, start, end in statuses(b):
                if end is not None:
                    lasted[b.call_type, status] += seconds(end - start)
                    bookings[b.call_type, status].add(b.id)
    return [(*key, len(bookings[key]), (Decimal(total) / len(bookings[key])).quantize(Decimal(1), ROUND_HALF_UP))
            for key, total in lasted.items()]


def assignments(booking):
    """(doctor, how it ended, by whom)."""
    found, doctor = [], None
    for step in booking.steps:
        moved = step.name == "rescheduled" and doctor and step.doctor is not doctor
        ends = step.name in ("unassigned", "completed", "no_show", "missed", "cancelled")
        if doctor and (moved or ends):
            found.append((doctor, step.name, step.by))
            doctor = None
        if step.name == "assigned" or moved:
            doctor = step.doctor
    return found + ([(doctor, None, None)] if doctor else [])


def question_16(plan):
    # The doctor is the assignment's, who may have lost the booking.
    doctor, rows = plan.question.doctor, []
    others = replace(plan.question, doctor=None)

    def counted(booking):
        return [one for one in assignments(booking) if doctor is None or one[0].id == doctor]
    asked = [b for b in plan.bookings if within(plan, b.requested_at) and matches(b, others) and counted(b)]
    for (call_type,), bookings in grouped(asked, kind):
        every = [one for b in bookings for one in counted(b)]
        off = [by for _, how, by in every if how == "unassigned"]
        moved = sum(how == "rescheduled" for _, how, _ in every)
        rows.append((call_type, len(every), len(bookings), len(off), off.count("doctor"), moved))
    return rows


def question_20(plan):
    found = defaultdict(lambda: [0, 0])
    for b in plan.requested:
        if b.call_type != "urgent" and secured(b):
            ahead = b.final_visit()[0] - b.requested_at
            word = ("1. below 6 hours" if ahead < 6 * HOUR else "2. below a day" if ahead < DAY
                    else "3. below 3 days" if ahead < 3 * DAY else "4. 3 days and more")
            found[word][0] += 1
            found[word][1] += b.status == "cancelled"
    return [(word, *counts) for word, counts in found.items()]


def question_21(plan):
    rows = []
    there = [b for b in plan.requested if b.call_type == "scheduled" and arrived(b)]
    for (price_class,), bookings in grouped(there, lambda b: b.doctor.price_class):
        late = sum(arrived(b) > b.final_visit()[0] + timedelta(minutes=10) for b in bookings)
        rows.append((price_class, len(bookings), late, percent(late, len(bookings))))
    return rows


def question_22(plan):
    def cell(b):
        if b.patient.place is None:
            return None
        latitude, longitude = (Decimal(text) for text in b.patient.place)
        return (latitude * 20).__floor__() * 5, (longitude * 10).__floor__() * 10  # hundredths of a degree

    names = {f"{first:%Y-%m}" for first in months(plan)}
    home = [b for b in plan.bookings if b.call_type != "consultation" and month(b.requested_at) in names]
    cells = dict(grouped(home, lambda b: month(b.requested_at), cell))
    rows, rest = [], defaultdict(list)

    def counted(bookings):
        return (len({b.patient.id for b in bookings}), len(bookings), sum(b.call_type == "urgent" for b in bookings),
                sum(b.status == "completed" for b in bookings))
    for (name, place), bookings in cells.items():
        if place is None or len({b.patient.id for b in bookings}) < 5:
            rest[name] += bookings
        else:
            rows.append((name, rubles(place[0]), rubles(place[1]), *counted(bookings)))
    return rows + [(name, None, None, *counted(bookings)) for name, bookings in rest.items()]
