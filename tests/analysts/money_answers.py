"""The right answers about money, from the plan alone: the books are kept here a second time, by hand."""

from collections import Counter, defaultdict
from itertools import count

from answers import grouped, month, percentile, rubles, seconds, secured
from model import SECOND
from question import day, months, within

TYPES = {"commission": "income", "provider_fees": "expense", "refund_costs": "expense"}


def account_type(account):
    return TYPES.get(account) or ("asset" if account.endswith("_clearing") else "liability")


def source(attempt):
    """Where a patient's money comes from and goes back to."""
    if attempt.method == "wallet":
        return "wallet_liability"
    return f"{attempt.provider}_{'card' if attempt.method == 'yookassa' else 'sbp'}_clearing"


def movements(plan):
    """(fact, when, account, kopecks); debits are positive, and each fact sums to zero."""
    facts = count()

    def move(at, *lines):
        fact = next(facts)
        return [(fact, at, account, amount) for account, amount in lines if amount]

    for booking in plan.bookings:
        for attempt in booking.attempts:
            yield from of_attempt(move, attempt)
        if booking.earned_at:
            commission = booking.due * 20 // 100
            yield from move(booking.earned_at, ("patient_advances", booking.due), ("commission", -commission),
                            ("doctor_payable", commission - booking.due))
    for deposit in plan.deposits:
        if deposit.attempt:
            attempt = deposit.attempt
            yield from move(attempt.captured_at, (source(attempt), deposit.amount), ("wallet_liability", -deposit.amount))
            yield from fee(move, attempt)
        else:
            yield from move(deposit.at, ("cash_clearing", deposit.amount), ("wallet_liability", -deposit.amount))
    for payout in plan.payouts:
        owed = "doctor_payable" if payout.purpose == "doctor_earnings" else "wallet_liability"
        yield from move(payout.requested_at, (owed, payout.amount), ("payouts_in_transit", -payout.amount))
        arrives = "payout_clearing" if payout.paid else owed
        yield from move(payout.ended_at, ("payouts_in_transit", payout.amount), (arrives, -payout.amount))


def fee(move, attempt):
    if attempt.fee is not None:
        return move(attempt.captured_at + SECOND, ("provider_fees", attempt.fee), (source(attempt), -attempt.fee))
    return []


def of_attempt(move, attempt):
    held = 0 if attempt.at_once or attempt.failed else attempt.amount
    if held:
        yield from move(attempt.paid_at, (source(attempt), held), ("booking_holds", -held))
    if attempt.captured_at:
        from_where = ("booking_holds", held) if held else (source(attempt), attempt.captured)
        released = held - attempt.captured if held else 0
        yield from move(attempt.captured_at, from_where, ("patient_advances", -attempt.captured), (source(attempt), -released))
        yield from fee(move, attempt)
    if attempt.given_up_at:
        yield from move(attempt.given_up_at, ("booking_holds", held), (source(attempt), -held))
    for refund in attempt.refunds:
        out_of = "refund_costs" if refund.reason == "complaint" else "patient_advances"
        yield from move(refund.ended_at, (out_of, refund.amount), (source(attempt), -refund.amount))


def attempts(plan):
    """Those of the method that is asked about."""
    method = plan.question.method
    return [one for booking in plan.bookings for one in booking.attempts if method in (None, one.method)]


def question_6(plan):
    taken = [one for one in attempts(plan) if one.captured_at and within(plan, one.captured_at)]
    rows = []
    for (method, provider), group in grouped(taken, lambda one: one.method, lambda one: one.provider):
        known = [one for one in group if one.fee is not None or method == "wallet"]
        unknown = [one for one in group if one not in known]

        def back(one):
            return sum(refund.amount for refund in one.refunds)
        fees = sum(one.fee or 0 for one in known) if known else None
        net = sum(one.captured - back(one) - (one.fee or 0) for one in known) if known else None
        rows.append((method, provider, rubles(sum(one.captured for one in group)), rubles(sum(map(back, group))), rubles(fees),
                     rubles(net), rubles(sum(one.captured - back(one) for one in unknown))))
    return rows


def question_10(plan):
    rows = []
    earnings = [one for one in plan.payouts if one.purpose == "doctor_earnings" and within(plan, one.requested_at)
                and plan.question.doctor in (None, one.owner)]
    for key, group in grouped(earnings, lambda one: month(one.requested_at), lambda one: one.owner):
        rows.append((*key, rubles(sum(one.amount for one in group if one.paid)), sum(not one.paid for one in group)))
    return rows


def monthly(plan):
    """(first of the month, account) → debit, credit."""
    sums = defaultdict(lambda: [0, 0])
    for _, at, account, amount in movements(plan):
        sums[day(at).replace(day=1), account][amount < 0] += abs(amount)
    return sums


def closing(sums, until, account):
    return sum(debit - credit for (first, name), (debit, credit) in sums.items() if name == account and first <= until)


def question_11(plan):
    sums = monthly(plan)
    return [(f"{first:%Y-%m}", account, account_type(account), rubles(debit), rubles(credit), rubles(closing(sums, first, account)))
            for (first, account), (debit, credit) in sums.items() if first in months(plan)]


def question_12(plan):
    sums = monthly(plan)
    accounts = {account for _, account in sums if account_type(account) == "liability"}
    owed = [(first, account, -closing(sums, first, account)) for first in months(plan) for account in accounts]
    return [(f"{first:%Y-%m}", account, rubles(amount)) for first, account, amount in owed if amount]


def question_17(plan):
    found = defaultdict(lambda: [0, 0])
    for booking in plan.bookings:
        for attempt in booking.attempts:
            if attempt.failed and within(plan, attempt.started_at) and plan.question.method in (None, attempt.method):
                found[attempt.method, attempt.failed][0] += 1
                found[attempt.method, attempt.failed][1] += secured(booking) is not None
    return [(*key, *counts) for key, counts in found.items()]


def question_18(plan):
    refunds = [(refund, one.method) for one in attempts(plan) for refund in one.refunds if within(plan, refund.requested_at)]
    rows = []
    for key, group in grouped(refunds, lambda one: one[0].reason, lambda one: one[0].by, lambda one: one[1]):
        waits = [seconds(refund.ended_at - refund.requested_at) for refund, _ in group]
        rows.append((*key, len(group), rubles(sum(refund.amount for refund, _ in group)), percentile(0.5, waits)))
    return rows


def question_19(plan):
    def quarter(booking):
        local = day(booking.earned_at)
        return f"{local.year}Q{(local.month + 2) // 3}"
    rows = []
    for key, group in grouped([b for b in plan.matching if b.earned_at and within(plan, b.earned_at)], lambda b: b.clinic, quarter):
        commission = sum(b.due * 20 // 100 for b in group)
        rows.append((*key, len(group), rubles(sum(b.due for b in group) - commission), rubles(commission)))
    return rows


def question_23(plan):
    sums = monthly(plan)
    rows = []
    for first in months(plan):
        def of(account, side):
            return sums[first, account][side] if (first, account) in sums else 0
        assert closing(sums, first, "patient_advances") <= 0, "visits earn no more than was taken for them"
        rows.append((f"{first:%Y-%m}", rubles(of("patient_advances", 1)), rubles(of("commission", 1)), rubles(of("provider_fees", 0)),
                     rubles(of("refund_costs", 0)), rubles(-closing(sums, first, "patient_advances"))))
    return rows


def question_24(plan):
    per_fact = Counter()
    for fact, _, _, amount in movements(plan):
        per_fact[fact] += amount
    return [(sum(amount != 0 for amount in per_fact.values()), rubles(sum(per_fact.values())), 0, 0)]
