#!/usr/bin/env python3
"""The conformance suite's verification fixtures against `mayfly`. Prints TAP.

    run_conformance.py --bin DIR [--require] [--client PROGRAM] [--logs DIR]

A fixture named *_fail must be refused for its own defect (conformance_reasons.py); any
other must verify. There is no list of exceptions.
"""

import argparse
import pathlib
import shutil
import sys
import tempfile

import clients
import commands
import conformance_cases
import conformance_reasons

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import tap  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def judge(case, result):
    """Returns why the case failed, or nothing."""
    if result.timed_out or result.crashed:
        return "neither yes nor no"
    if case.must_fail:
        return conformance_reasons.problem(case.folder.name, result)
    return "refused a fixture that must verify" if result.status != 0 else ""


def run_all(out, chosen, logs):
    cases = conformance_cases.all_cases()
    runner = commands.Runner(logs)
    environment = {
        "MAYFLY": str(chosen.bin / "mayfly"),
        "MAYFLY_PRODUCTION_ROOT": str(conformance_cases.production_root()),
        "HOME": str(logs),  # no settings and no cache of the user's
    }
    for case in cases:
        result = runner.run(case.name, [chosen.client, *case.arguments()], environment)
        reason = judge(case, result)
        if reason:
            out.failed(case.name, f"{reason}: {result.describe()}")
        else:
            out.passed(case.name)
    if len(cases) < conformance_cases.EXPECTED_CASES:
        out.failed("all cases were found",
                   f"{len(cases)} of {conformance_cases.EXPECTED_CASES}")
    out.note(f"{len(cases)} cases: {len(cases) - out.failures} right, {out.failures} wrong")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of our programs")
    parser.add_argument("--client", default=str(HERE / "conformance-client"))
    parser.add_argument("--require", action="store_true", default=clients.required())
    parser.add_argument("--logs", type=pathlib.Path)
    return parser.parse_args()


def main():
    chosen = parse_arguments()
    out = tap.Tap()
    if not (chosen.bin / "mayfly").is_file():
        return out.nothing_to_run(f"no mayfly in {chosen.bin}", chosen.require)
    if not conformance_cases.all_cases():
        return out.nothing_to_run(f"no conformance fixtures in "
                                  f"{conformance_cases.fixtures_root()}", chosen.require)
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
