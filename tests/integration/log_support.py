"""What the log's tests share: the program on a directory, real requests."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import resource
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from http_ask import ask  # noqa: E402, F401
from openssl import b64, openssl  # noqa: E402
from ports import free_ports  # noqa: E402
from tap import Tap  # noqa: E402, F401

BIN = pathlib.Path(os.environ["MAYFLY_BIN"])


def make_requests(folder, count):
    """Real signatures by one P-256 key over distinct digests."""
    key = folder / "signer.pem"
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key)
    spki = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")

    def one(number):
        message = f"artifact {number}".encode()
        signature = openssl("dgst", "-sha256", "-sign", key, data=message)
        return json.dumps({"hashedRekordRequestV002": {
            "digest": b64(hashlib.sha256(message).digest()),
            "signature": {"content": b64(signature), "verifier": {
                "publicKey": {"rawBytes": b64(spki)},
                "keyDetails": "PKIX_ECDSA_P256_SHA_256"}}}})

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(count)))


class Log:
    program = "mayfly-log"

    def __init__(self, directory, cadence_ms, others=(), **settings):
        self.directory, self.port, self.process = directory, free_ports(), None
        self.config = directory.parent / (directory.name + ".json")
        self.config.write_text(json.dumps({"format": 1, "logs": [
            {"directory": str(directory), "listen": f"127.0.0.1:{self.port}",
             "public_cadence_ms": cadence_ms, **settings}, *others]}))
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self, descriptors=None):
        """Starts it and waits for its word that it serves; returns None, or what it said instead.
        descriptors: how many it may have at most."""
        name = f"\0mayfly-test-{os.getpid()}-{random.random()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(name)
            ready.settimeout(0.05)
            self.process = subprocess.Popen(
                [BIN / self.program, "serve", f"--config={self.config}"],
                env=dict(os.environ, NOTIFY_SOCKET="@" + name[1:]),
                preexec_fn=None if descriptors is None else lambda: resource.setrlimit(
                    resource.RLIMIT_NOFILE, (descriptors, descriptors)),
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
