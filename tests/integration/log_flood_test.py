"""mayfly-log, two logs in one process, under clients that want all of its memory or all of its
descriptors. TAP on standard output."""

import errno
import http.client
import os
import pathlib
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_support import BIN, Log, Tap, free_ports, make_requests, post  # noqa: E402

MIB = 1 << 20
CONNECTIONS, BODY = 100, 4 * MIB  # together 400 MiB
CHUNK = 64 * 1024
ABOVE = 64 * MIB  # over what it has at rest; the quota of both logs together is half of it
SECONDS = 15
DESCRIPTORS = 240


def rss_anon(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no RssAnon")


def sockets_of(pid):
    folder = pathlib.Path(f"/proc/{pid}/fd")
    return sum(os.readlink(entry).startswith("socket:") for entry in folder.iterdir())


def append(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        return post(connection, body)[0]
    finally:
        connection.close()


class Sender:
    """One connection that sends all of a large body but its last byte, as fast as it is taken."""

    def __init__(self, port, is_chunked):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        head = b"POST /api/v2/log/entries HTTP/1.1\r\nHost: a\r\n"
        head += b"Transfer-Encoding: chunked\r\n\r\n" if is_chunked else (
            b"Content-Length: %d\r\n\r\n" % BODY)
        self.piece = b"%x\r\n%s\r\n" % (CHUNK, b" " * CHUNK) if is_chunked else b" " * CHUNK
        self.rest, self.left = head, BODY // CHUNK - 1
        self.answer, self.ended = b"", False

    def write(self):
        if not self.rest and self.left > 0:
            self.rest, self.left = self.piece, self.left - 1
        try:
            self.rest = self.rest[self.socket.send(self.rest):]
        except BlockingIOError:
            pass
        except OSError:
            self.left, self.rest = 0, b""
        return bool(self.rest or self.left)

    def read(self):
        try:
            got = self.socket.recv(4096)
        except OSError as problem:
            if problem.errno == errno.EAGAIN:
                return
            got = b""
        self.answer += got
        self.ended = not got


def flood(log, senders):
    """Sends until all is sent or refused; gives the most memory that was seen."""
    most, quiet_since = 0, time.monotonic()
    deadline = quiet_since + SECONDS
    with selectors.DefaultSelector() as selector:
        for sender in senders:
            selector.register(sender.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, sender)
        while selector.get_map() and time.monotonic() < deadline:
            ready = selector.select(0.1)
            most = max(most, rss_anon(log.process.pid))
            if ready:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > 1:
                break  # the rest waits for a last byte that does not come
            for key, events in ready:
                sender = key.data
                if events & selectors.EVENT_READ:
                    sender.read()
                if sender.ended:
                    selector.unregister(sender.socket)
                elif events & selectors.EVENT_WRITE and not sender.write():
                    selector.modify(sender.socket, selectors.EVENT_READ, sender)
    return max(most, rss_anon(log.process.pid))


def quarantine():
    """What the address sanitizer keeps of freed memory, on purpose and for good."""
    return 256 * MIB if b"__asan_init" in (BIN / "mayfly-log").read_bytes() else 0


def memory(report, log, ports, requests):
    """Bodies over all connections have a bound, and what they took is given back."""
    at_rest = rss_anon(log.process.pid)
    senders = [Sender(ports[i % 2], i % 4 < 2) for i in range(CONNECTIONS)]
    most = flood(log, senders)
    report.note(f"at rest {at_rest // 1024} KiB, at most {most // 1024} KiB")
    report.check("400 MiB of bodies do not take much memory", most < at_rest + ABOVE + quarantine(),
                 most, at_rest)
    refused = [s for s in senders if s.answer.startswith(b"HTTP/1.1 503 ")]
    report.check("what would be too much is answered with 503, and when to come again",
                 len(refused) > CONNECTIONS // 4 and
                 all(b"\r\nRetry-After: 1\r\n" in s.answer for s in refused), len(refused))
    statuses = [append(port, requests.pop()) for port in ports]
    report.check("requests of the usual size are served meanwhile", statuses == [201, 201], statuses)
    for sender in senders:
        sender.socket.close()
    deadline, now = time.monotonic() + SECONDS, most
    least = at_rest + 8 * MIB + quarantine()
    while now > least and time.monotonic() < deadline:
        time.sleep(0.05)  # no event tells of memory given back
        now = rss_anon(log.process.pid)
    report.check("the memory is given back", now <= least, now, at_rest)


def descriptors(report, log, ports, requests):
    """Connections to both logs together leave descriptors for files."""
    clients = []
    for i in range(2 * DESCRIPTORS):
        clients.append(socket.create_connection(("127.0.0.1", ports[i % 2])))
    for client in clients[:2]:  # those were accepted, and now so are as many as ever will be
        client.sendall(b"GET /checkpoint HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(9) == b"HTTP/1.1 "
    deadline, count = time.monotonic() + SECONDS, 0
    while count < DESCRIPTORS // 2 - 4 and time.monotonic() < deadline:
        count = sockets_of(log.process.pid)
        time.sleep(0.01)
    most = max(sockets_of(log.process.pid) for _ in range(50))
    report.check("half of the descriptors stay free of clients", most <= DESCRIPTORS // 2 + 16, most)
    for client in clients[2:]:
        client.close()
    statuses = [append(port, requests.pop()) for port in ports]
    report.check("then it goes on", statuses == [201, 201], statuses)
    for client in clients[:2]:
        client.close()


def main():
    report = Tap()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-flood-"))
    for name in ("one", "two"):
        subprocess.run([BIN / "mayfly-log", "init", "--type=entries", f"--origin={name}.example",
                        f"--directory={folder / name}"], check=True, capture_output=True)
    other = free_ports()
    log = Log(folder / "one", 50, [{"directory": str(folder / "two"),
                                    "listen": f"127.0.0.1:{other}"}])
    requests = make_requests(folder, 4)
    for limit, test in ((None, memory), (DESCRIPTORS, descriptors)):
        said = log.start(limit)
        report.check("serves", said is None, said)
        if said is None:
            test(report, log, (log.port, other), requests)
            status = log.kill(signal.SIGTERM)
            report.check("stops with status 0", status == 0, status)
    shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
