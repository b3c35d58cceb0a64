"""Exports a seeded year in every format and lets DuckDB, pandas, pyarrow and polars read it back: types, rows, sums, times.

Usage, below `dev-stack exec --`: exports.py <tot binary> <folder of the fetched readers>
"""

import datetime
import decimal
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
YEAR = ROOT / "tests" / "analysts"
BOOKINGS = "600"
MODELS = ["bookings", "payment_ledger", "provider_payments", "payouts", "open_slots"]
FORMATS = ["csv", "jsonl", "parquet"]
# Together more kopecks than 2^53, the last that a double counts one by one; and more rubles than fit a month of ledger_monthly.
LARGE_LINES = """
insert into payment_ledger (generation, position, line, account, kind, amount, currency, at)
select r.live_generation, 10000000 + n, 1, 'commission', 'earned', 9999999999993, 'RUB', timestamptz '2025-06-01 12:00:00.000001Z'
from read_models r, generate_series(1, 1200) n where r.model = 'payment_ledger' and r.live_generation is not null
"""
NO_LARGE_LINES = "delete from payment_ledger where position > 10000000"
KINDS = {"bool": "bool", "int2": "int", "int4": "int", "int8": "bigint", "numeric": "decimal", "date": "date",
         "timestamptz": "time", "uuid": "text", "text": "text", "json": "text"}


class Database:
    """A database of its own, made from the migrated template and dropped at the end."""

    def __init__(self, tot):
        self.tot = tot
        self.name = f"exports_{os.getpid()}"
        packaged = ROOT / ".tot" / "servers" / "bin" / "psql"
        self.psql = str(packaged) if packaged.is_file() else shutil.which("psql")
        self.server = os.environ["TOT_TEST_DATABASE_URL"]
        self.url = self.of(self.server)
        self.keys = tempfile.TemporaryDirectory()
        self.environment = {**os.environ, "TOT_DATABASE_URL": self.of(os.environ["TOT_TEST_APP_URL"])}
        self.environment["TOT_MASTER_KEYS"] = str(pathlib.Path(self.keys.name) / "master-keys.json")

    def of(self, url):
        return urllib.parse.urlsplit(url)._replace(path=f"/{self.name}").geturl()

    def __enter__(self):
        owner = urllib.parse.urlsplit(os.environ["TOT_TEST_OWNER_URL"]).username
        self.ask(f"create database {self.name} template {os.environ['TOT_TEST_TEMPLATE']} owner {owner}", self.server)
        seed = subprocess.run([sys.executable, "seed.py", "--size", BOOKINGS], cwd=YEAR, check=True, capture_output=True)
        subprocess.run([self.psql, "-qXv", "ON_ERROR_STOP=1", self.url], input=seed.stdout, stdout=subprocess.DEVNULL, check=True)
        self.sign_in()
        for model in MODELS:
            self.run("projections", "rebuild", model, "--json")
        return self

    def sign_in(self):
        """What is rebuilt and exported is recorded as an admin's act; an admin has a second factor, whose first use takes up its code."""
        self.run("keys", "new-master")
        of = ["--email", "exports@example.com", "--password-stdin"]
        password = secrets.token_urlsafe(24)
        self.said(password, "admin", "create", *of)
        secret = json.loads(self.said(password, "--json", "second-factor", "enrol", *of))["secret"]
        code = self.said(secret, "second-factor", "code")
        confirmed = json.loads(self.said(password, "--json", "second-factor", "confirm", *of, "--code", code))
        code = confirmed["recovery_codes"][0]
        self.environment["TOT_OPERATOR_TOKEN"] = self.said(password, "login", *of, "--code", code, "--print")

    def said(self, typed, *arguments):
        """What a command prints that is told something on its standard input."""
        done = subprocess.run([self.tot, *arguments], env=self.environment, check=True, stdout=subprocess.PIPE, input=typed, text=True)
        return done.stdout.strip()

    def __exit__(self, *_):
        self.ask(f"drop database {self.name} with (force)", self.server)
        self.keys.cleanup()

    def ask(self, sql, url=None):
        command = [self.psql, "-qXAtv", "ON_ERROR_STOP=1", "-F", "\t", "-c", "set timezone to 'UTC'", "-c", sql, url or self.url]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in answer.splitlines()]

    def run(self, *arguments):
        subprocess.run([self.tot, *arguments], env=self.environment, check=True, stdout=subprocess.DEVNULL)


class Expected:
    """What a file must hold, as Postgres says it."""

    def __init__(self, database, name):
        relation = "public.events" if name == "events" else f"analytics.{name}"
        self.columns = {}
        for column, kind, modifier in database.ask(
                "select attname, typname, atttypmod from pg_attribute a join pg_type t on t.oid = a.atttypid "
                f"where attrelid = '{relation}'::regclass and attnum > 0 and not attisdropped order by attnum"):
            size = ((int(modifier) - 4) >> 16, (int(modifier) - 4) & 0x7FF) if kind == "numeric" else None
            outside = {"aggregate_type": "stream_type", "aggregate_id": "stream_id", "sequence": "version"}
            self.columns[outside.get(column, column) if name == "events" else column] = (KINDS[kind], size, column)
        self.rows = int(database.ask(f"select count(*) from {relation}")[0][0])
        self.sums, self.times = {}, {}
        for outside, (kind, _, column) in self.columns.items():
            if kind == "decimal":
                self.sums[outside] = decimal.Decimal(database.ask(f"select coalesce(sum({column}), 0) from {relation}")[0][0])
            # What tells the present moves on while it is read.
            if kind == "time" and name != "freshness":
                moment = f"(extract(epoch from max({column})) * 1000000)::bigint"
                found = database.ask(f"select coalesce({moment}::text, '') from {relation}")[0][0]
                self.times[outside] = int(found) if found else None

    def of_kind(self, kind):
        return [column for column, (found, *_) in self.columns.items() if found == kind]

    def types(self, decimals, **plain):
        """Column → what a reader calls its type."""
        return {column: decimals.format(*size) if kind == "decimal" else plain[kind]
                for column, (kind, size, _) in self.columns.items()}


def same(where, what, found, right):
    if found != right:
        differs = {key: (found.get(key), right[key]) for key in right if found.get(key) != right[key]} \
            if isinstance(right, dict) and isinstance(found, dict) else (found, right)
        sys.exit(f"{where}: {what}: found and right: {differs}")


def micros(moment):
    if moment is None or moment != moment:
        return None
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(microseconds=1)


def with_duckdb(folder, name, expected):
    import duckdb
    base = duckdb.connect()
    base.execute("set timezone = 'UTC'")
    decimals = {column: "DECIMAL({},{})".format(*expected.columns[column][1]) for column in expected.sums}
    times = {column: "TIMESTAMPTZ" for column in expected.of_kind("time")}
    types = ", ".join(f"'{column}': '{kind}'" for column, kind in {**decimals, **times}.items())
    readers = {
        "parquet": f"read_parquet('{folder}/{name}.parquet')",
        "csv": f"read_csv('{folder}/{name}.csv', all_varchar = false, types = {{{types}}})" if types
        else f"read_csv('{folder}/{name}.csv')",
        "jsonl": f"read_json('{folder}/{name}.jsonl', format = 'newline_delimited', maximum_depth = 1)",
    }
    for form, reader in readers.items():
        where = f"DuckDB {duckdb.__version__}, {name}.{form}"
        if form == "parquet":
            found = {row[0]: row[1] for row in base.execute(f"describe from {reader}").fetchall()}
            right = expected.types("DECIMAL({},{})", bool="BOOLEAN", int="INTEGER", bigint="BIGINT", date="DATE",
                                   time="TIMESTAMP WITH TIME ZONE", text="VARCHAR")
            same(where, "types", found, right)
        if expected.rows == 0 and form == "jsonl":
            continue
        same(where, "rows", base.execute(f"select count(*) from {reader}").fetchone()[0], expected.rows)
        for column, right in expected.sums.items():
            cast = f"{column}::{decimals[column]}"
            found = base.execute(f"select coalesce(sum({cast}), 0) from {reader}").fetchone()[0]
            same(where, f"sum({column})", found, right)
        for column, right in expected.times.items():
            found = base.execute(f"select epoch_us(max({column}::TIMESTAMPTZ)) from {reader}").fetchone()[0]
            same(where, f"max({column})", found, right)


def with_pyarrow(folder, name, expected):
    import pyarrow
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet
    where = f"pyarrow {pyarrow.__version__}, {name}"
    right = expected.types("decimal128({}, {})", bool="bool", int="int32", bigint="int64", date="date32[day]",
                           time="timestamp[us, tz=UTC]", text="string")
    of_parquet = pyarrow.parquet.read_table(f"{folder}/{name}.parquet")
    same(f"{where}.parquet", "types", {field.name: str(field.type) for field in of_parquet.schema}, right)
    schema = of_parquet.schema
    options = pyarrow.csv.ConvertOptions(column_types=schema, strings_can_be_null=True)
    quoted = pyarrow.csv.ParseOptions(newlines_in_values=True)
    tables = {"parquet": of_parquet,
              "csv": pyarrow.csv.read_csv(f"{folder}/{name}.csv", convert_options=options, parse_options=quoted)}
    if expected.rows:
        # Dates in JSON are texts to it.
        dates = [(field.name, pyarrow.string() if field.type == pyarrow.date32() else field.type) for field in schema]
        said = pyarrow.json.ParseOptions(explicit_schema=pyarrow.schema(dates))
        large = pyarrow.json.ReadOptions(block_size=1 << 26)
        tables["jsonl"] = pyarrow.json.read_json(f"{folder}/{name}.jsonl", parse_options=said, read_options=large)
    for form, table in tables.items():
        same(f"{where}.{form}", "rows", table.num_rows, expected.rows)
        for column, total in expected.sums.items():
            found = pyarrow.compute.sum(table[column].cast(pyarrow.decimal128(38, 2))).as_py() or decimal.Decimal(0)
            same(f"{where}.{form}", f"sum({column})", found, total)
        for column, moment in expected.times.items():
            found = micros(pyarrow.compute.max(table[column].cast(pyarrow.timestamp("us", "UTC"))).as_py())
            same(f"{where}.{form}", f"max({column})", found, moment)


def with_pandas(folder, name, expected):
    import pandas
    import pyarrow
    dtypes = {column: pandas.ArrowDtype(pyarrow.decimal128(*expected.columns[column][1])) for column in expected.sums}
    # Decimals as text first: the default engine of read_csv cannot make them (pandas 3.1.1).
    texts = dict.fromkeys(expected.sums, str)
    times = expected.of_kind("time")
    frames = {"parquet": pandas.read_parquet(f"{folder}/{name}.parquet", dtype_backend="pyarrow"),
              "csv": pandas.read_csv(f"{folder}/{name}.csv", dtype=texts, parse_dates=times, date_format="ISO8601")}
    if expected.rows:
        frames["jsonl"] = pandas.read_json(f"{folder}/{name}.jsonl", lines=True, dtype=False)
    for form, frame in frames.items():
        where = f"pandas {pandas.__version__}, {name}.{form}"
        same(where, "rows", len(frame), expected.rows)
        for column, total in expected.sums.items():
            cells = frame[column].astype(dtypes[column])
            found = cells.sum() if cells.notna().any() else 0
            same(where, f"sum({column})", decimal.Decimal(found), total)
        for column, moment in expected.times.items():
            latest = pandas.to_datetime(frame[column], utc=True).max()
            same(where, f"max({column})", None if pandas.isna(latest) else micros(latest.to_pydatetime()), moment)


def with_polars(folder, name, expected):
    import polars
    decimals = {column: polars.Decimal(*expected.columns[column][1]) for column in expected.sums}
    of_parquet = polars.read_parquet(f"{folder}/{name}.parquet")
    where = f"polars {polars.__version__}, {name}"
    right = expected.types("Decimal(precision={}, scale={})", bool="Boolean", int="Int32", bigint="Int64", date="Date",
                           time="Datetime(time_unit='us', time_zone='UTC')", text="String")
    same(f"{where}.parquet", "types", {column: str(kind) for column, kind in of_parquet.schema.items()}, right)
    texts = {column: polars.String for column in expected.of_kind("time")}
    frames = {"parquet": of_parquet,
              "csv": polars.read_csv(f"{folder}/{name}.csv", schema_overrides={**decimals, **texts}, infer_schema_length=None)}
    if expected.rows:
        frames["jsonl"] = polars.read_ndjson(f"{folder}/{name}.jsonl", infer_schema_length=None)
    for form, frame in frames.items():
        same(f"{where}.{form}", "rows", frame.height, expected.rows)
        for column, total in expected.sums.items():
            cells = frame[column]
            found = cells.cast(decimals[column]).sum() if cells.null_count() < len(cells) else None
            same(f"{where}.{form}", f"sum({column})", decimal.Decimal(found or 0), total)
        for column, moment in expected.times.items():
            cells = frame[column]
            if cells.dtype == polars.String:
                cells = cells.str.to_datetime(time_unit="us", time_zone="UTC")
            latest = cells.max() if cells.null_count() < len(cells) else None
            same(f"{where}.{form}", f"max({column})", micros(latest), moment)


def main():
    tot, readers = sys.argv[1:]
    sys.path.insert(0, str(pathlib.Path(readers).resolve()))
    with Database(str(pathlib.Path(tot).resolve())) as database, tempfile.TemporaryDirectory() as folder:
        views = [row[0] for row in database.ask("select viewname from pg_views where schemaname = 'analytics' order by 1")]
        for name in [*views, "events"]:
            database.ask(LARGE_LINES if name == "ledger_lines" else NO_LARGE_LINES)
            for form in FORMATS:
                database.run("export", name, "--format", form, "--out", f"{folder}/{name}.{form}", "--json")
            expected = Expected(database, name)
            for reader in (with_duckdb, with_pyarrow, with_pandas, with_polars):
                reader(folder, name, expected)
            print(f"ok: {name}: {expected.rows} rows, {len(expected.sums)} sums, {len(expected.times)} times", flush=True)


if __name__ == "__main__":
    main()
