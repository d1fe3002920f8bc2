#!/usr/bin/env python3
"""The matrix of valid and invalid bundles against `mayfly verify`: each verdict and its step.

    matrix_test.py --bin DIR [--keep DIR] [--only PART-OF-A-NAME]

Its generator shares no code with mayfly and is written from the formats. It needs Python's
`cryptography`: this interpreter's, or the one that the peer sigstore-python brought along.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "interop"), str(HERE)]
import peer_cache  # noqa: E402
import tap  # noqa: E402

AT_LEAST = 800
WITHOUT_PH = "Ed25519ph is not available in this build"  # docs/dependencies.md
SECONDS = 60
EXIT = {"verified": 0, "rejected": 1, "trust": 6}
REASONS = {"format": "format_invalid", "log_entry": "log_entry_invalid",
           "witness": "witness_quorum_missing", "timestamp": "timestamp_invalid",
           "certificate": "certificate_invalid", "sct": "sct_invalid",
           "identity": "identity_mismatch", "signature": "signature_invalid",
           "artifact": "artifact_mismatch"}


def has_cryptography(python):
    done = subprocess.run([python, "-c", "import cryptography.hazmat.primitives.asymmetric.rsa"],
                          capture_output=True, check=False, timeout=SECONDS)
    return done.returncode == 0


def with_cryptography():
    """Goes on in an interpreter that has the package. Returns why not, where there is none."""
    if has_cryptography(sys.executable):
        return ""
    peer = peer_cache.PEERS["sigstore-python"]
    python = peer.folder(peer_cache.default_cache()) / "bin" / "python"
    if python.is_file() and python != pathlib.Path(sys.executable) and has_cryptography(python):
        os.execv(python, [str(python), *sys.argv])
    return "python has no package cryptography, and tests/interop/peers brought none"


def command(program, written):
    facts = written.facts
    argv = [program, "verify", "--json", "--trusted-root", written.root,
            "--bundle", written.bundle]
    if "key" in facts:
        argv += ["--key", written.folder / facts["key"]]
    else:
        argv += ["--identity", facts["identity"], "--issuer", facts["issuer"]]
    if "policy" in facts:
        argv += ["--witness-policy", written.folder / facts["policy"]]
    if facts["by_digest"]:
        digest = hashlib.sha256(written.artifact.read_bytes()).hexdigest()
        return [*map(str, argv), f"sha256:{digest}"]
    return [*map(str, argv), str(written.artifact)]


def not_demanded(case, facts):
    """The steps that must say that they were not checked, and no others."""
    names = {"revocation", "floor", "statement", *case.unchecked}
    if "policy" not in facts:
        names.add("witness")
    if "key" in facts:
        names |= {"certificate", "sct"}
    return names


def seen_verdict(status, out, unchecked):
    """The word of case.py for what mayfly did, or a sentence that no case expects."""
    if status == 6:
        return "trust"
    if status not in (0, 1):
        return f"exit status {status}"
    result = json.loads(out)["results"][0]
    steps = {check["name"]: check["result"] for check in result.get("checks", [])}
    failed = [name for name, what in steps.items() if what == "failed"]
    if status == 0:
        rest = {name for name, what in steps.items() if what != "passed"}
        good = result["ok"] and rest == unchecked and {steps[name] for name in rest} == {
            "not_checked"}
        return "verified" if good else f"exit status 0 with {result}"
    if not steps:
        return result["reason"]
    if len(failed) != 1 or result["reason"] != REASONS.get(failed[0]):
        return f"reason {result['reason']} with {steps}"
    before = list(steps)[:list(steps).index(failed[0])]
    if any(steps[name] != ("not_checked" if name in unchecked else "passed") for name in before):
        return f"{failed[0]} before an earlier step passed: {steps}"
    return failed[0]


def message(done):
    """What mayfly said, in one line."""
    try:
        return json.loads(done.stdout)["results"][0].get("message", "verified")
    except (ValueError, LookupError):
        return (done.stdout + done.stderr).strip()[:500]


def run_one(program, number, scratch):
    import matrix
    case = matrix.all_cases()[number - 1]
    written = matrix.write(case, scratch / matrix.folder_name(number, case))
    done = subprocess.run(command(program, written), capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=SECONDS)
    seen = seen_verdict(done.returncode, done.stdout, not_demanded(case, written.facts))
    problem = ""
    if seen != case.verdict:
        problem = (f"wanted {case.verdict}, saw {seen}: {message(done)}\n{case.why}\n"
                   f"{written.folder}")
    return problem


def run_all(chosen, scratch, out):
    import matrix
    program = str(chosen.bin / "mayfly")
    cases = [(n, c) for n, c in enumerate(matrix.all_cases(), 1) if chosen.only in c.name]
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        jobs = [(case.name, pool.submit(run_one, program, n, scratch)) for n, case in cases]
        for name, job in jobs:
            problem = job.result()
            if WITHOUT_PH in problem:
                out.passed(f"{name}: refused by name")
            elif problem:
                out.failed(name, problem)
            else:
                out.passed(name)
    if not chosen.only:
        check_same_bytes(out)
        out.check(f"at least {AT_LEAST} cases", len(cases) >= AT_LEAST, len(cases))


def check_same_bytes(out):
    """Two interpreters that order sets differently write the same story."""
    text = ("import sys; sys.path.insert(0, sys.argv[1]); import story, keys, hashlib; "
            "print(keys.is_deterministic(), hashlib.sha256(repr(story.Story().files()).encode())"
            ".hexdigest())")
    name = "two runs write the same bytes"
    said = [subprocess.run([sys.executable, "-c", text, HERE], capture_output=True, text=True,
                           check=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
                           env={**os.environ, "PYTHONHASHSEED": seed}).stdout.split()
            for seed in ("1", "2")]
    if said[0][0] == "True":
        out.check(name, said[0] == said[1], said)
    else:
        out.skipped(name, "cryptography has no deterministic ECDSA here")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of our programs")
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder for the cases' files")
    parser.add_argument("--only", default="", help="part of a case's name")
    return parser.parse_args()


def main():
    chosen = parse_arguments()
    why = with_cryptography()
    out = tap.Tap()
    if why:
        return out.nothing_to_run(why, os.environ.get("MAYFLY_REQUIRE_INTEROP") == "1")
    scratch = chosen.keep or pathlib.Path(tempfile.mkdtemp(prefix="mayfly-matrix-"))
    run_all(chosen, scratch, out)
    status = out.finish()
    if status or chosen.keep:
        out.note(f"the files: {scratch}")
    else:
        shutil.rmtree(scratch)
    return status


if __name__ == "__main__":
    sys.exit(main())
