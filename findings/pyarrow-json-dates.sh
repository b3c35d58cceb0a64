#!/usr/bin/env bash
# pyarrow 26.0.1: `json.read_json` of a column of ISO dates (`"2026-12-01"`), with the type `date32` in its schema and without.
#
# Seen: with it, ArrowInvalid ("changed from number to string"), although CSV dates are read as `date32`; without, the dates become
# timestamps of whole seconds. Read as text and cast, they are dates.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --only-binary :all: --target "$folder/python" \
    pyarrow==26.0.1
PYTHONPATH=$folder/python python3 - <<'PYTHON'
import datetime
import io

import pyarrow
from pyarrow import csv, json

DAYS = b'{"day":"2026-12-01"}\n'
DATE = pyarrow.schema([("day", pyarrow.date32())])
TEXT = pyarrow.schema([("day", pyarrow.string())])
DAY = [datetime.date(2026, 12, 1)]

try:
    json.read_json(io.BytesIO(DAYS), parse_options=json.ParseOptions(explicit_schema=DATE))
except pyarrow.ArrowInvalid as error:
    print(f"date32: {error}")
    assert "changed from number to string" in str(error)
else:
    raise SystemExit("dates are read now")
inferred = json.read_json(io.BytesIO(DAYS)).schema.field("day").type
print(f"inferred: {inferred}")
assert inferred == pyarrow.timestamp("s")
text = json.read_json(io.BytesIO(DAYS), parse_options=json.ParseOptions(explicit_schema=TEXT))
assert text["day"].cast(pyarrow.date32()).to_pylist() == DAY
by_csv = csv.read_csv(io.BytesIO(b"day\n2026-12-01\n"), convert_options=csv.ConvertOptions(column_types=DATE))
assert by_csv["day"].to_pylist() == DAY
print("text, then cast; and CSV: dates")
PYTHON
