"""Prometheus' own promtool judges the alerts and the queries of the dashboard: `alerts.py <repository> <promtool>`."""

import json
import pathlib
import subprocess
import sys
import tempfile


def judge(promtool, name, arguments):
    """One question to promtool. Answers whether it was content."""
    answer = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
    content = answer.returncode == 0
    print(f"{'ok  ' if content else 'FAIL'}  promtool: {name}", flush=True)
    if not content:
        print(answer.stdout + answer.stderr, file=sys.stderr, flush=True)
    return content


def queries(dashboard):
    """Every query of a dashboard, as rules that promtool reads."""
    panels = json.loads(dashboard.read_text("utf-8"))["panels"]
    found = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    assert len(found) > 20, f"{dashboard} holds {len(found)} queries"
    rules = [{"record": f"query:{number}", "expr": expression} for number, expression in enumerate(found)]
    return {"groups": [{"name": "queries", "rules": rules}]}


def main():
    root, promtool = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    if not promtool.is_file():
        print("SKIPPED  promtool judges nothing: it could not be fetched (see above)", file=sys.stderr, flush=True)
        return 0
    rules = root / "deploy/prometheus"
    results = [
        judge(promtool, "the alerts", ["check", "rules", rules / "tot.rules.yml"]),
        judge(promtool, "how they are loaded", ["check", "config", rules / "prometheus.yml"]),
        judge(promtool, "when they fire", ["test", "rules", rules / "tot.rules.test.yml"]),
    ]
    with tempfile.TemporaryDirectory() as folder:
        # JSON is YAML.
        written = pathlib.Path(folder) / "queries.yml"
        written.write_text(json.dumps(queries(root / "deploy/grafana/tot.dashboard.json")), "utf-8")
        results.append(judge(promtool, "the dashboard's queries", ["check", "rules", written]))
    return 0 if all(results) else 1


sys.exit(main())
