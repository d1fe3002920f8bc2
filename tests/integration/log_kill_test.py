"""mayfly-log under SIGKILL, and on damaged or foreign directories. TAP on standard output."""

import http.client
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
from log_support import BIN, Log, Tap, make_requests, post  # noqa: E402

KILLS = 12
REQUESTS = 700
SEED = 20261124


def append_until_killed(log, todo, done, checker, lock):
    """Posts until the connection breaks: what was not answered is posted again in a later life."""
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=10)
    while True:
        with lock:
            if not todo:
                return
            body = todo.pop()
        try:
            status, answer = post(connection, body)
        except (OSError, http.client.HTTPException, ValueError):
            with lock:
                todo.append(body)
            return
        with lock:
            if status == 201:
                done.append((body, checker.answer(answer)))
            else:
                checker.problems.append(f"status {status}: {answer}")


def survives_kills(report, folder, requests):
    log = Log(folder / "log", 40)
    checker = Checker(folder / "log")
    todo, done, lock = list(requests), [], threading.Lock()
    dice = random.Random(SEED)
    refused = []
    for _ in range(KILLS):
        said = log.start()
        if said is not None:
            refused.append(said)
            break
        threads = [threading.Thread(target=append_until_killed,
                                    args=(log, todo, done, checker, lock)) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.005, 0.06))  # the moment of death, not a wait for something
        log.kill()
        for thread in threads:
            thread.join()
    report.check(f"starts again after each of {KILLS} kills", not refused, *refused)
    said = log.start()
    append_until_killed(log, todo, done, checker, lock)
    report.check("every entry is taken in the end", said is None and not todo, said)
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=10)
    wrong = [n for body, n in done[::7] if post(connection, body)[1].get("logIndex") != str(n)]
    report.check("a repeated entry is answered with its first index", not wrong, wrong)
    status = log.kill(signal.SIGTERM)
    log.start()
    size = checker.finish(log.url)
    report.check("a clean stop ends with status 0", status == 0, status)
    report.check(f"nothing acknowledged is lost, nothing is contradicted ({len(done)} answers, "
                 f"{len(checker.checkpoints)} checkpoints, size {size})", not checker.problems,
                 *checker.problems[:10])
    return log


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
    torn.kill()
    refuses(report, "a commit that was signed is missed", cut,
            "covers entries that are not on this disk")
    data = bytearray(newest_journal(middle.directory).read_bytes())
    data[data.find(b"MFJ1") + 200] ^= 1
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
    shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
