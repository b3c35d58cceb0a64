"""The bill of materials of this workspace, as CycloneDX 1.6: `sbom.py <file>`.

Every crate of Cargo.lock with its licence, its digest and what depends on it; `excluded` are those that only tests, tools and
benchmarks use, so that a binary `tot` holds none of them. The same commit gives the same bytes.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid
from datetime import datetime

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The package whose binary is deployed.
DEPLOYED = "server"
# What is in the binary and comes from no registry of crates.
VENDORED = [("rapidoc", "api/vendor/rapidoc/rapidoc-min.js", "MIT")]


def output(*command):
    """What a command prints."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def licences(expression):
    """A licence as SPDX has it; older crates part alternatives by a slash."""
    factory = LicenseFactory()
    return [factory.make_from_string(expression.replace("/", " OR "))] if expression else []


def deployed(nodes, ids):
    """The ids of the packages that are in the binary, or build it."""
    seen, waiting = set(), [ids[DEPLOYED]]
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        for edge in nodes[at]["deps"]:
            if any(kind["kind"] != "dev" for kind in edge["dep_kinds"]):
                waiting.append(edge["pkg"])
    return seen


def component(package, digests, scope):
    """One crate."""
    name, version = package["name"], package["version"]
    digest = digests.get((name, version))
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("cargo", None, name, version) if package["source"] else None,
        licenses=licences(package["license"]),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else [],
        scope=ComponentScope.REQUIRED if scope else ComponentScope.EXCLUDED,
    )


def vendored(name, path, licence):
    """A file of somebody else's that lies in this repository; its version stands in the title of the README beside it."""
    file = ROOT / path
    title = (file.parent / "README.md").read_text("utf-8").splitlines()[0]
    version = re.fullmatch(r"# \S+ (\d+\.\d+\.\d+)", title)[1]
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"npm:{name}@{version}",
        purl=PackageURL("npm", None, name, version),
        licenses=licences(licence),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(file.read_bytes()).hexdigest())],
        scope=ComponentScope.REQUIRED,
    )


def bill():
    """The whole bill."""
    lock = (ROOT / "Cargo.lock").read_bytes()
    metadata = json.loads(output("cargo", "metadata", "--locked", "--format-version", "1"))
    digests = {
        (package["name"], package["version"]): package.get("checksum")
        for package in tomllib.loads(lock.decode())["package"]
    }
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    ids = {package["name"]: package["id"] for package in metadata["packages"] if not package["source"]}
    inside = deployed(nodes, ids)
    made = {
        package["id"]: component(package, digests, package["id"] in inside)
        for package in metadata["packages"]
        if package["id"] in nodes
    }
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(lock).hexdigest()))
    bom.metadata.timestamp = datetime.fromisoformat(output("git", "log", "-1", "--format=%cI").strip())
    revision = output("git", "rev-parse", "HEAD").strip()
    platform = Component(name="tot", version=revision, type=ComponentType.APPLICATION, bom_ref="tot")
    bom.metadata.component = platform
    others = [vendored(*one) for one in VENDORED]
    for one in [*made.values(), *others]:
        bom.components.add(one)
    bom.register_dependency(platform, [made[ids[DEPLOYED]], *others])
    for identity, one in made.items():
        edges = {edge["pkg"] for edge in nodes[identity]["deps"]}
        bom.register_dependency(one, [made[edge] for edge in sorted(edges)])
    return bom


def main():
    file = pathlib.Path(sys.argv[1])
    bom = bill()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n", "utf-8")
    used = sum(one.scope == ComponentScope.REQUIRED for one in bom.components)
    print(f"{file}: {len(bom.components)} components, {used} of them in the binary or its build")


main()
