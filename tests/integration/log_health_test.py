"""mayfly-log about itself: /healthz, /readyz, and the reserve of its disk. TAP on standard output."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_support import BIN, Log, Tap, ask, make_requests, post  # noqa: E402

UNWELL_SECONDS = 30  # the log allows a commit 10
RESERVE = "the disk is below its reserve: free some space; writing goes on by itself"
HUGE_MB = 1 << 20  # more than the disk of a test has


def health(log, path="/healthz"):
    status, headers, body = ask(log.port, "GET", path)
    return status, headers, json.loads(body)


def until(log, want):
    """The report once /healthz has that status."""
    deadline = time.monotonic() + UNWELL_SECONDS
    while time.monotonic() < deadline:
        status, _, body = health(log)
        if status == want:
            return body
        time.sleep(0.1)  # between two questions
    return None


def well(report, log, body):
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=30)
    status, answer = post(connection, body)
    report.check("takes an entry", status == 201, answer)
    status, headers, said = health(log)
    numbers = ("size", "publicSize", "lastCommitAgeMs", "lastPublicationAgeMs")
    report.check("says that it serves, and its numbers", status == 200 and
                 headers["Content-Type"] == "application/json" and
                 headers["Cache-Control"] == "no-store" and said["status"] == "SERVING" and
                 said["reasons"] == [] and said["size"] == 2 and
                 all(isinstance(said[name], int) for name in numbers) and
                 said["lastCommitAgeMs"] < 60000, said)
    report.check("says that it takes entries", health(log, "/readyz")[::2] ==
                 (200, {"status": "READY", "reasons": []}))
    report.check("is asked with GET and HEAD alone",
                 [ask(log.port, how, path)[0] for how in ("HEAD", "POST")
                  for path in ("/healthz", "/readyz")] == [200, 200, 501, 501])


def signer_hangs(report, log, body):
    children = {pid for task in pathlib.Path(f"/proc/{log.process.pid}/task").iterdir()
                for pid in (task / "children").read_text().split()}
    signer = int(children.pop())
    os.kill(signer, signal.SIGSTOP)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=60)
        connection.request("POST", "/api/v2/log/entries", body)
        said = until(log, 503)
        report.check("a commit that its signer keeps waiting is no health", said is not None and
                     said["status"] == "NOT_SERVING" and
                     said["reasons"] == ["a commit waits for its disk or its signer"], said)
    finally:
        os.kill(signer, signal.SIGCONT)
    response = connection.getresponse()
    response.read()
    report.check("it is well again once the signer is", response.status == 201 and
                 until(log, 200) is not None, response.status)


def below_the_reserve(report, log, body):
    said = log.start()
    report.check("starts on a disk below its reserve", said is None, said)
    status, headers, answer = ask(log.port, "POST", "/api/v2/log/entries", body)
    message = json.loads(answer)["message"]
    report.check("takes nothing then, and says why", status == 503 and headers["Retry-After"] and
                 message == RESERVE, status, message)
    report.check("and is read", ask(log.port, "GET", "/checkpoint")[0] == 200)
    for path, word in (("/healthz", "NOT_SERVING"), ("/readyz", "NOT_READY")):
        status, _, said = health(log, path)
        report.check(f"{path} says so", status == 503 and said["status"] == word and
                     said["reasons"] == [RESERVE], said)
    log.process.terminate()
    _, said = log.process.communicate(timeout=30)
    report.check("and the log's log, with the place and the numbers", b"below its reserve" in said and
                 str(log.directory).encode() in said and b"of 1048576 MiB" in said and
                 log.process.returncode == 0, said)


def main():
    report = Tap()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-health-"))
    subprocess.run([BIN / "mayfly-log", "init", "--type=entries", "--origin=well.example",
                    f"--directory={folder / 'log'}"], check=True, capture_output=True)
    requests = make_requests(folder, 3)
    log = Log(folder / "log", 20)
    log.start()
    well(report, log, requests[0])
    signer_hangs(report, log, requests[1])
    log.kill(signal.SIGTERM)
    below_the_reserve(report, Log(folder / "log", 20, disk_reserve_mb=HUGE_MB), requests[2])
    shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
