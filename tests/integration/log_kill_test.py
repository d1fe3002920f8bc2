"""mayfly-log under SIGKILL, and on damaged or foreign directories. TAP on standard output."""

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
from log_checker import Checker  # noqa: E402
from log_support import BIN, Log, Tap, ask, make_requests, post  # noqa: E402

KILLS = 12
REQUESTS = 700
SEED = 20261124


class Killed:
    """What the threads of all lives have done; each word of it under the lock."""

    def __init__(self, requests, checker):
        self.todo, self.done, self.checker = list(requests), [], checker
        self.cut_off = 0  # requests that were sent whole and never answered
        self.lock = threading.Lock()


def append_until_killed(log, work):
    """Posts until the connection breaks: what was not answered is posted again in a later life."""
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=10)
    while True:
        with work.lock:
            if not work.todo:
                return
            body = work.todo.pop()
        sent = False
        try:
            connection.request("POST", "/api/v2/log/entries", body)
            sent = True
            response = connection.getresponse()
            status, answer = response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException):
            with work.lock:
                work.todo.append(body)
                work.cut_off += sent
            return
        with work.lock:
            if status == 201:
                work.done.append((body, work.checker.answer(answer)))
            else:
                work.checker.problems.append(f"status {status}: {answer}")


def in_thread(log, work):
    """An error of a thread is one of the test, not a line on a terminal."""
    try:
        append_until_killed(log, work)
    except Exception as problem:  # whatever it is
        with work.lock:
            work.checker.problems.append(f"thread ended: {type(problem).__name__}: {problem}")


def survives_kills(report, folder, requests):
    log = Log(folder / "log", 40)
    checker = Checker(folder / "log")
    work = Killed(requests, checker)
    dice = random.Random(SEED)
    refused, hits = [], 0
    for _ in range(KILLS):
        said = log.start()
        if said is not None:
            refused.append(said)
            break
        before = work.cut_off
        threads = [threading.Thread(target=in_thread, args=(log, work)) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.005, 0.06))  # the moment of death, not a wait for something
        log.kill()
        for thread in threads:
            thread.join()
        hits += work.cut_off > before
    report.check(f"starts again after each of {KILLS} kills", not refused, *refused)
    report.check("kills cut requests off that were under way", hits >= KILLS // 3,
                 f"{hits} of {KILLS} kills, {work.cut_off} requests")
    said = log.start()
    append_until_killed(log, work)
    report.check("every entry is taken in the end", said is None and not work.todo and
                 len(work.done) == len(requests), said, len(work.todo))
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=10)
    wrong = [n for body, n in work.done[::7]
             if post(connection, body)[1].get("logIndex") != str(n)]
    report.check("a repeated entry is answered with its first index", not wrong, wrong)
    status = log.kill(signal.SIGTERM)
    log.start()
    size = checker.finish(log.url)
    report.check("a clean stop ends with status 0", status == 0, status)
    report.check("nothing acknowledged is lost, nothing is contradicted, each checkpoint is signed "
                 f"({len(work.done)} answers, {len(checker.notes)} checkpoints, size {size})",
                 not checker.problems and len(checker.notes) > KILLS, *checker.problems[:10])
    return log


def signer_of(log):
    """The process of the log's key: its only child."""
    pids = {pid for task in pathlib.Path(f"/proc/{log.process.pid}/task").iterdir()
            for pid in (task / "children").read_text().split()}
    assert len(pids) == 1, pids
    return int(pids.pop())


def ends_with_its_signer(report, folder, requests):
    """A log that cannot sign says so and ends, whether somebody writes to it or not."""
    subprocess.run([BIN / "mayfly-log", "init", "--type=entries", "--origin=lone.example",
                    f"--directory={folder / 'lone'}"], check=True, capture_output=True)
    log = Log(folder / "lone", 60000)
    log.start()
    os.kill(signer_of(log), signal.SIGKILL)
    _, said = log.process.communicate(timeout=30)
    report.check("an idle log ends with its signer", log.process.returncode == 3 and
                 b"signer process has ended" in said and b"lone.example" in said, said)

    log.start()
    signer = signer_of(log)
    os.kill(signer, signal.SIGSTOP)
    waiting = [http.client.HTTPConnection("127.0.0.1", log.port, timeout=30) for _ in requests]
    for connection, body in zip(waiting, requests):
        connection.request("POST", "/api/v2/log/entries", body)
    alive = ask(log.port, "GET", "/healthz")[0]  # one I/O thread: it has read them by now
    os.kill(signer, signal.SIGKILL)
    answers = []
    for connection in waiting:
        response = connection.getresponse()
        answers.append((response.status, json.loads(response.read())["message"]))
    _, said = log.process.communicate(timeout=30)
    report.check("who waits for the signer is told before the log ends", alive == 200 and
                 all(status == 503 for status, _ in answers), answers)
    report.check("and both are logged", log.process.returncode == 3 and
                 b"cannot go on" in said and b"request refused for now" in said, said)
    log.start()
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=10)
    statuses = [post(connection, body)[0] for body in requests]
    report.check("the next start takes them", set(statuses) == {201}, statuses)
    log.kill(signal.SIGTERM)


def newest_journal(directory):
    return sorted((directory / "state" / "journal").glob("*.journal"))[-1]


def refuses(report, name, log, expected):
    said = log.start()
    ok = said is not None and expected in said and log.process.returncode == 3
    if said is None:
        log.kill()
    report.check(name, ok, said)


def refuses_damage(report, folder, requests):
    """A life whose commits stay in the journal, then copies of it with one thing wrong each."""
    subprocess.run([BIN / "mayfly-log", "init", "--type=entries", "--origin=second.example",
                    f"--directory={folder / 'second'}"], check=True, capture_output=True)
    log = Log(folder / "second", 60000)
    log.start()
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=10)
    for body in requests[:20]:
        post(connection, body)
    log.kill()

    def copy(name):
        shutil.copytree(folder / "second", folder / name)
        return Log(folder / name, 60000)

    torn, cut, middle, bare = copy("torn"), copy("cut"), copy("middle"), copy("bare")
    data = bytearray(newest_journal(torn.directory).read_bytes())
    at = data.rfind(b"MFJ1")
    data[at + 200:at + 400] = bytes(200)
    newest_journal(torn.directory).write_bytes(data)
    newest_journal(cut.directory).write_bytes(data)
    (torn.directory / "state" / "head").unlink()  # it was never signed
    said = torn.start()
    report.check("an incomplete last commit is dropped", said is None, said)
    torn.process.kill()
    _, said = torn.process.communicate(timeout=30)
    report.check("and that is logged", b"an incomplete last commit was left behind" in said, said)
    refuses(report, "a commit that was signed is missed", cut,
            "covers entries that are not on this disk")
    data = bytearray(newest_journal(middle.directory).read_bytes())
    data[data.find(b"MFJ1", 4096) + 200] ^= 1  # behind the head of the segment
    newest_journal(middle.directory).write_bytes(data)
    refuses(report, "a damaged commit before valid ones is refused", middle,
            "followed by a valid one")
    (bare.directory / "public" / "checkpoint").unlink()
    refuses(report, "a directory without its checkpoint is refused", bare, "has no checkpoint")
    (folder / "foreign").mkdir()
    refuses(report, "a foreign directory is refused", Log(folder / "foreign", 60000),
            "identity.json")


def main():
    report = Tap()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-"))
    subprocess.run([BIN / "mayfly-log", "init", "--type=entries", "--origin=kill.example",
                    f"--directory={folder / 'log'}"], check=True, capture_output=True)
    requests = make_requests(folder, REQUESTS)
    log = survives_kills(report, folder, requests)
    second = Log(folder / "log", 40)
    refuses(report, "a directory in use is refused", second, "another process has this log open")
    log.kill(signal.SIGTERM)
    refuses_damage(report, folder, requests)
    ends_with_its_signer(report, folder, requests[:8])
    shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
