"""Sums the test runners' own results (JUnit XML) into one last line.

python scripts/total.py STAGE=REPORT=EXIT_CODE=SECONDS ...   (scripts/test calls it)

A runner that failed without a failed test, or left no report, counts as one failure:
nothing is green because nothing was said.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import sys
from dataclasses import dataclass
from pathlib import Path

# The files are the runners' own, written a moment ago on this machine.
from xml.etree import ElementTree


@dataclass(frozen=True)
class Count:
    """How the tests of one stage, or of all, ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count_report(report: Path) -> Count:
    """The test cases of a JUnit file; all zero if there is none, or none readable."""
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return Count()
    # A pytest case can have failed and then erred in its teardown: that is one.
    failed = sum(
        1
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    )
    skipped = sum(
        1
        for case in cases
        if case.find("skipped") is not None and case.find("failure") is None
    )
    return Count(len(cases) - failed - skipped, failed, skipped)


def count_stage(report: Path, exit_code: int) -> Count:
    counted = count_report(report)
    unexplained = exit_code != 0 and counted.failed == 0
    return counted + Count(failed=1) if unexplained else counted


def main(stages: list[str]) -> int:
    total = Count()
    print()
    for stage in stages:
        name, report, exit_code, seconds = stage.split("=")
        counted = count_stage(Path(report), int(exit_code))
        print(f"{name:<18} {counted} ({seconds} s)")
        total += counted
    print(f"\ntotal: {total}")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
