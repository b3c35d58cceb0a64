"""Asks every report over HTTP, whole and through each of its filters, as JSON and as CSV, and compares with the answers from the plan.

    TOKEN=<an analyst's access token> python3 over_http.py --api http://127.0.0.1:8080/api/v1 --size 3000

The read models hold the seeded year, as for check.py. Python's standard library alone.
"""

import argparse
import csv
import io
import json
import os
import sys
from datetime import date
from itertools import combinations
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from check import PAGE, SHOWN, expected, queries
from plan import Plan
from question import Question

# Neither begins nor ends with a month.
SINCE, UNTIL = date(2025, 3, 10), date(2025, 9, 20)


def fetch(api, path, accept="application/json"):
    asked = Request(f"{api}{path}", headers={"Authorization": f"Bearer {os.environ['TOKEN']}", "Accept": accept})
    with urlopen(asked, timeout=60) as answer:
        return answer.read().decode()


def text(value):
    return "" if value is None else str(value)


def ask(api, name, question, columns):
    """The rows as JSON, and as CSV, each as text in the order of the columns."""
    path = f"/reports/{name}?{urlencode(question)}"
    said = json.loads(fetch(api, path))
    given = {key: question.get(key) for key in ("from", "to")}
    assert {key: said[key] for key in given} == given, f"{name}: the period is said as it was asked"
    assert [column["name"] for column in said["columns"]] == columns and not said["has_more"], name
    for row in said["rows"]:
        assert set(row) == set(columns), f"{name}: {row}"
        for column in said["columns"]:
            is_number = column["type"] in ("integer", "seconds")
            value = row[column["name"]]
            assert value is None or isinstance(value, int if is_number else str), f"{name}: {column} {value!r}"
    header, *lines = csv.reader(io.StringIO(fetch(api, path, "text/csv")))
    assert header == columns, f"{name}: {header}"
    return [tuple(text(row[column]) for column in columns) for row in said["rows"]], [tuple(line) for line in lines]


def questions(plan, filters):
    """The year, half of it, and half of it through each filter and each pair of filters."""
    if "from" not in filters:
        return [Question()]
    values = {"clinic": plan.clinics[0], "doctor": plan.doctors[0].id, "call_type": "scheduled", "method": "yookassa"}
    taken = [name for name in values if name in filters]
    through = [{name: values[name] for name in names} for size in (1, 2) for names in combinations(taken, size)]
    return [Question()] + [Question(SINCE, UNTIL, **some) for some in [{}, *through]]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--api", required=True)
    arguments.add_argument("--size", type=int, default=3000)
    given = arguments.parse_args()
    plan, wrong, empty, compared = Plan(given.size), 0, [], 0
    reports = json.loads(fetch(given.api, "/reports"))["items"]
    titles = [title for title, _ in queries(PAGE.read_text()).values()]
    assert [report["title"]["en"] for report in reports] == titles, "the reports are those of the page, in its order"
    for number, report in enumerate(reports, 1):
        columns = [column["name"] for column in report["columns"]]
        for question in questions(plan, report["filters"]):
            parameters = question.parameters() if "from" in report["filters"] else {}
            as_json, as_csv = ask(given.api, report["name"], parameters, columns)
            right = expected(plan, number, question)
            good = sorted(as_json) == right and as_csv == as_json and (right or question != Question())
            wrong, compared = wrong + (not good), compared + 1
            empty += [] if right else [(report["name"], *parameters)]
            print(f"{'ok' if good else 'WRONG':5} {number:2} {len(as_json):5} rows  {report['name']} {parameters}")
            if not good:
                print("   only found:", [row for row in as_json if row not in right][:SHOWN])
                print("   only right:", [row for row in right if row not in as_json][:SHOWN])
    print(f"{compared} compared, {len(empty)} of them without rows: {empty}")
    sys.exit(1 if wrong or len(empty) > compared // 10 else 0)


if __name__ == "__main__":
    main()
