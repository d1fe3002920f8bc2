"""mayfly-log under SIGKILL, and on damaged or foreign directories. TAP on standard output."""

import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_checker import Checker  # noqa: E402

BIN = pathlib.Path(os.environ["MAYFLY_BIN"])
KILLS = 12
REQUESTS = 700
SEED = 20261124


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_requests(folder, count):
    """Real signatures by one P-256 key over distinct digests."""
    key = folder / "signer.pem"
    subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key],
                   check=True, capture_output=True)
    spki = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                          check=True, capture_output=True).stdout

    def one(number):
        message = f"artifact {number}".encode()
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=message,
                                   check=True, capture_output=True).stdout
        return json.dumps({"hashedRekordRequestV002": {
            "digest": base64.b64encode(hashlib.sha256(message).digest()).decode(),
            "signature": {"content": base64.b64encode(signature).decode(), "verifier": {
                "publicKey": {"rawBytes": base64.b64encode(spki).decode()},
                "keyDetails": "PKIX_ECDSA_P256_SHA_256"}}}})

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(count)))


class Log:
    def __init__(self, directory, cadence_ms):
        self.directory, self.port, self.process = directory, free_port(), None
        self.config = directory.parent / (directory.name + ".json")
        self.config.write_text(json.dumps({"format": 1, "logs": [
            {"directory": directory.name, "listen": f"127.0.0.1:{self.port}",
             "public_cadence_ms": cadence_ms}]}))
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Starts it and waits for its word that it serves; returns None, or what it said instead."""
        name = f"\0mayfly-test-{os.getpid()}-{random.random()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(name)
            ready.settimeout(0.05)
            self.process = subprocess.Popen(
                [BIN / "mayfly-log", "serve", f"--config={self.config}"],
                env=dict(os.environ, NOTIFY_SOCKET="@" + name[1:]),
                stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                try:
                    if ready.recv(64).startswith(b"READY=1"):
                        return None
                except TimeoutError:
                    if self.process.poll() is not None:
                        return self.process.stderr.read().decode()
        return "not ready after 60 s"

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        status = self.process.wait(timeout=30)
        self.process.stderr.close()
        return status


def post(connection, body):
    connection.request("POST", "/api/v2/log/entries", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


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


class Report:
    def __init__(self):
        self.count = 0
        print("TAP version 13", flush=True)

    def check(self, name, ok, *notes):
        self.count += 1
        print(f"{'ok' if ok else 'not ok'} {self.count} - {name}", flush=True)
        if not ok:
            for note in notes:
                print(f"# {note}"[:500], flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)


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
    report = Report()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-"))
    subprocess.run([BIN / "mayfly-log", "init", "--type=entries", "--origin=kill.example",
                    f"--directory={folder / 'log'}"], check=True, capture_output=True)
    requests = make_requests(folder, REQUESTS)
    log = survives_kills(report, folder, requests)
    second = Log(folder / "log", 40)
    refuses(report, "a directory in use is refused", second, "another process has this log open")
    log.kill(signal.SIGTERM)
    refuses_damage(report, folder, requests)
    report.end()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
