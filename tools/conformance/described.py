"""Asks the running platform whatever its description allows, and what it does not (PyPI schemathesis), as each role and as nobody.

Usage: described.py <tot binary> <folder of what setup fetched> [role …]

What the description allows must be accepted, or refused by a rule that described_checks.py lists; what it does not allow must be refused;
every answer must be one that is described. Bounded, and the same each time: a fixed seed, so many examples of each operation.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import running_platform
from running_platform import ROOT, Platform

HERE = pathlib.Path(__file__).resolve().parent
DESCRIPTION = ROOT / "api" / "openapi.json"
SEED = 20261130
# Made up at random for each operation, beside all that schemathesis covers by plan: bounds, lengths, patterns, absent and strange fields.
EXAMPLES_MAX = 4
ROLE_SECONDS_MAX = 240
# What each role is asked about: what its own apps call. What others may not call at all is asked in tests/it/surface/roles.rs.
APPS = r"^/api/v1/(?!admin/|exports/|reports|webhooks/)"
ROLES = {
    "patient": APPS,
    "doctor": APPS,
    "clinic": APPS,
    "analyst": r"^/api/v1/(exports/|reports|admin/ledger/)",
    "nobody": APPS,
    # Last: an admin changes prices and accounts.
    "admin": r"^/(api/v1/(admin/|bookings|doctors|exports/|payments|reports)|livez|readyz)",
}
# Never ending, or the end of this run.
LEFT_OUT = {
    "/api/v1/admin/events/live": "a live stream, which does not end",
    "/api/v1/bookings/{id}/events": "a live stream, which does not end",
    "/api/v1/me/events": "a live stream, which does not end",
    "/api/v1/auth/logout": "the session that asks would be over",
    "/api/v1/admin/projections/{name}/rebuild": "minutes of work for each of hundreds of requests",
}
# Theirs but for the rules of described_checks.py, which stand in their place.
REPLACED = "positive_data_acceptance,missing_required_header,negative_data_rejection"
PASSWORD = "moss-kettle-ferry"
SETTINGS = """
[auth]
# Who asks is given; nobody is nobody.
auto-signup = false

[warnings]
enabled = false

[checks.negative_data_rejection]
# Its own, and a body that is longer than any may be.
expected-statuses = [400, 401, 403, 404, 406, 413, 422, 428]
"""


class People:
    """Who asks, and what there is to ask about."""

    def __init__(self, platform):
        self.platform = platform
        self.tokens = {role: platform.token(role) for role in ("patient", "doctor", "admin")} | {"nobody": None}
        for role in ("clinic", "analyst"):
            account = {"role": role, "email": f"{role}@example.com", "password": PASSWORD, "first_name": "Анна", "last_name": "Ким"}
            account |= {"clinic_name": "Клиника"} if role == "clinic" else {}
            platform.ask("/admin/accounts", account, self.tokens["admin"]).json()
            login = {"email": account["email"], "password": PASSWORD}
            self.tokens[role] = platform.ask("/auth/login", login).json()["access_token"]


def command(url, role, token, schemathesis, folder):
    """What is run for one role."""
    told = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(folder / "schemathesis.toml"), "run", str(DESCRIPTION)]
    told += ["--url", url, "--checks", "all", "--exclude-checks", REPLACED, "--continue-on-failure", "--no-color"]
    # One worker: beside another thread CPython 3.11 loses count of how deep its parser is.
    told += ["--phases", "examples,coverage,fuzzing", "--seed", str(SEED), "--max-examples", str(EXAMPLES_MAX), "--workers", "1"]
    told += ["--output-sanitize", "false", "--output-truncate", "false", "--generation-database", "none", "--suppress-health-check", "all", "--request-timeout", "30", "--no-shrink"]
    told += ["--include-path-regex", ROLES[role], "--report", "json", "--report-json-path", str(folder / f"{role}.json")]
    for path in LEFT_OUT:
        told += ["--exclude-path", path]
    if token is not None:
        told += ["--header", f"Authorization: Bearer {token}"]
    return told


def run_as(platform, people, role, schemathesis, folder):
    """Asks as one role. Answers whether nothing was wrong, and which rules were met."""
    began = time.monotonic()
    met = folder / f"{role}.met"
    environment = {name: value for name, value in os.environ.items() if name not in running_platform.PROXIES}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(HERE), str(schemathesis)]), "PYTHONDONTWRITEBYTECODE": "1",
        "SCHEMATHESIS_HOOKS": "described_checks", "DESCRIBED_MET": str(met),
    }  # fmt: skip
    try:
        done = subprocess.run(
            command(platform.url, role, people.tokens[role], schemathesis, folder), env=environment, cwd=folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=ROLE_SECONDS_MAX, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        print(f"FAIL  {role}: did not end within {ROLE_SECONDS_MAX} s", flush=True)
        return False, {}
    report = json.loads((folder / f"{role}.json").read_text("utf-8")) if (folder / f"{role}.json").exists() else None
    well = done.returncode == 0 and report is not None and report["test_cases"]["generated"] > 0
    cases = report["test_cases"]["generated"] if report else 0
    operations = report["operations"]["tested"] if report else 0
    seconds = time.monotonic() - began
    print(f"{'ok  ' if well else 'FAIL'}  {role}: {cases} requests to {operations} operations  ({seconds:.1f} s)", flush=True)
    if not well:
        print(done.stdout, file=sys.stderr, flush=True)
    return well, json.loads(met.read_text("utf-8")) if met.exists() else {}


def main():
    tot, fetched = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    roles = sys.argv[3:] or list(ROLES)
    results, met = [], set()
    with Platform(tot, ROOT) as platform, tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "schemathesis.toml").write_text(SETTINGS, "utf-8")
        people = People(platform)
        for role in roles:
            well, rules = run_as(platform, people, role, fetched / "schemathesis", folder)
            results.append(well)
            met |= set(rules)
    print(f"{sum(results)} of {len(results)} roles found nothing wrong; {len(met)} of the listed rules were met", flush=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
