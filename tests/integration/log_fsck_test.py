"""mayfly-log fsck on logs that mayfly-log made of real submissions: whole ones, also after SIGKILL and
while they are served, and damaged ones. TAP on standard output."""

import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_ct_test import POISON, Authority, add  # noqa: E402
from log_support import BIN, Log, Tap, make_requests, openssl, post  # noqa: E402

KILLS = 5
REQUESTS, MORE = 330, 120
SEED = 20261125


def fsck(directory, *options, **run):
    done = subprocess.run([BIN / "mayfly-log", "fsck", *options, directory], capture_output=True,
                          text=True, timeout=100, check=False, **run)
    return done.returncode, done.stdout, done.stderr


def findings(directory, *options):
    status, out, _ = fsck(directory, "--json", *options)
    return status, json.loads(out)


def init(folder, kind, name):
    subprocess.run([BIN / "mayfly-log", "init", f"--type={kind}", f"--origin={name}.example",
                    f"--directory={folder / name}"], check=True, capture_output=True)


def feed(log, todo, lock):
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=10)
    while True:
        with lock:
            if not todo:
                return
            body = todo.pop()
        try:
            post(connection, body)
        except (OSError, http.client.HTTPException):
            with lock:
                todo.append(body)
            return


def is_whole(status, answer):
    return status == 0 and answer["ok"] and not answer["faults"] and not answer["unread"]


def whole_after_kills(report, folder, requests):
    log = Log(folder / "log", 30)
    todo, lock = list(requests), threading.Lock()
    dice = random.Random(SEED)
    said, ends = [], []
    for _ in range(KILLS):
        said += [log.start()]
        threads = [threading.Thread(target=feed, args=(log, todo, lock)) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.02, 0.08))  # the moment of death, not a wait for something
        log.kill()
        for thread in threads:
            thread.join()
        status, answer = findings(log.directory)
        if not is_whole(status, answer):
            said.append(answer)
        ends.append(answer["end"])
    report.check(f"a log is whole after each of {KILLS} kills", not any(said), *said)
    report.check("and has more each time", ends == sorted(ends) and ends[-1] > 1, ends)
    log.start()
    feed(log, todo, lock)
    return log


def served(report, log, more):
    status, _, said = fsck(log.directory)
    report.check("a log that is served is refused", status == 3 and
                 "another process has this log open" in said and "--online" in said, said)
    status, answer = findings(log.directory)
    report.check("in JSON too", status == 3 and not answer["ok"] and
                 "another process has this log open" in answer["error"], answer)
    todo, lock = list(more), threading.Lock()
    threads = [threading.Thread(target=feed, args=(log, todo, lock)) for _ in range(3)]
    for thread in threads:
        thread.start()
    answers = [findings(log.directory, "--online") for _ in range(4)]
    for thread in threads:
        thread.join()
    answers.append(findings(log.directory, "--online"))
    report.check("its public tree is not, while it grows", all(
        is_whole(status, answer) and answer["size"] > 1 for status, answer in answers), *answers)
    log.kill(signal.SIGTERM)
    status, out, said = fsck(log.directory)
    report.check("a log that was stopped is whole, in one line", status == 0 and said == "" and
                 out.startswith(f"entries log log.example: whole: {REQUESTS + MORE + 1} public entries and ") and out.count("\n") == 1, out, said)
    status, out, said = fsck(log.directory, "-q")
    report.check("or in none", (status, out, said) == (0, "", ""), out, said)


def usage(report, folder):
    for name, words, status, text in (
            ("no directory", (), 2, "takes one directory"),
            ("two directories", ("a", "b"), 2, "takes one directory"),
            ("an unknown option", ("--fix", "a"), 2, "--fix"),
            ("a directory that is not there", (folder / "none",), 3, "cannot open"),
            ("a directory of something else", (folder,), 3, "identity.json")):
        run = subprocess.run([BIN / "mayfly-log", "fsck", *words], capture_output=True, text=True,
                             check=False)
        report.check(f"refuses {name}", run.returncode == status and text in run.stderr,
                     run.returncode, run.stderr)


def without_rights(report, log):
    if os.geteuid() != 0:
        report.skipped("a user without rights gets no verdict", "only root can become another user")
        return
    status, out, said = fsck(log.directory, user=65534, group=65534, extra_groups=[])
    report.check("a user without rights gets no verdict", status == 3 and
                 "Permission denied" in said, status, out, said)


class Damaged:
    """A copy of a log with one thing wrong."""

    def __init__(self, log):
        self.path = log.with_name("damaged")
        shutil.copytree(log, self.path)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path)


def unreadable(report, log):
    """One file that this user may not read: no verdict on it, and one on all else."""
    if os.geteuid() != 0:
        report.skipped("a file that may not be read is named", "only root can become another user")
        return
    with Damaged(log) as path:
        path.parent.chmod(0o755)
        subprocess.run(["chmod", "-R", "a+rX", path], check=True)
        for name in ("key.pem", "state/head"):
            (path / name).chmod(0o600)
        status, out, said = fsck(path, "--json", user=65534, group=65534, extra_groups=[])
        answer = json.loads(out)
        report.check("a file that may not be read is named", status == 3 and not answer["ok"] and
                     answer["faults"] == 0 and one(answer).get("file") == "state/head" and
                     one(answer)["kind"] == "unread", status, out, said)


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def one(answer):
    return answer["findings"][0] if len(answer["findings"]) == 1 else {}


def damaged_entries(report, log):
    with Damaged(log) as path:
        flip(path / "public" / "tile" / "entries" / "000", 1000)
        status, answer = findings(path)
        length, index, at = 0, -1, 0
        data = (log / "public" / "tile" / "entries" / "000").read_bytes()
        while at <= 1000:
            length = int.from_bytes(data[at:at + 2], "big")
            at, index = at + 2 + length, index + 1
        entry = data[at - length:at]
        found = one(answer)
        report.check("a changed entry is named", status == 1 and not answer["ok"] and
                     found["file"] == "public/tile/entries/000" and found["entry"] == index and
                     found["expected"] == hashlib.sha256(b"\0" + entry).hexdigest() and
                     found["action"].startswith("restore this file from a copy"), answer)
        status, out, _ = fsck(path)
        report.check("in one line of text", status == 1 and
                     out.startswith(f"public/tile/entries/000: entry {index}: ") and
                     ": 1 fault: " in out.splitlines()[-1], out)
        run = subprocess.run([BIN / "mayfly-log", "fsck", "-q", path], capture_output=True,
                             text=True, check=False)
        report.check("and without a summary", len(run.stdout.splitlines()) == 1, run.stdout)
    with Damaged(log) as path:
        (path / "public" / "evil\x1b[31m\nname").write_text("x")
        status, out, _ = fsck(path)
        report.check("a name cannot write to the terminal", status == 1 and "\x1b" not in out and
                     len(out.splitlines()) == 2, out)


def make_ct(folder):
    """A CT log with a chain of two issuers, both kinds of entry."""
    root = Authority(folder, "root")
    middle = Authority(folder, "middle", root)
    key = folder / "leaf.key"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    init(folder, "ct", "ct")
    log = Log(folder / "ct", 30)
    config = json.loads(log.config.read_text())
    config["logs"][0]["roots"] = str(root.pem)
    log.config.write_text(json.dumps(config))
    log.start()
    statuses = [add(log.port, "add-pre-chain", middle.issue(f"pre {i}", key, POISON), middle.der)[0]
                for i in range(6)]
    statuses.append(add(log.port, "add-chain", middle.issue("leaf", key), middle.der, root.der)[0])
    return log, middle, statuses


def ct_log(report, folder):
    log, middle, statuses = make_ct(folder)
    log.kill()
    status, answer = findings(log.directory)
    report.check("a CT log is whole after a kill", set(statuses) == {200} and
                 is_whole(status, answer) and answer["end"] == 7, statuses, answer)
    log.start()
    log.kill(signal.SIGTERM)
    status, answer = findings(log.directory)
    report.check("and after a stop", is_whole(status, answer) and answer["size"] == 7, answer)
    name = "public/issuer/" + hashlib.sha256(middle.der).hexdigest()
    with Damaged(log.directory) as path:
        (path / name).unlink()
        status, answer = findings(path)
        report.check("an issuer that is missing is named", status == 1 and
                     one(answer).get("file") == name and one(answer)["entry"] == 0, answer)
    with Damaged(log.directory) as path:
        flip(path / name, 100)
        status, answer = findings(path)
        report.check("an issuer that was changed is named", status == 1 and
                     one(answer).get("file") == name and one(answer)["expected"] == name[14:], answer)
    data = "public/tile/data/000.p/7"
    record = (log.directory / data).read_bytes()
    with Damaged(log.directory) as path:
        # The leaf index of the first entry: in its extensions, behind TBS and their length.
        flip(path / data, record.find(b"\x00\x08\x00\x00\x05") + 9)
        status, answer = findings(path)
        report.check("an entry that promises another index is named", status == 1 and
                     {"promises the index of another entry"} <
                     {f["problem"] for f in answer["findings"]} and
                     all(f["file"] == data and f["entry"] == 0 for f in answer["findings"]), answer)
    with Damaged(log.directory) as path:
        (path / data).write_bytes(record[:-1])
        status, answer = findings(path)
        report.check("a data tile that is cut short is named", status == 1 and
                     one(answer).get("file") == data and
                     "behind entry 6 of 7" in one(answer)["problem"], answer)


def main():
    report = Tap()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-fsck-"))
    init(folder, "entries", "log")
    requests = make_requests(folder, REQUESTS + MORE)
    log = whole_after_kills(report, folder, requests[:REQUESTS])
    served(report, log, requests[REQUESTS:])
    usage(report, folder)
    without_rights(report, log)
    damaged_entries(report, log.directory)
    unreadable(report, log.directory)
    ct_log(report, folder)
    shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
