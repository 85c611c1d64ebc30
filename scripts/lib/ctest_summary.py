#!/usr/bin/env python3
"""Sums JUnit files that CTest wrote, and ends with one line: N passed, N failed, N skipped.

Usage: ctest_summary.py NAME=FILE ...   A file that is not there counts as one failure of that name.
Exit 1 when something failed or nothing ran.
"""
import sys
import xml.etree.ElementTree as xml


def outcome(case):
    """passed, failed or skipped, and why for the last two. What could not be started is a failure."""
    skipped = case.find("skipped")
    if skipped is not None:
        cause = skipped.get("message", "")
        if not cause.startswith("SKIP_"):
            return "failed", cause or "was not run"
        text = (case.findtext("system-out") or "").strip().splitlines()
        return "skipped", text[-1].strip() if text else cause
    failure = case.find("failure")
    if failure is not None:
        return "failed", failure.get("message") or "its output stands above"
    if case.get("status") == "run":
        return "passed", ""
    return "failed", "status " + str(case.get("status"))


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for argument in sys.argv[1:]:
        name, path = argument.split("=", 1)
        try:
            cases = list(xml.parse(path).getroot().iter("testcase"))
        except (OSError, xml.ParseError) as error:
            print(f"failed: {name}: no results ({error})")
            counts["failed"] += 1
            continue
        for case in cases:
            kind, why = outcome(case)
            counts[kind] += 1
            if kind != "passed":
                print(f"{kind}: {name}/{case.get('name')}: {why}")
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    return 0 if counts["failed"] == 0 and counts["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
