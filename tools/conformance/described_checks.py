"""What schemathesis holds to be wrong and is right, row by row: read by schemathesis itself (`SCHEMATHESIS_HOOKS`), run by described.py.

Two of its checks ask that whatever the description allows is accepted. A schema tells of one value at a time; a rule that binds several, or
one that no pattern can tell, refuses what each schema allows. Those rules stand here. Every fault of a refusal must stand in a row: one that
does not is a fault of the description or of a reader.
"""

import atexit
import collections
import json
import os
import re

import schemathesis
from schemathesis.specs.openapi import checks as builtin

# The operation, the place of the fault, its code, and why no schema tells of it.
RULES = [
    (r".*", r"/query/cursor", "not_a_cursor", "a cursor holds a sum of itself and the name of its list: no pattern makes one"),
    (r".*", r"/query/to|/to|/ends_at", "not_after", "two fields: a span ends after it begins"),
    (r".*", r"/headers/If-Match", "not_a_version", "schemathesis 4.32.5 sends '' for this pattern, which does not match it"),
    (r".*", r"/zone", "unknown_zone", "which zones there are, a database of zones says, not a pattern"),
    (r"GET /admin/(accounts|search)", r"/query/q", "not_findable", "an address, a number, an id or a name: one pattern of all would tell nothing"),
    (r"GET /admin/bookings/\{id\}/history", r"/query/(from|to)_version", "required", "two fields: both ends of a comparison or none"),
    (r"GET /doctors", r"/query/sort", "required", "two fields: by the price of a call type only where one is named"),
    (r"GET /tariffs", r"/query/at", "not_allowed", "two fields: a list is found by its version or by a time"),
    (r"POST /admin/reconciliations", r"/to", "out_of_range", "two fields: a comparison spans so much at most"),
    (r"POST /admin/price-lists", r"/cancellation/.*", "required", "two fields: which terms a call type has depends on the call type"),
    (r"POST /admin/price-lists", r"/cancellation/.*", "not_allowed", "two fields: which terms a call type has depends on the call type"),
    (r"POST /bookings", r"/(doctor_id|starts_at)", "not_allowed", "two fields: an urgent call chooses neither doctor nor time"),
    (r"POST /bookings", r"/(doctor_id|starts_at|address)", "required", "two fields: a chosen doctor needs a time, a visit at home an address"),
    (r"POST /wallet/withdrawals", r"/(phone|bank_id)", "required", "two fields: a bank account is a number and a bank"),
]
# Refusals that are no fault of what was sent, whatever it was.
STATES = {
    "idempotency_key_reused": "the description's example of a key is sent twice, with two requests",
}
BASE = "/api/v1"
# How often each row was met, for whoever ran this.
met = collections.Counter()


def named(case):
    """`POST /bookings`."""
    return f"{case.operation.method.upper()} {case.operation.path.removeprefix(BASE)}"


def is_right(case, response):
    """Whether the refusal is right by the rows above."""
    try:
        problem = response.json()
    except ValueError:
        return False
    if not isinstance(problem, dict):
        return False
    if problem.get("code") in STATES:
        met[problem["code"]] += 1
        return True
    faults = problem.get("errors")
    rows = [row_of(named(case), fault) for fault in faults or []]
    if not rows or None in rows:
        return False
    met.update(rows)
    return True


def row_of(operation, fault):
    """The row by which a fault is right, if there is one."""
    for number, (operations, pointers, code, _) in enumerate(RULES):
        if fault["code"] == code and re.fullmatch(operations, operation) and re.fullmatch(pointers, fault["pointer"]):
            return number
    return None


def but_for_rules(check, ctx, response, case):
    """One of schemathesis' own checks, but for the rows."""
    try:
        return check(ctx, response, case)
    except builtin.Failure:
        if is_right(case, response):
            return None
        raise


@schemathesis.check
def what_is_described_is_accepted(ctx, response, case):
    """`positive_data_acceptance`, but for the rows."""
    return but_for_rules(builtin.positive_data_acceptance, ctx, response, case)


@schemathesis.check
def a_missing_header_is_missed(ctx, response, case):
    """`missing_required_header`, but for the rows: what is sent is judged before who sends it."""
    return but_for_rules(builtin.missing_required_header, ctx, response, case)


@atexit.register
def tell():
    """Writes down which rows were met."""
    path = os.environ.get("DESCRIBED_MET")
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump({str(row): count for row, count in met.items()}, file)
