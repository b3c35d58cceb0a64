"""Runs every query of docs/analysts.md against the seeded year and compares with the answers from the plan.

    python3 seed.py --size 3000 | psql …         # an empty, migrated database; then fill the read models
    python3 check.py --url <an analyst's address> --size 3000

Needs psql on the path and nothing but Python's standard library.
"""

import argparse
import csv
import io
import re
import subprocess
import sys
import time
from pathlib import Path

import answers
import money_answers
from plan import Plan
from question import Question, narrow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "analysts.md"
QUESTIONS = 24
SHOWN = 5


def queries(page):
    """Number → (title, SQL): each heading `### n. …` is followed by exactly one block of SQL."""
    found = {}
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        heading = re.match(r"(\d+)\. (.+)", section)
        blocks = re.findall(r"^```sql\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
        assert heading and len(blocks) == 1, f"one block of SQL is wanted under {section.splitlines()[0]}"
        found[int(heading[1])] = (heading[2], blocks[0])
    assert list(found) == list(range(1, QUESTIONS + 1)), list(found)
    return found


def ask(url, sql):
    ran = subprocess.run(["psql", "--no-psqlrc", "--csv", "--tuples-only", "--set=ON_ERROR_STOP=1", url, "--command", sql],
                         capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(ran.stderr)
    return sorted(tuple(row) for row in csv.reader(io.StringIO(ran.stdout)))


def expected(plan, number, question=Question()):
    answer = getattr(answers, f"question_{number}", None) or getattr(money_answers, f"question_{number}")
    rows = answer(narrow(plan, question))
    return sorted(tuple("" if cell is None else str(cell) for cell in row) for row in rows)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--size", type=int, default=3000)
    given = arguments.parse_args()
    plan, wrong = Plan(given.size), 0
    for number, (title, sql) in queries(PAGE.read_text()).items():
        begun = time.monotonic()
        found = ask(given.url, sql)
        took = time.monotonic() - begun
        right = expected(plan, number)
        good = found == right and found
        wrong += not good
        print(f"{'ok' if good else 'WRONG':5} {number:2} {took:6.2f} s {len(found):5} rows  {title}")
        if not good:
            print("   only found:", [row for row in found if row not in right][:SHOWN])
            print("   only right:", [row for row in right if row not in found][:SHOWN])
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
