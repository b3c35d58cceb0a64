"""Runs every foreign client against a sandbox of its own and says which of them were satisfied.

Usage: run.py <provider-sandbox binary> <folder of the fetched clients>
"""

import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
DRIVER_SECONDS_MAX = 120

# (what it is, the program, its arguments, the folder it needs)
PYTHON = [
    ("PyPI yookassa 3.13.0 (official)", "drivers/yookassa_official.py"),
    ("PyPI async-yookassa 1.0.3", "drivers/async_yookassa_flow.py"),
    ("PyPI tbank 1.14.0", "drivers/tbank_flow.py"),
    ("PyPI tbank-securepay 0.3.2", "drivers/tbank_securepay_flow.py"),
]
NODE = [
    ("npm @webzaytsev/yookassa-ts-sdk 3.1.0", "webzaytsev.mjs"),
    ("npm yookassa 0.1.1", "yookassa.mjs"),
]

CREDENTIALS = {
    "SANDBOX_SHOP_ID": "100500",
    "SANDBOX_SHOP_SECRET": "test_conformance-shop",
    "SANDBOX_GATEWAY_ID": "500100",
    "SANDBOX_GATEWAY_SECRET": "test_conformance-gateway",
    "SANDBOX_TERMINAL_KEY": "ConformanceDEMO",
    "SANDBOX_TERMINAL_PASSWORD": "conformance-password",
    # Nobody listens there: drivers read the notifications from the control surface.
    "SANDBOX_WEBHOOK_URL": "http://127.0.0.1:9/",
    "SANDBOX_NOTIFICATION_URL": "http://127.0.0.1:9/",
    "SANDBOX_SEED": "1",
}


def rehearse(binary, name, command, extra):
    """One driver against one sandbox. Answers whether it was satisfied."""
    environment = {**os.environ, **CREDENTIALS, **extra}
    # No proxy of this machine stands between two of its own processes.
    for variable in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        environment.pop(variable, None)
    sandbox = subprocess.Popen([binary], env=environment, stdout=subprocess.PIPE, text=True)
    began = time.monotonic()
    try:
        ready = json.loads(sandbox.stdout.readline())
        environment["SANDBOX_API"] = ready["api_url"]
        environment["SANDBOX_CONTROL"] = ready["control_url"]
        driver = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=DRIVER_SECONDS_MAX, check=False
        )
        satisfied, words = driver.returncode == 0, driver.stdout + driver.stderr
    except subprocess.TimeoutExpired:
        satisfied, words = False, f"did not end within {DRIVER_SECONDS_MAX} s"
    finally:
        sandbox.terminate()
        sandbox.wait(timeout=30)
    seconds = time.monotonic() - began
    print(f"{'ok  ' if satisfied else 'FAIL'}  {name}  ({seconds:.1f} s)", flush=True)
    if not satisfied:
        print(words, file=sys.stderr, flush=True)
    return satisfied


def main():
    binary, fetched = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    results = []
    python_path = os.pathsep.join([str(fetched / "python"), str(HERE)])
    for name, driver in PYTHON:
        extra = {"PYTHONPATH": python_path, "PYTHONDONTWRITEBYTECODE": "1"}
        results.append(rehearse(binary, name, [sys.executable, str(HERE / driver)], extra))
    if (fetched / "node" / "node_modules").is_dir():
        for name, driver in NODE:
            # Beside its modules, where Node looks for them.
            results.append(rehearse(binary, name, ["node", str(fetched / "node" / driver)], {}))
    else:
        print("SKIPPED  the npm clients: there is no Node on this machine", file=sys.stderr, flush=True)
    print(f"{sum(results)} of {len(results)} foreign clients are satisfied")
    return 0 if all(results) else 1


sys.exit(main())
