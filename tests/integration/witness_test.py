"""mayfly-witness over real sockets: a real log followed, every answer of the protocol, forks. TAP on
standard output."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_checker import leaf_hash, read_entries  # noqa: E402
from log_support import BIN, Log, ask, free_ports, make_requests  # noqa: E402
from tap import run_tests  # noqa: E402
from witness_support import (EMPTY, Key, MadeLog, Witness, consistency, init_witness,  # noqa: E402
                             parse)

SECONDS = 60


class Top:
    """A folder, and the witnesses that tests leave behind when they fail."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-witness-")).resolve()
        self.running = []

    def start(self, server):
        said = server.start()
        assert said is None, said
        self.running.append(server)
        return server

    def stop(self, server, number=signal.SIGTERM):
        self.running.remove(server)
        return server.kill(number)

    def witness(self, name, logs, **members):
        """A new one that serves, and its key."""
        (self.folder / name).mkdir()
        vkey = init_witness(self.folder / name / "witness")
        witness = Witness(self.folder / name / "witness", logs, **members)
        return self.start(witness), Key(self.folder / name, vkey)

    def close(self):
        for server in self.running:
            server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def real_log(top, name, origin):
    """A new log, and its verifier key."""
    said = subprocess.run([BIN / "mayfly-log", "init", "--type=entries", f"--origin={origin}",
                           f"--directory={top.folder / name}"], capture_output=True, text=True,
                          check=True)
    return Log(top.folder / name, 10), said.stdout.splitlines()[1]


def append(log, bodies):
    for body in bodies:
        status, _, said = ask(log.port, "POST", "/api/v2/log/entries", body)
        assert status == 201, said


def head_of(log, size):
    """The public checkpoint once it has this size, and the leaves behind it."""
    deadline = time.monotonic() + SECONDS
    while True:
        with urllib.request.urlopen(log.url + "/checkpoint", timeout=10) as got:
            note = got.read().decode()
        if parse(note).size == size:
            return note, [leaf_hash(entry) for entry in read_entries(log.url, size)]
        assert time.monotonic() < deadline, f"no checkpoint of size {size}: {note}"


def test_follows_a_real_log(top):
    log, vkey = real_log(top, "log", "log.example/1")
    witness, key = top.witness("follows", [vkey], prefix="/witness")
    top.start(log)
    bodies, old = make_requests(top.folder, 9), 0
    assert witness.last("log.example/1")[0] == 404
    for more in (0, 1, 3, 5):
        append(log, bodies[:more])
        bodies = bodies[more:]
        note, leaves = head_of(log, max(old, 1) + more)
        before = int(time.time())
        status, _, line = witness.add(old, consistency(leaves, old), note)
        assert status == 200, (old, len(leaves), line)
        assert before <= key.cosigned(line, note) <= time.time()
        status, headers, last = witness.last("log.example/1")
        assert status == 200 and last == note + line, last
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        old = len(leaves)
    assert old == 10
    top.stop(log)
    assert top.stop(witness) == 0


def rows(log):
    """After size 5: old size, proof, note; status, and what the answer says."""
    leaves, good = log.leaves(8), log.checkpoint(8)
    proof = consistency(leaves, 5)
    forged = good.replace("\n8\n", "\n9\n")
    return [
        (5, [], "no note\n", 400, "checkpoint: no blank line"),
        (9, [], good, 400, "old size 9 is above the checkpoint's, 8"),
        (5, proof, log.sign(f"{log.origin}\n08\n{parse(good).text.splitlines()[2]}\n"), 400,
         "checkpoint: line 2: tree size"),
        (5, [b"x" * 32] * 64, good, 400, "more than 63 lines of proof"),
        (5, [b"short"], good, 400, "line 2: "),
        (5, proof, good.replace(f"— {log.origin} ", "— nobody "), 403, "no signature by a key"),
        (5, proof, forged, 403, "signature does not verify"),
        (5, proof, good.replace(log.origin, "elsewhere.example"), 404,
         "this witness does not know the log elsewhere.example"),
        (5, [], good, 422, "consistency proof has 0 hashes"),
        (5, [*proof[:-1], b"x" * 32], good, 422, "consistency proof does not lead to"),
        (5, proof, log.checkpoint(8, "other"), 422, "does not lead to"),
        (5, [], log.checkpoint(5, "other"), 422, "two trees of one size have different roots"),
        (5, proof, log.checkpoint(5), 422, "proof of equal sizes is not empty"),
    ]


def test_every_answer_of_the_protocol(top):
    log = MadeLog(top.folder, "made.example/log")
    witness, key = top.witness("answers", [log.vkey])
    status, _, said = witness.add(0, [], log.note(0, b"x" * 32))
    assert status == 422 and "not that of the empty tree" in said, said
    status, _, said = witness.add(0, [b"x" * 32], log.checkpoint(5))
    assert status == 422 and "from size 0" in said, said
    note = log.note(0, EMPTY)
    status, _, line = witness.add(0, [], note)
    assert status == 200 and key.cosigned(line, note), line
    assert witness.add(0, [], log.checkpoint(5))[0] == 200
    for old, proof, note, wanted, text in rows(log):
        status, headers, said = witness.add(old, proof, note)
        assert status == wanted and text in said, (wanted, text, status, said)
        assert headers["Content-Type"] == "text/plain; charset=utf-8", dict(headers)
        assert said.endswith("\n") and said.count("\n") == 1, said
    for old, size in ((0, 8), (4, 8), (6, 8), (0, 5), (3, 3)):
        status, headers, said = witness.add(old, [], log.checkpoint(size))
        assert (status, said) == (409, "5\n"), (old, size, status, said)
        assert headers["Content-Type"] == "text/x.tlog.size", dict(headers)
    for extensions in ((), ("one", "two")):
        note = log.checkpoint(5, extensions=extensions)
        status, _, line = witness.add(5, [], note)
        assert status == 200 and key.cosigned(line, note), line
    for body in (b"", b"\0", b"old", b"\xff" * 1000, b"\n" * 1000):
        assert witness.post(body)[0] == 400, body
    assert witness.post(b"x" * 200000)[0] == 413
    assert witness.post(None, "GET")[0] == 405
    assert ask(witness.port, "GET", "/")[0] == 404
    assert ask(witness.port, "GET", f"/{'0' * 64}/checkpoint")[0] == 404
    assert witness.health() == {"status": "SERVING", "logs": 1, "halted": []}
    assert top.stop(witness) == 0


def test_keys_and_origins_as_configured(top):
    """A log with two keys, one whose origin is not its key's name, and lines of nobody."""
    old_key, new_key = MadeLog(top.folder, "keys.example"), MadeLog(top.folder, "keys.example/new")
    witness, key = top.witness("keys", [old_key.vkey, (new_key.vkey, "keys.example")])
    text = old_key.checkpoint(3).partition("\n\n")[0] + "\n"
    by_old, by_new = (k.sign(text)[len(text) + 1:] for k in (old_key, new_key))
    junk = "— nobody.example AAAAAAAAAAAA\n"
    for lines in (by_old, by_new, junk + by_new, by_new + junk + by_old):
        note = f"{text}\n{lines}"
        status, _, line = witness.add(3 if lines != by_old else 0, [], note)
        assert status == 200 and key.cosigned(line, note), line
        last = witness.last("keys.example")[2]
        assert "nobody" not in last and last.endswith(line), last
    bad = by_new.replace(by_new.split(" ")[2], by_old.split(" ")[2])  # its name, the other's signature
    assert witness.add(3, [], f"{text}\n{bad}")[0] == 403
    assert top.stop(witness) == 0


def test_two_processes_of_one_log(top):
    """The directory of a log is copied, and both copies run: two trees, each of them well signed."""
    log, vkey = real_log(top, "one", "fork.example")
    witness, key = top.witness("forks", [vkey])
    top.start(log)
    append(log, make_requests(top.folder, 3))
    note, leaves = head_of(log, 4)
    assert witness.add(0, [], note)[0] == 200
    top.stop(log)
    shutil.copytree(log.directory, top.folder / "two")
    other = Log(top.folder / "two", 10)
    heads = []
    for server, bodies in ((log, make_requests(top.folder, 3)), (other, make_requests(top.folder, 2))):
        top.start(server)
        # Signed anew, so these are other entries.
        append(server, bodies)
        heads.append(head_of(server, 4 + len(bodies)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda head: witness.add(4, consistency(head[1], 4), head[0]), heads))
    statuses = [status for status, _, _ in answers]
    assert sorted(statuses) == [200, 409], answers
    won, lost = statuses.index(200), statuses.index(409)
    assert key.cosigned(answers[won][2], heads[won][0])
    size = int(answers[lost][2])
    assert size == len(heads[won][1])
    # What the other one can prove now, whatever it tries, is not what was cosigned.
    append((log, other)[lost], make_requests(top.folder, 4))
    note, leaves = head_of((log, other)[lost], len(heads[lost][1]) + 4)
    assert witness.add(size, consistency(leaves, size), note)[0] == 422
    assert parse(witness.last("fork.example")[2]).root == parse(heads[won][0]).root
    for server in (log, other, witness):
        assert top.stop(server) == 0


def test_the_proof_of_a_fork_is_kept(top):
    log = MadeLog(top.folder, "forked.example")
    witness, _ = top.witness("kept", [log.vkey])
    assert witness.add(0, [], log.checkpoint(5))[0] == 200
    for tree in ("other", "third"):
        assert witness.add(5, [], log.checkpoint(5, tree))[0] == 422
    kept = list((witness.directory / "state").glob("*.fork"))
    assert len(kept) == 1
    first, second = kept[0].read_text().split(f"\n{log.origin}\n5\n")
    assert log.checkpoint(5, "other") == f"{log.origin}\n5\n{second}"
    assert first.startswith(log.checkpoint(5)), first
    assert top.stop(witness) == 0


def test_a_disk_that_was_rolled_back(top):
    log = MadeLog(top.folder, "back.example")
    witness, _ = top.witness("back", [log.vkey])
    assert witness.add(0, [], log.checkpoint(5))[0] == 200
    assert top.stop(witness) == 0
    shutil.copytree(witness.directory, top.folder / "older")
    top.start(witness)
    note = log.checkpoint(8)
    status, _, line = witness.add(5, consistency(log.leaves(8), 5), note)
    assert status == 200
    assert top.stop(witness, signal.SIGKILL) == -signal.SIGKILL
    shutil.rmtree(witness.directory)
    shutil.copytree(top.folder / "older", witness.directory)
    top.start(witness)
    fork = log.checkpoint(8, "other", common=5)
    for status, headers, said in (
            witness.add(5, consistency(log.leaves(8), 5), note + line),
            witness.add(5, consistency(log.leaves(8, "other", 5), 5), fork)):
        assert status == 503 and "cosigns back.example no more" in said, said
    assert witness.health()["halted"] == ["back.example"]
    assert top.stop(witness) == 0
    top.start(witness)
    assert witness.add(5, consistency(log.leaves(8, "other", 5), 5), fork)[0] == 503
    assert top.stop(witness) == 0


def refused(witness, *texts):
    said = witness.start()
    assert said is not None and all(text in said for text in texts), said


def put_back(witness, older):
    shutil.rmtree(witness.directory)
    shutil.copytree(older, witness.directory)


def test_an_anchor_knows_that_the_directory_was_put_back(top):
    log = MadeLog(top.folder, "anchored.example")
    anchor = top.folder / "anchor"
    (top.folder / "held").mkdir()
    vkey = init_witness(top.folder / "held" / "witness")
    key = Key(top.folder / "held", vkey)
    witness = Witness(top.folder / "held" / "witness", [log.vkey], anchor=str(anchor))
    shutil.copytree(witness.directory, top.folder / "born")
    refused(witness, "anchor/witness: cannot open", "is its disk mounted?")
    anchor.mkdir()
    (anchor / "something").write_text("of somebody's")
    refused(witness, "anchor/witness: cannot open", "give an empty folder as anchor")
    (anchor / "something").unlink()
    top.start(witness)
    assert (anchor / "witness").read_text() == vkey + "\n"
    assert witness.add(0, [], log.checkpoint(5))[0] == 200
    assert top.stop(witness) == 0
    shutil.copytree(witness.directory, top.folder / "at-five")
    top.start(witness)
    note, proof = log.checkpoint(8), consistency(log.leaves(8), 5)
    shutil.move(anchor, top.folder / "unmounted")
    status, _, said = witness.add(5, proof, note)
    assert status == 503 and "cosigning: " in said, said
    shutil.move(top.folder / "unmounted", anchor)
    status, _, line = witness.add(5, proof, note)
    assert status == 200 and key.cosigned(line, note)
    assert top.stop(witness, signal.SIGKILL) == -signal.SIGKILL
    for older, size in (("born", 0), ("at-five", 5)):
        put_back(witness, top.folder / older)
        refused(witness, f"anchored.example: size {size} is remembered, and 8 by the anchor",
                "copy the anchor's files")
    for path in anchor.iterdir():
        if path.name != "witness":
            shutil.copy(path, witness.directory / "state")
    top.start(witness)
    assert witness.add(0, [], note)[2] == "8\n"
    assert top.stop(witness) == 0
    kept = next(path for path in anchor.iterdir() if path.name != "witness")
    whole = kept.read_text()
    kept.write_text(whole.replace("\n8\n", "\n7\n"))
    refused(witness, "anchor/", "signature does not verify")
    kept.unlink()
    kept.symlink_to(kept.name)  # what cannot be read is no reason to begin anew
    refused(witness, "anchor/", "cannot open")
    assert kept.is_symlink()
    shutil.rmtree(anchor)
    anchor.mkdir()
    refused(witness, "anchor", "is empty, and this witness had an anchor", "anchored")
    (witness.directory / "anchored").unlink()
    top.start(witness)  # a new disk, said aloud
    assert kept.read_text() == whole
    assert top.stop(witness) == 0
    init_witness(top.folder / "held" / "another")
    refused(Witness(top.folder / "held" / "another", [log.vkey], anchor=str(anchor)),
            "is the anchor of another witness")


def children(pid):
    return [int(word) for word in
            pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_ends_when_its_signer_does(top):
    log = MadeLog(top.folder, "ends.example")
    witness, _ = top.witness("ends", [log.vkey])
    assert witness.add(0, [], log.checkpoint(5))[0] == 200
    os.kill(children(witness.process.pid)[0], signal.SIGKILL)
    assert witness.process.wait(SECONDS) == 70
    assert "signer process has ended" in witness.process.stderr.read().decode()
    top.running.remove(witness)
    top.start(witness)  # nothing is forgotten
    assert witness.add(0, [], log.checkpoint(8))[2] == "5\n"
    assert top.stop(witness) == 0


def test_refuses_to_start_twice_or_without_its_memory(top):
    log = MadeLog(top.folder, "start.example")
    witness, _ = top.witness("start", [log.vkey])
    second = Witness(witness.directory, [log.vkey])
    said = second.start()
    assert said is not None and "another process has this witness open" in said, said
    assert witness.add(0, [], log.checkpoint(5))[0] == 200
    assert top.stop(witness) == 0
    for path in (witness.directory / "state").iterdir():
        path.unlink()
    said = witness.start()
    assert said is not None and "must be begun anew under another name" in said, said


def test_usage(top):
    config = top.folder / "usage.json"
    config.write_text(json.dumps({"format": 1, "directory": "w", "listen": "127.0.0.1:0",
                                  "logs": [{"vkey": "x"}]}))
    for argv, status, text in (
            ([], 2, ""), (["nothing"], 2, "nothing"), (["init"], 2, "init needs --name"),
            (["init", "--name=a b", "--directory=x"], 2, "'a b' is no witness's name"),
            (["init", "--name=a", f"--directory={top.folder}"], 3, "a witness is begun once"),
            (["serve"], 2, "serve takes --config FILE"),
            (["serve", f"--config={config}", "--check-config"], 3, "logs[0]: vkey: ")):
        said = subprocess.run([BIN / "mayfly-witness", *argv], capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        assert said.returncode == status and text in said.stderr, (argv, said)


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]


def main():
    top = Top()
    try:
        return run_tests(TESTS, top)
    finally:
        top.close()


if __name__ == "__main__":
    sys.exit(main())
