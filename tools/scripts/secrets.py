"""Looks for secrets in every file that git knows: `secrets.py [--bless]`.

What was looked at and is none (an example, a test's password, a digest) stands in secrets.baseline.json beside this script, by file,
kind and digest. Anything else stops CI. `--bless` writes what is there now: read its change before you commit it.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASELINE = pathlib.Path(__file__).with_name("secrets.baseline.json")
# Digests of packages, which are no secrets, thousands of them; and what was found before.
LEFT_OUT = [r"(^|/)Cargo\.lock$", r"(^|/)package-lock\.json$", r"^tools/.*\.txt$", r"secrets\.baseline\.json$"]
# Of each kind one that must be found, put together here so that this file holds none: a scan that sees nothing proves nothing.
PLANTED = {
    "AWS Access Key": "id = 'AKIA" + "Q3EGRWMX5ZJ4LTVB'",
    "Private Key": "-----BEGIN " + "PRIVATE KEY-----",
    "Hex High Entropy String": "key = '" + "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b" + "'",
}


def scan(folder, *arguments):
    """What is found below `folder`, as (file, kind, digest) and the line where it first stands."""
    command = [sys.executable, "-m", "detect_secrets", "scan"]
    for pattern in LEFT_OUT:
        command += ["--exclude-files", pattern]
    answer = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    found = json.loads(answer.stdout)["results"]
    return {
        (file, secret["type"], secret["hashed_secret"]): secret["line_number"]
        for file, secrets in found.items()
        for secret in secrets
    }


def known():
    """What was looked at and is none."""
    files = json.loads(BASELINE.read_text("utf-8"))
    return {(file, kind, digest) for file, kinds in files.items() for kind, digests in kinds.items() for digest in digests}


def bless(found):
    """Writes what is there now."""
    files = collections.defaultdict(lambda: collections.defaultdict(list))
    for file, kind, digest in sorted(found):
        files[file][kind].append(digest)
    BASELINE.write_text(json.dumps(files, indent=1) + "\n", "utf-8")
    print(f"{BASELINE.relative_to(ROOT)}: {len(found)} entries; read the change before you commit it")


def sees_what_is_planted():
    """Whether the scanner finds what is put before it."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "planted.py").write_text("\n".join(PLANTED.values()) + "\n", "utf-8")
        kinds = {kind for _, kind, _ in scan(folder, "--all-files", ".")}
    missing = PLANTED.keys() - kinds
    for kind in missing:
        print(f"FAIL  the scanner does not see a planted {kind}", file=sys.stderr)
    return not missing


def main():
    if not sees_what_is_planted():
        return 1
    found = scan(ROOT)
    if sys.argv[1:] == ["--bless"]:
        bless(found)
        return 0
    allowed = known()
    strange = found.keys() - allowed
    for file, kind, digest in sorted(strange):
        # Never the secret itself: CI's log is read by many.
        print(f"FAIL  {file}:{found[file, kind, digest]}: {kind}", file=sys.stderr)
    if strange:
        print(
            "  mend: take it out of the file and of the commits that hold it, and change the secret, which is no longer one.\n"
            "  Is it none: `make secrets BLESS=1`, and say in the commit why.",
            file=sys.stderr,
        )
        return 1
    print(f"ok    no secrets in the files that git knows; {len(allowed)} places were looked at before")
    return 0


sys.exit(main())
