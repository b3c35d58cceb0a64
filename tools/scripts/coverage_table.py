"""Prints line coverage per crate from cargo-llvm-cov's JSON, and fails below the goals."""

import json
import pathlib
import sys

# Percent of lines; the other crates are covered by the overall goal.
GOALS = {"all": 80.0, "domain": 95.0}


def main(report: str) -> int:
    root = pathlib.Path.cwd()
    lines: dict[str, list[int]] = {}
    for file in json.loads(pathlib.Path(report).read_text())["data"][0]["files"]:
        path = pathlib.Path(file["filename"])
        if not path.is_relative_to(root):
            continue
        crate = str(path.relative_to(root).parent).split("/src")[0].split("/tests")[0]
        for name in (crate, "all"):
            covered = lines.setdefault(name, [0, 0])
            covered[0] += file["summary"]["lines"]["covered"]
            covered[1] += file["summary"]["lines"]["count"]

    below = False
    print(f"{'crate':<20} {'lines':>8} {'covered':>8} {'%':>7}")
    for name, (covered, count) in sorted(lines.items(), key=lambda item: (item[0] == "all", item[0])):
        percent = 100.0 * covered / count if count else 100.0
        goal = GOALS.get(name)
        missed = goal is not None and percent < goal
        below |= missed
        remark = "" if goal is None else f"  goal {goal:.0f}" + (": MISSED" if missed else "")
        print(f"{name:<20} {count:>8} {covered:>8} {percent:>7.2f}{remark}")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
