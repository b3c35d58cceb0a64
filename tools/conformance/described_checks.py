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

# The operation, the place of the fault, its code (patterns, the whole of each), and why no schema tells of it.
RULES = [
    # Values that no schema tells apart.
    (r".*", r"/query/cursor", "not_a_cursor", "a cursor holds a sum of itself and the name of its list: no pattern makes one"),
    (r".*", r"/headers/Tot-On-Behalf-Of", "not_allowed|not_an_id", "of apps alone, and schemathesis signs in as people"),
    (r".*", r"/zone", "unknown_zone", "which zones there are, a database of zones says, not a pattern"),
    (r".*", r"/(amount|expected_fee|latitude|longitude|prices/\d+/amount)", "too_precise|not_decimal",
     "a JSON number is read as the decimal text it is: no schema tells of exponents, and `multipleOf: 0.01` refuses 0.07 where it is reckoned in"
     " binary (0.07 / 0.01 is 7.000000000000001)"),
    (r"GET /admin/(accounts|search)", r"/query/q", "not_findable", "an address, a number, an id or a name: one pattern of all would tell nothing"),
    (r"GET /admin/audit-trail", r"/headers/Tot-Client-Address", "not_an_address", "IPv4 or IPv6, each in many forms: one pattern of both would tell nothing"),
    (r"GET /admin/audit-trail", r"/query/address_hash", "not_allowed", "an address or its hash"),
    (r"GET /admin/(events|intents)", r"/query/(actor|correlation|process|partition_key)", "empty|not_an_actor|not_a_process|not_an_id",
     "an id of somebody or the name of a process: which there are, the refusal says"),
    (r"GET /doctors", r"/query/q", "not_words", "at most eight words: what separates them differs between languages of patterns"),
    (r"GET /doctors/\{id\}/days", r"/query/(from|to)", "out_of_range", "days of some years only, and JSON Schema has no bounds of dates"),
    (r"POST /(payments|wallet/deposits)", r"/return_url", "too_long", "its length counts as it is sent on, encoded"),
    (r"POST /(payments|wallet/deposits|bookings/\{id\}/room)", r"/(return_url|url)", "not_a_url",
     "`format: uri` is RFC 3986; what browsers open, and how long it is then, is another rule (WHATWG URL)"),
    (r"POST /(auth/(register|password|password-resets/confirm)|admin/accounts)", r"/(new_)?password", "guessable", "what is soon guessed has no pattern"),
    # Two fields and more.
    (r"POST /clinic/invitations", r"/email", "required|not_allowed", "an id or an address, one of the two"),
    (r".*", r"/query/to|/to|/ends_at|/working/\d+/until", "not_after", "a span ends after it begins"),
    (r".*", r"/working(/\d+)?(/from)?", "not_ordered", "spans of one day follow each other"),
    (r"GET /admin/bookings/\{id\}/history", r"/query/(from|to)_version", "required", "both ends of a comparison or none"),
    (r"GET /admin/ledger/accounts/\{account\}/entries", r"/query/subject", "no_subjects", "accounts of the platform itself are not somebody's"),
    (r"GET /bookings", r"/query/.*", "too_broad", "a filter that no index serves needs one that narrows it"),
    (r"GET /doctors", r"/query/near", "required", "distances are from somewhere"),
    (r"PATCH /me/profile", r"/.*", "not_allowed", "what a role does not have is not said of it"),
    (r"GET /doctors", r"/query/sort", "required", "by the price of a call type only where one is named"),
    (r"GET /doctors/\{id\}/(days|slots)", r"/query/to", "too_far", "so many days at a time at most"),
    (r"GET /exports/\{name\}", r"/query/from_position", "no_positions", "the log has positions, views have none"),
    (r"GET /reports/\{name\}", r"/query/.*", "not_of_report", "each report has its own filters"),
    (r"GET /tariffs", r"/query/at", "not_allowed", "a list is found by its version or by a time"),
    (r"(POST|PATCH) /admin/accounts(/\{id\})?", r"/.*", "not_allowed", "what a role does not have is not said of it"),
    (r"POST /admin/accounts", r"/.*", "required", "what a role has is said of it"),
    (r"POST /admin/price-lists", r"/(cancellation|prices).*", "required", "each call type has a price, and the terms of its kind"),
    (r"POST /admin/price-lists", r"/(cancellation|prices).*", "not_allowed|unknown_field", "no doctor is chosen for an urgent call; terms go by the kind of call"),
    (r"POST /admin/price-lists", r"/prices.*", "repeated", "one price of a call type and a doctor"),
    (r"POST /admin/price-lists", r"/(cancellation|visit)/.*", "not_ordered", "steps go from long notice to short, and times of a visit one after another"),
    (r"POST /admin/reconciliations", r"/to", "out_of_range", "a comparison spans so much at most, and ends in the past"),
    (r"POST /bookings", r"/(doctor_id|starts_at)", "not_allowed", "an urgent call chooses neither doctor nor time"),
    (r"POST /bookings", r"/(doctor_id|starts_at|address)", "required", "a chosen doctor needs a time, a visit at home an address"),
    (r"POST /bookings", r"/(latitude|longitude)", "required", "a point has both"),
    (r"POST /payments", r"/return_url", "not_allowed", "nobody leaves the app to pay from a wallet"),
    (r"POST /bookings/\{id\}/reschedule", r"/doctor_id", "required", "where the doctor was taken off, another one is named with the time"),
    (r"POST /doctors/\{id\}/blocks", r"/ends_at", "too_far", "a block is so long at most"),
    (r"POST /auth/refresh", r"/refresh_token", "required", "in the body unless the cookie brings it, which schemathesis does not keep"),
    (r"POST /auth/password", r"/new_password", "too_short", "whoever works here needs twelve characters, a patient eight"),
    (r"POST /auth/proof", r"/code", "required", "a code or the password"),
    (r"POST /auth/proof", r"/password", "not_allowed", "not both"),
    (r"POST /webhook-endpoints/\{id\}/replay", r"/(from|after_position)", "repeated|required", "from a position or from a time, not from both"),
    (r"POST /wallet/withdrawals", r"/(phone|bank_id)", "required", "a bank account is a number and a bank"),
    # The judge's own.
    (r".*", r"/headers/If-Match", "not_a_version", "schemathesis 4.32.5 sends '' as a match of this pattern: findings/schemathesis-header-patterns.sh"),
]
# Refusals that are no fault of what was sent, whatever it was.
STATES = {
    "cross_site_request": "a cookie is for pages of the platform's own origin, and schemathesis is no page",
    "unknown_position": "which positions there are the log says; schemathesis makes them up",
    "idempotency_key_reused": "the description's example of a key is sent twice, with two requests",
    "version_mismatch": "another version than the one that is there is lawful to name, and refused: that is what the header is for",
}
# Operations whose body is a file: what schemathesis makes up does not begin as one, and what begins otherwise is of another type.
FILES = {"POST /me/application/documents"}
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
    if named(case) in FILES and problem.get("code") == "unsupported_media_type":
        met["a file"] += 1
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
        if re.fullmatch(code, fault["code"]) and re.fullmatch(operations, operation) and re.fullmatch(pointers, fault["pointer"]):
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
def what_is_not_described_is_refused(ctx, response, case):
    """`negative_data_rejection`, but for the rows."""
    return but_for_rules(builtin.negative_data_rejection, ctx, response, case)


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
