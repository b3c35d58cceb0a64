"""Lets a real Chromium judge what only a browser can: what pages of others can do with its owner's cookie, and passkeys.

Usage: browser.py <tot binary> <folder of what setup fetched>
"""

import json
import os
import pathlib
import subprocess
import sys

from running_platform import PROXIES, ROOT, Platform

BROWSER_SECONDS_MAX = 180


def main():
    tot, fetched = sys.argv[1], pathlib.Path(sys.argv[2]).resolve() / "browser"
    if not (fetched / "node_modules").is_dir():
        print("SKIPPED  the browser: there is no Node on this machine", file=sys.stderr, flush=True)
        return 0
    environment = {name: value for name, value in os.environ.items() if name not in PROXIES}
    with Platform(tot, ROOT) as platform:
        patient = platform.logins["patient"]
        login = json.dumps({"email": patient["email"], "password": patient["password"]})
        drive = ["node", str(fetched / "drive.mjs"), platform.url, login]
        return subprocess.run(drive, env=environment, timeout=BROWSER_SECONDS_MAX, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
