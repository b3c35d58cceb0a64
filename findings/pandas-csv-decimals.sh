#!/usr/bin/env bash
# pandas 3.1.1 with pyarrow 26.0.1: `read_csv` with the type `ArrowDtype(decimal128(14, 2))` for a column of plain decimals.
#
# Seen: the engines `c` and `python` raise ArrowInvalid ("Got bytestring of length 8 (expected 16)"); the engine `pyarrow` reads
# the decimals exactly, and so does reading text and `astype` afterwards.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --only-binary :all: --target "$folder/python" \
    pandas==3.1.1 pyarrow==26.0.1
PYTHONPATH=$folder/python python3 - <<'PYTHON'
import io
from decimal import Decimal

import pandas
import pyarrow

SUMS = "sum\n12.50\n-0.07\n"
EXACT = [Decimal("12.50"), Decimal("-0.07")]
TYPE = pandas.ArrowDtype(pyarrow.decimal128(14, 2))

for engine in ("c", "python"):
    try:
        pandas.read_csv(io.StringIO(SUMS), dtype={"sum": TYPE}, engine=engine)
    except pyarrow.ArrowInvalid as error:
        print(f"{engine}: {error}")
        assert "expected 16" in str(error)
    else:
        raise SystemExit(f"{engine} reads decimals now")
by_pyarrow = pandas.read_csv(io.StringIO(SUMS), dtype={"sum": TYPE}, engine="pyarrow")
afterwards = pandas.read_csv(io.StringIO(SUMS), dtype="string[pyarrow]").astype({"sum": TYPE})
for name, read in (("pyarrow", by_pyarrow), ("text, then astype", afterwards)):
    print(f"{name}: {list(read['sum'])}")
    assert list(read["sum"]) == EXACT, name
PYTHON
