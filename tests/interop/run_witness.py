#!/usr/bin/env python3
"""Our witness beside what others have made: a log in Go, and another witness. Prints TAP.

    run_witness.py --bin DIR [--cache DIR] [--require]

gowitness grows a log with sumdb's code, has our witness cosign it, opens every checkpoint with torchwood,
and shows another tree in the end. litewitness, torchwood's own witness, is asked what ours is asked, must
answer alike, and cosigns a log of ours. Both come from `peers build`.
"""

import argparse
import base64
import contextlib
import hashlib
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import clients
import peer_cache

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "support")]
import http_ask  # noqa: E402
import ports  # noqa: E402
import tap  # noqa: E402

SECONDS = 120


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of our programs")
    parser.add_argument("--cache", type=pathlib.Path, default=peer_cache.default_cache())
    parser.add_argument("--require", action="store_true", default=clients.required())
    return parser.parse_args()


def drive(report, support, programs, folder):
    """A log of gowitness's own, then one that only bears its name."""
    program = programs / "gowitness"
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


class Litewitness:
    """torchwood's witness: its key is in an ssh-agent of its own."""

    def __init__(self, folder, programs, vkey, name="lite.example"):
        folder.mkdir()
        self.database = folder / "db"
        key, agent = folder / "key", folder / "agent"
        self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        raw = base64.b64decode((folder / "key.pub").read_text().split()[1])[-32:]
        material = b"\x04" + raw
        self.vkey = "+".join((name, hashlib.sha256(name.encode() + b"\n" + material).hexdigest()[:8],
                              base64.b64encode(material).decode()))
        self.port = ports.free_ports()
        self.log = open(folder / "log", "wb")
        self.processes = []
        self.spawn("ssh-agent", "-D", "-a", agent)
        self.until(agent.exists)
        self.run("ssh-add", "-q", key, env={**os.environ, "SSH_AUTH_SOCK": str(agent)})
        print_ = self.run("ssh-keygen", "-l", "-f", folder / "key.pub").split()[1]
        self.spawn(programs / "litewitness", "-db", self.database, "-name", name, "-key", print_,
                   "-ssh-agent", agent, "-listen", f"127.0.0.1:{self.port}")
        self.until(self.answers)
        self.know(vkey)

    def know(self, vkey):
        """As its witnessctl does, which needs more modules than this."""
        origin, nothing = vkey.split("+")[0], base64.b64encode(hashlib.sha256(b"").digest()).decode()
        with contextlib.closing(sqlite3.connect(self.database)) as database, database:
            database.execute("INSERT INTO log VALUES (?, 0, ?)", (origin, nothing))
            database.execute("INSERT INTO key VALUES (?, ?)", (origin, vkey))

    def run(self, *argv, env=None):
        done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, env=env,
                              timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{argv[0]}: {done.stderr}")
        return done.stdout

    def spawn(self, *argv):
        self.processes.append(subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL,
                                               stdout=self.log, stderr=self.log))

    def until(self, true):
        deadline = time.monotonic() + SECONDS
        while not true():
            if time.monotonic() > deadline or any(p.poll() is not None for p in self.processes):
                raise RuntimeError("litewitness does not begin")
            time.sleep(0.02)

    def answers(self):
        with contextlib.suppress(OSError):
            return http_ask.ask(self.port, "GET", "/")[0] > 0
        return False

    def add(self, old, proof, note):
        body = f"old {old}\n" + "".join(base64.b64encode(h).decode() + "\n" for h in proof) + "\n"
        status, headers, said = http_ask.ask(self.port, "POST", "/add-checkpoint",
                                             (body + note).encode())
        return status, headers, said.decode()

    def close(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait(SECONDS)
        self.log.close()


def questions(log, support):
    """One after another: old size, proof, note, and the status that litewitness gives where it is
    another than ours, since the protocol changed after its release."""
    def from_size(old, size, tree="tree", common=0):
        return support.consistency(log.leaves(size, tree, common), old)

    def note(size, tree="tree", common=0, extensions=()):
        return log.checkpoint(size, tree, common, extensions)

    stranger = note(3).replace(log.origin, "stranger.example")
    return [
        (1, [], note(3), None), (0, [], note(3), None), (0, [], note(3), None), (3, [], note(3), None),
        (3, [], note(3, "other"), None), (3, [], note(7), None), (3, from_size(3, 7), note(7), None),
        (7, from_size(3, 9), note(9), None), (7, from_size(7, 9), note(9, "other"), None),
        (7, from_size(7, 9, "other", 5), note(9, "other", 5), None), (7, from_size(7, 9), note(9), None),
        (9, [], note(9), None), (10, [], note(9), None), (9, from_size(9, 300), note(300), None),
        (300, [], note(300, extensions=("one", "two")), None), (300, [], note(12), None),
        (300, [b"x" * 31], note(300), None), (300, [], "no note", 403),
        (300, [], note(300).replace("\n300\n", "\n301\n"), None),
        (300, [], note(300).replace(f"— {log.origin} ", "— nobody.example "), None),
        (3, [], stranger, 403),
        (300, from_size(300, 1000), note(1000), None), (0, [], note(1000), None),
    ]


def compare(report, support, programs, folder):
    log = support.MadeLog(folder, "alike.example")
    lite = Litewitness(folder / "lite", programs, log.vkey)
    support.init_witness(folder / "beside")
    ours = support.Witness(folder / "beside", [log.vkey])
    try:
        said = ours.start()
        report.check("ours starts beside litewitness", said is None, said)
        key = support.Key(folder, lite.vkey)
        differences, alike = [], 0
        for number, (old, proof, note, theirs) in enumerate(questions(log, support)):
            own, other = ours.add(old, proof, note), lite.add(old, proof, note)
            wanted = theirs or own[0]
            conflict = own[0] != 409 or own[2] == other[2]
            if other[0] != wanted or not conflict:
                differences.append(f"question {number}: {own[0]} {own[2]}, litewitness {other[0]} {other[2]}")
            if own[0] == other[0] == 200:
                key.cosigned(other[2], note)
                alike += 1
        report.check("ours and litewitness answer alike", not differences and alike > 5, *differences)
    finally:
        lite.close()
        report.check("ours ends cleanly", ours.kill(signal.SIGTERM) == 0)


def cosigned_by_another(report, support, programs, folder):
    """A log of ours, as litewitness sees it."""
    import log_support
    from log_checker import leaf_hash, read_entries
    made = subprocess.run([log_support.BIN / "mayfly-log", "init", "--type=entries",
                           "--origin=ours.example", f"--directory={folder / 'ours'}"],
                          capture_output=True, text=True, check=True, timeout=SECONDS)
    log = log_support.Log(folder / "ours", 10)
    lite = Litewitness(folder / "lite2", programs, made.stdout.splitlines()[1])
    key = support.Key(folder, lite.vkey)
    try:
        said = log.start()
        report.check("a log of ours starts", said is None, said)
        note = http_ask.ask(log.port, "GET", "/checkpoint")[2].decode()
        first = lite.add(0, [], note)
        for body in log_support.make_requests(folder, 5):
            assert http_ask.ask(log.port, "POST", "/api/v2/log/entries", body)[0] == 201
        lite.until(lambda: "\n6\n" in http_ask.ask(log.port, "GET", "/checkpoint")[2].decode())
        later = http_ask.ask(log.port, "GET", "/checkpoint")[2].decode()
        leaves = [leaf_hash(entry) for entry in read_entries(log.url, 6)]
        second = lite.add(1, support.consistency(leaves, 1), later)
        report.check("litewitness cosigns a log of ours as it grows",
                     first[0] == second[0] == 200 and key.cosigned(first[2], note) > 0
                     and key.cosigned(second[2], later) > 0, first, second)
    finally:
        lite.close()
        report.check("the log ends cleanly", log.kill(signal.SIGTERM) == 0)


def with_peer(report, chosen, name, tests, *rest):
    peer = peer_cache.PEERS[name]
    if not peer.ready(chosen.cache):
        why = peer.why_missing(chosen.cache)
        if chosen.require:
            report.failed(f"{name} is there", why)
        else:
            report.skipped(f"all tests with {name}", why)
        return
    for test in tests:
        test(report, support_of_integration(), peer.folder(chosen.cache), *rest)


def support_of_integration():
    import witness_support
    return witness_support


def main():
    chosen = parse_arguments()
    os.environ["MAYFLY_BIN"] = str(chosen.bin.resolve())
    report = tap.Tap()
    with tempfile.TemporaryDirectory(prefix="mayfly-interop-", dir="/tmp") as folder:
        folder = pathlib.Path(folder)
        with_peer(report, chosen, "gowitness", [drive], folder)
        with_peer(report, chosen, "litewitness", [compare, cosigned_by_another], folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
