#!/usr/bin/env python3
"""Our witness and a log in Go: sumdb's tree and notes, torchwood's cosignatures. Prints TAP.

    run_witness.py --bin DIR [--cache DIR] [--require]

gowitness grows a log, has our witness cosign it, opens every checkpoint with torchwood, and shows
another tree in the end. It comes from `peers build`.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import clients
import peer_cache

TESTS = pathlib.Path(__file__).resolve().parent.parent
SECONDS = 120


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of our programs")
    parser.add_argument("--cache", type=pathlib.Path, default=peer_cache.default_cache())
    parser.add_argument("--require", action="store_true", default=clients.required())
    return parser.parse_args()


def drive(report, support, program, folder):
    """A log of gowitness's own, then one that only bears its name."""
    keys = [subprocess.run([program, "key", "go.example/log"], capture_output=True, text=True,
                           check=True, timeout=SECONDS).stdout for _ in range(2)]
    vkey = support.init_witness(folder / "witness")
    witness = support.Witness(folder / "witness", [keys[0].splitlines()[1]], prefix="/w")
    said = witness.start()
    report.check("the witness starts", said is None, said)
    if said is not None:
        return
    try:
        for number, (key, status, text) in enumerate(((keys[0], 0, "the other tree refused"),
                                                      (keys[1], 1, "403"))):
            path = folder / f"key{number}"
            path.write_text(key)
            run = subprocess.run([program, "drive", path, vkey, f"http://127.0.0.1:{witness.port}/w"],
                                 capture_output=True, text=True, timeout=SECONDS, check=False)
            report.check("torchwood opens what our witness cosigned of a log in Go" if status == 0
                         else "a log of the same name with another key is refused",
                         run.returncode == status and text in run.stdout + run.stderr, run)
    finally:
        report.check("the witness ends cleanly", witness.kill(signal.SIGTERM) == 0)


def main():
    chosen = parse_arguments()
    os.environ["MAYFLY_BIN"] = str(chosen.bin)
    sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "support")]
    import tap
    import witness_support
    report = tap.Tap()
    peer = peer_cache.PEERS["gowitness"]
    if not peer.ready(chosen.cache):
        return report.nothing_to_run(peer.why_missing(chosen.cache), chosen.require)
    with tempfile.TemporaryDirectory(prefix="mayfly-interop-") as folder:
        drive(report, witness_support, peer.folder(chosen.cache) / "gowitness",
              pathlib.Path(folder))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
