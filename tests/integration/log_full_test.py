"""mayfly-log on a disk that is full when it starts: what is public is read, nothing is taken or
signed, and all goes on by itself once there is space. TAP on standard output."""

import http.client
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_checker import Checker  # noqa: E402
from log_support import BIN, Log, Tap, ask, make_requests, post  # noqa: E402

DISK = 64 * 1024 * 1024  # bytes: a few segments of the journal
REQUESTS = 40
WAIT_SECONDS = 30


def fill(disk):
    """Every byte that is left."""
    with open(disk / "ballast", "wb", buffering=0) as ballast:
        for block in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    ballast.write(bytes(block))
            except OSError:
                pass


def write_one(log, body):
    status, headers, answer = ask(log.port, "POST", "/api/v2/log/entries", body)
    return status, headers["Retry-After"], json.loads(answer)


def written_in_time(log, body):
    """The answer once the log takes entries again."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        status, _, answer = write_one(log, body)
        if status == 201:
            return answer
        time.sleep(0.05)  # between two questions
    return None


def a_life(log, checker, requests):
    """Commits of which all but the first stay in the journal; then the end, without a word."""
    log.start()
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=30)
    for body in requests:
        checker.answer(post(connection, body)[1])
    log.kill()


def check_read_only(report, log, disk, body):
    said = log.start()
    report.check("starts on a full disk", said is None, said)
    before = ask(log.port, "GET", "/checkpoint")
    report.check("serves the public head and its tiles", before[0] == 200 and
                 ask(log.port, "GET", "/tile/entries/000.p/1")[0] == 200 and
                 before[2] == (disk / "log" / "public" / "checkpoint").read_bytes(), before)
    status, retry, answer = write_one(log, body)
    report.check("refuses entries for now", status == 503 and retry and
                 "the disk is full" in answer["message"] and str(disk) not in answer["message"],
                 status, answer)
    status, _, answer = ask(log.port, "GET", "/readyz")
    report.check("and is not ready", status == 503 and b"is full" in answer and
                 str(disk).encode() not in answer, status, answer)
    return before


def full_at_start(report, disk, requests):
    subprocess.run([BIN / "mayfly-log", "init", "--type=entries", "--origin=full.example",
                    f"--directory={disk / 'log'}"], check=True, capture_output=True)
    log, checker = Log(disk / "log", 60000, disk_reserve_mb=0), Checker(disk / "log")
    a_life(log, checker, requests[:-3])
    fill(disk)
    check_read_only(report, log, disk, requests[-1])
    log.kill()
    check_read_only(report, log, disk, requests[-1])
    status = log.kill(signal.SIGTERM)
    report.check("stops cleanly while it waits", status == 0, status)
    before = check_read_only(report, log, disk, requests[-1])
    report.check("signs nothing meanwhile", ask(log.port, "GET", "/checkpoint")[2] == before[2])
    (disk / "ballast").unlink()
    answer = written_in_time(log, requests[-1])
    report.check("takes entries once there is space", answer is not None and
                 answer["logIndex"] == str(len(requests) - 2), answer)
    checker.answer(answer)
    again = write_one(log, requests[0])[2]
    report.check("with every entry that it had taken", again["logIndex"] == "1", again)
    log.process.terminate()
    _, said = log.process.communicate(timeout=30)
    told = [json.loads(line) for line in said.splitlines()]
    report.check("says why it waits", any(line["event"] == "the log is read-only" and
                                          "is full" in line["reason"] and
                                          str(disk) in line["where"] for line in told), told)
    return log, checker


def lost_index(report, log, checker, disk, requests):
    """The duplicates' index has to be built anew, and there is no space for it."""
    shutil.rmtree(disk / "log" / "state" / "dedup")
    fill(disk)
    said = log.start()
    report.check("starts without an index on a full disk", said is None, said)
    status, _, answer = write_one(log, requests[-2])
    report.check("refuses entries until it is built", status == 503, status, answer)
    (disk / "ballast").unlink()
    answer = written_in_time(log, requests[0])
    report.check("then knows what it has", answer is not None and answer["logIndex"] == "1", answer)
    checker.answer(written_in_time(log, requests[-2]))
    log.kill(signal.SIGTERM)  # publishes
    log.start()
    checker.finish(log.url)
    report.check("nothing acknowledged is lost, nothing contradicted", not checker.problems,
                 *checker.problems[:5])
    log.kill(signal.SIGTERM)


def reserve(report, disk, requests):
    """The disk fills up while the log runs: entries are refused before it is full."""
    log = Log(disk / "log", 20, disk_reserve_mb=8)
    log.start()
    with open(disk / "ballast", "wb", buffering=0) as ballast:
        while shutil.disk_usage(disk).free > 6 << 20:
            ballast.write(bytes(1 << 20))
        while write_one(log, requests[-3])[0] != 503:  # what it has is found out twice a second
            pass
        message = write_one(log, requests[-3])[2]["message"]
        free = shutil.disk_usage(disk).free
    report.check("refuses entries below the reserve, before the disk is full",
                 "below its reserve" in message and str(disk) not in message and free > 0, message, free)
    (disk / "ballast").unlink()
    report.check("takes them again above it", written_in_time(log, requests[-3]) is not None)
    log.kill(signal.SIGTERM)


def main():
    report = Tap()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-full-"))
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", disk],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        report.skipped("a disk that is full at the start",
                       "tmpfs cannot be mounted: " + mounted.stderr.decode().strip())
    else:
        try:
            requests = make_requests(folder, REQUESTS)
            log, checker = full_at_start(report, disk, requests)
            lost_index(report, log, checker, disk, requests)
            reserve(report, disk, requests)
        finally:
            subprocess.run(["umount", "-l", disk], check=False)
    shutil.rmtree(folder, ignore_errors=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
