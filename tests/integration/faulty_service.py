"""A service that misbehaves as told: an HTTP server of our own, since no library would send what
these faults send. One thread a connection, on a port that the kernel chooses."""

import contextlib
import http.client
import json
import socket
import threading
import urllib.parse

RELEASE_SECONDS = 60  # what hangs is let go after this, whatever happens
BLOCK = b"x" * 65536


class Request:
    """What came in: method, path, headers with small names, body."""

    def __init__(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                raise OSError("no request")
            data += more
        head, self.body = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = lines[0].split(" ", 2)
        self.headers = {name.lower(): value.strip() for name, value in
                        (line.split(":", 1) for line in lines[1:])}
        while len(self.body) < int(self.headers.get("content-length", "0")):
            self.body += connection.recv(65536)


class FaultyService:
    """`play(service, connection, request)` answers each connection; `hits` are the requests."""

    def __init__(self, play, elsewhere=None):
        self.play = play
        self.elsewhere = elsewhere  # where redirects point to
        self.hits = []
        self.release = threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release.set()
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        # Whoever gives up in the middle of a fault is what the tests are about.
        with contextlib.suppress(OSError), connection:
            connection.settimeout(RELEASE_SECONDS)
            request = Request(connection)
            self.hits.append(request)
            self.play(self, connection, request)

    def wait(self, seconds=RELEASE_SECONDS):
        """True when the test is over."""
        return self.release.wait(seconds)


def answer(status=200, body=b"", content_type="application/json", headers=()):
    """A play that gives one whole answer."""
    data = body if isinstance(body, bytes) else body.encode()
    lines = [f"HTTP/1.1 {status} As told", f"Content-Length: {len(data)}", "Connection: close",
             *([f"Content-Type: {content_type}"] if content_type else []), *headers]

    def play(service, connection, request):
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
    return play


def redirect(status, body=b""):
    def play(service, connection, request):
        where = f"Location: {service.elsewhere}{request.path}"
        answer(status, body, "text/html", [where])(service, connection, request)
    return play


def send(data):
    """A play that sends these bytes and closes."""
    def play(service, connection, request):
        connection.sendall(data)
    return play


def silent(service, connection, request):
    service.wait()


def drip(data):
    """A play that sends one byte in a while, as long as anybody listens."""
    def play(service, connection, request):
        for at in range(len(data)):
            connection.sendall(data[at:at + 1])
            if service.wait(0.25):
                return
        service.wait()
    return play


def endless(head, block):
    def play(service, connection, request):
        connection.sendall(head)
        while not service.release.is_set():
            connection.sendall(block)
    return play


def forward(base, change=None, body=None, headers=None):
    """A play that asks the real service, and passes on its answer, changed."""
    def play(service, connection, request):
        status, kind, data = ask(base, request, body, headers)
        if change is not None:
            data = change(data)
        answer(status, data, kind)(service, connection, request)
    return play


def ask(base, request, body=None, headers=None):
    """(status, content type, body) of the real service for this request, or for another body."""
    to = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(to.hostname, to.port, timeout=RELEASE_SECONDS)
    kept = {name: value for name, value in request.headers.items()
            if name in ("content-type", "accept", "authorization")}
    path = request.path if to.path in ("", request.path) else to.path + request.path.rstrip("/")
    with contextlib.closing(connection):
        connection.request(request.method, path, request.body if body is None else body,
                           {**kept, **(headers or {})})
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read()


def in_turn(*plays):
    """A play for each request, the last for all that follow."""
    def play(service, connection, request):
        plays[min(len(service.hits), len(plays)) - 1](service, connection, request)
    return play


HTML = b"<!DOCTYPE html><html><body>Please log in to this network</body></html>\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STATUS = json.dumps({"code": 13, "message": "out of paper \x1b[31m", "details": []})

IN_TIME = "no whole answer in time"
# What any service can do wrong: a name, the play, and what a client says of it (one of them).
SLOW = [
    ("never answers", silent, IN_TIME),
    ("a byte at a time, of the head", drip(HEAD + b"X: " + b"x" * 4000), IN_TIME),
    ("a byte at a time, of the body", drip(HEAD + b"Content-Length: 4000\r\n\r\n" + BLOCK[:4000]),
     IN_TIME),
]
FAULTS = SLOW + [    ("endless body", endless(HEAD + b"\r\n", BLOCK), "larger than"),
    ("endless chunks", endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
                               b"10000\r\n" + BLOCK + b"\r\n"), "larger than"),
    ("a body that is announced as endless", send(HEAD + b"Content-Length: 999999999999\r\n\r\n"),
     "closed in the middle"),
    ("huge head", send(HEAD + b"X: " + BLOCK * 4 + b"\r\nContent-Length: 0\r\n\r\n"),
     ("larger than", "too large")),
    ("endless head", endless(HEAD, b"X: " + b"x" * 1000 + b"\r\n"), ("larger than", "too large")),
    ("closes without an answer", send(b""), "closed without an answer"),
    ("closes in the head", send(HEAD[:30]), "closed in the middle"),
    ("closes in the body", send(HEAD + b"Content-Length: 1000\r\n\r\n{"), "closed in the middle"),
    ("not HTTP", send(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "not HTTP"),
    ("500", answer(500, STATUS), "answered 500: out of paper"),
    ("500 with a page", answer(500, HTML, "text/html"), "answered 500"),
    ("503 without a word", answer(503), "answered 503"),
    ("503, come back in an hour", answer(503, STATUS, headers=["Retry-After: 3600"]),
     "answered 503: out of paper"),
    ("redirect for now", redirect(307), "answered 307"),
    ("redirect to a page", redirect(302, HTML),
     "answered 302"),
    ("a page", answer(200, HTML, "text/html"), ""),
    ("nothing", answer(200), ""),
    ("not JSON", answer(200, b"\x00\xff\xfe"), ""),
    ("other JSON", answer(200, '{"hello":"world"}'), ""),
    ("an array", answer(200, "[]"), ""),
    ("half of an answer", answer(200, '{"signedCertificateEmbeddedSct":{"chain":{"certif'), ""),
    ("a member twice", answer(200, '{"a":1,"a":2}'), ""),
    ("deep JSON", answer(200, "[" * 60000), ""),
]
