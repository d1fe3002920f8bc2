#!/usr/bin/env python3
"""The conformance suite's verification fixtures against `mayfly`. Prints TAP.

    run_conformance.py --bin DIR [--require] [--client PROGRAM] [--logs DIR]

A fixture named *_fail must be refused without a crash. Another must verify, or, where
it asks for a format that the client does not read yet, be refused with that format's
name. Cases refused by name are counted apart, as one skip per format, never as passed.
A format that has been learnt and is still listed as unknown is a failure, so the list
cannot go stale.
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import sys
import tempfile

import commands
import conformance_cases
import tap

HERE = pathlib.Path(__file__).resolve().parent


def names_unknown_format(case, result, unknown):
    """Whether the client's refusal mentions a format that it does not know."""
    # The fixture's own name says its format: only what is said beside the path counts.
    said = result.stderr.replace(str(case.folder), "")
    return result.status != 0 and any(
        re.search(conformance_cases.UNKNOWN_YET.get(name, re.escape(name)), said)
        for name in unknown)


def judge(case, result):
    """Returns (verdict, reason); the verdict is passed, failed or refused by name."""
    if result.timed_out or result.crashed:
        return "failed", "neither yes nor no"
    unknown = case.unknown()
    if unknown and names_unknown_format(case, result, unknown):
        # Proves nothing of the fixture's own defect, so it is no pass for a _fail either.
        return "refused by name", ", ".join(unknown)
    if case.must_fail:
        good, why = result.status != 0, "accepted a fixture that must be refused"
    elif not unknown:
        good, why = result.status == 0, "refused a fixture that must verify"
    elif result.status == 0:
        good, why = False, f"verifies: take {', '.join(unknown)} off the unknown formats"
    else:
        good, why = False, f"refused without naming {', '.join(unknown)}"
    return ("passed", "") if good else ("failed", why)


def run_all(out, chosen, logs):
    cases = conformance_cases.all_cases()
    runner = commands.Runner(logs)
    environment = {
        "MAYFLY": str(chosen.bin / "mayfly"),
        "MAYFLY_PRODUCTION_ROOT": str(conformance_cases.production_root()),
        "HOME": str(logs),  # no settings and no cache of the user's
    }
    unread = collections.Counter()
    for case in cases:
        result = runner.run(case.name, [chosen.client, *case.arguments()], environment)
        verdict, reason = judge(case, result)
        if verdict == "passed":
            out.passed(case.name)
        elif verdict == "failed":
            out.failed(case.name, f"{reason}: {result.describe()}")
        else:
            out.note(f"{case.name}: refused by name: {reason}")
            unread[reason] += 1
    for formats, count in sorted(unread.items()):
        out.skipped(f"{count} cases in {formats}", "refused by name: the format is not read yet")
    if len(cases) < conformance_cases.EXPECTED_CASES:
        out.failed("all cases were found",
                   f"{len(cases)} of {conformance_cases.EXPECTED_CASES}")
    refused = sum(unread.values())
    out.note(f"{len(cases)} cases: {len(cases) - refused - out.failures} passed, "
             f"{out.failures} failed, {refused} refused by name")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of our programs")
    parser.add_argument("--client", default=str(HERE / "conformance-client"))
    parser.add_argument("--require", action="store_true", default=bool(os.environ.get("CI")))
    parser.add_argument("--logs", type=pathlib.Path)
    return parser.parse_args()


def main():
    chosen = parse_arguments()
    out = tap.Tap()
    if not (chosen.bin / "mayfly").is_file():
        return out.nothing_to_run(f"no mayfly in {chosen.bin}", chosen.require)
    if not conformance_cases.all_cases():
        # Not ours to ship: without them other suites cover the same ground.
        return out.nothing_to_run(f"no conformance fixtures in "
                                  f"{conformance_cases.fixtures_root()}", False)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-conformance-"))
    logs = chosen.logs or scratch
    run_all(out, chosen, logs)
    status = out.finish()
    if status:
        out.note(f"logs of this run: {logs}")
    else:
        shutil.rmtree(scratch)
    return status


if __name__ == "__main__":
    sys.exit(main())
