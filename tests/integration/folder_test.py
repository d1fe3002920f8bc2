"""The folders of mayfly-ca, mayfly-log and mayfly-witness: another's given by mistake, and init that is killed.
TAP on standard output."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_support import BIN, Log  # noqa: E402
from tap import run_tests  # noqa: E402
from witness_support import Witness  # noqa: E402

DIE_AT_STEP = pathlib.Path(os.environ.get("MAYFLY_DIE_AT_STEP",
                                          "build/tests/integration/die_at_step.so")).resolve()
SECONDS = 60
LOG_KEY = "rekor-local+d80b4420+AURLycjWRo1+gdwwCLg9wU4PayMFdNBmPF4ORVPiBQ1E"
STEPS_MAX = 400
INITS = {
    "entries": ["mayfly-log", "init", "--type=entries", "--origin=log.example"],
    "ct": ["mayfly-log", "init", "--type=ct", "--origin=ct.example"],
    "ca": ["mayfly-ca", "init", "--dev-issuer"],
    "witness": ["mayfly-witness", "init", "--name=witness.example"],
}


def run(argv, folder, env=None):
    return subprocess.run([BIN / argv[0], *argv[1:]], cwd=folder, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=SECONDS, env={**os.environ, **(env or {})})


def init(kind, folder, name, env=None):
    return run([*INITS[kind], f"--directory={name}"], folder, env)


def files_in(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))


def serve_log(folder, directory, roots=None):
    """What `mayfly-log serve` says of a folder that it refuses."""
    log = {"directory": directory, "listen": "127.0.0.1:0"} | ({"roots": roots} if roots else {})
    (folder / "log.json").write_text(json.dumps({"format": 1, "logs": [log]}))
    return run(["mayfly-log", "serve", "--config=log.json"], folder)


def serve_ca(folder, directory):
    ct = json.loads((folder / "ct" / "identity.json").read_text())
    (folder / "ca.json").write_text(json.dumps({
        "format": 1, "listen": "127.0.0.1:0", "directory": directory,
        "ct_log": {"url": "http://127.0.0.1:1", "public_key": ct["publicKey"]},
        "issuers": [{"issuer": "https://issuer.example", "audience": "a", "type": "email"}],
        "audit": {"file": "audit.jsonl"}, "require_clock_sync": False}))
    return run(["mayfly-ca", "serve", "--config=ca.json"], folder)


def serve_witness(folder, directory):
    (folder / "witness.json").write_text(json.dumps({
        "format": 1, "listen": "127.0.0.1:0", "directory": directory, "logs": [{"vkey": LOG_KEY}]}))
    return run(["mayfly-witness", "serve", "--config=witness.json"], folder)


def test_the_folder_of_another_kind_is_refused(top):
    folder = top / "kinds"
    folder.mkdir()
    for kind in INITS:
        assert init(kind, folder, kind).returncode == 0
    (folder / "empty").mkdir()
    (folder / "file").write_text("x")
    no_log = ["identity.json: cannot open", "is this a log's directory", "mayfly-log init makes one"]
    no_witness = ["identity.json: cannot open", "is this a witness's directory",
                  "mayfly-witness init makes one"]
    no_ca = ["ca.key: cannot open", "is this a CA's directory", "mayfly-ca init makes one"]
    rows = [(serve_log(folder, name, roots), name, texts)
            for roots in (None, "ca/ca-chain.pem")
            for name, texts in (("ca", no_log), ("empty", no_log), ("absent", no_log),
                                ("file", [*no_log, "Not a directory"]))]
    rows += [(serve_log(folder, "entries", "ca/ca-chain.pem"), "entries",
              ["is a log of entries, but roots are named", "--type ct"])]
    rows += [(serve_ca(folder, name), name, texts)
             for name, texts in (("entries", no_ca), ("ct", no_ca), ("empty", no_ca),
                                 ("absent", no_ca), ("file", [*no_ca, "Not a directory"]))]
    rows += [(serve_witness(folder, name), name, texts)
             for name, texts in (("entries", ["type is 'entries', not witness"]), ("ca", no_witness),
                                 ("empty", no_witness), ("absent", no_witness))]
    before = files_in(folder)
    for said, name, texts in rows:
        assert said.returncode == 3 and said.stderr.count("\n") == 1, said
        for text in [f": {name}", *texts]:
            assert text in said.stderr, (text, said)
    assert files_in(folder) == before and not files_in(folder / "empty")


def kill_at_each_step(top, kind):
    """Under its name there is nothing or all of it, after a kill at any step; what a kill left does not
    keep the next one from beginning."""
    folder = top / f"killed-{kind}"
    folder.mkdir()
    place, aside = folder / "born", folder / ".born.mayfly-init"
    assert init(kind, folder, "whole").returncode == 0
    whole = files_in(folder / "whole")
    for step in range(1, STEPS_MAX):
        said = init(kind, folder, "born", {"LD_PRELOAD": str(DIE_AT_STEP), "MAYFLY_DIE_AT": str(step),
                                           "ASAN_OPTIONS": "verify_asan_link_order=0"})
        if place.exists():
            break
        assert said.returncode == -signal.SIGKILL, (step, said)
    assert step > 10, f"it was killed at {step - 1} steps only"
    # Killed after the last rename, or through: the name stands for all of it.
    assert said.returncode in (0, -signal.SIGKILL), said
    assert files_in(place) == whole and not aside.exists(), (files_in(place), whole)
    again = init(kind, folder, "born")
    assert again.returncode == 3 and "is already there" in again.stderr, again
    shutil.rmtree(place)
    # And the one after a kill half-way goes through undisturbed.
    said = init(kind, folder, "born", {"LD_PRELOAD": str(DIE_AT_STEP), "MAYFLY_DIE_AT": str(step // 2),
                                       "ASAN_OPTIONS": "verify_asan_link_order=0"})
    assert said.returncode == -signal.SIGKILL and aside.exists() and not place.exists(), said
    assert init(kind, folder, "born").returncode == 0
    assert files_in(place) == whole and not aside.exists()
    return place


def test_a_killed_init_of_a_log_of_entries(top):
    log = Log(kill_at_each_step(top, "entries"), 50)
    said = log.start()
    assert said is None, said
    log.kill(signal.SIGTERM)


def test_a_killed_init_of_a_log_of_certificates(top):
    log = Log(kill_at_each_step(top, "ct"), 50)
    said = log.start()
    assert said is None, said
    log.kill(signal.SIGTERM)


def test_a_killed_init_of_a_ca(top):
    kill_at_each_step(top, "ca")


def test_a_killed_init_of_a_witness(top):
    witness = Witness(kill_at_each_step(top, "witness"), [LOG_KEY])
    said = witness.start()
    assert said is None, said
    witness.kill(signal.SIGTERM)


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]


def main():
    top = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-folder-")).resolve()
    try:
        return run_tests(TESTS, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
