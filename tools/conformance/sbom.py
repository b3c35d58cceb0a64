"""CycloneDX' own schema, and Cargo.lock, judge the bill of materials: `sbom.py <file>`."""

import json
import pathlib
import sys
import tomllib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).resolve().parents[2]


def judge(name, content, why=""):
    """Says how a question was answered."""
    print(f"{'ok  ' if content else 'FAIL'}  bill of materials: {name}", flush=True)
    if not content and why:
        print(why, file=sys.stderr, flush=True)
    return content


def valid(text):
    """What the schema finds wrong, or nothing."""
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


def without_name(bill):
    """The same with a component that the schema does not allow."""
    broken = json.loads(json.dumps(bill))
    del broken["components"][0]["name"]
    return json.dumps(broken)


def digest(component):
    """Its SHA-256, where it has one."""
    return {one["content"] for one in component.get("hashes", []) if one["alg"] == "SHA-256"}


def reached(bill):
    """Everything that the platform's own entry leads to."""
    edges = {entry["ref"]: entry.get("dependsOn", []) for entry in bill["dependencies"]}
    seen, waiting = set(), [bill["metadata"]["component"]["bom-ref"]]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += edges[at]
    return seen


def main():
    text = pathlib.Path(sys.argv[1]).read_text("utf-8")
    bill = json.loads(text)
    components = {one["bom-ref"]: one for one in bill["components"]}
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text("utf-8"))["package"]
    # Crates for other systems, and those that only features nobody asks for would bring, are locked and not built.
    resolved = [one for one in locked if f"{one['name']}@{one['version']}" in components]
    wrong = [
        one["name"]
        for one in resolved
        if "checksum" in one and digest(components[f"{one['name']}@{one['version']}"]) != {one["checksum"]}
    ]
    used = {ref for ref, one in components.items() if one["scope"] == "required"}
    error = valid(text)
    results = [
        judge("the schema of CycloneDX 1.6 holds", error is None, repr(error)),
        judge("and refuses what is broken", valid(without_name(bill)) is not None),
        judge("every digest is Cargo.lock's", len(resolved) > 300 and not wrong, ", ".join(wrong)),
        judge("what the binary holds leads from it", used <= reached(bill), ", ".join(sorted(used - reached(bill)))),
        judge("what tests alone use is marked so", components[tests()]["scope"] == "excluded"),
        judge("every crate of others names its licence", not (bare := unlicensed(components)), ", ".join(bare)),
    ]
    return 0 if all(results) else 1


def tests():
    """A crate that no binary holds."""
    return next(f"{one['name']}@{one['version']}" for one in tomllib.loads((ROOT / "Cargo.lock").read_text("utf-8"))["package"] if one["name"] == "insta")


def unlicensed(components):
    """Crates of others without a licence."""
    return [ref for ref, one in components.items() if one.get("purl") and not one.get("licenses")]


sys.exit(main())
