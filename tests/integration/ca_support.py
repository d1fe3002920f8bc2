"""What the CA's tests share: the program in a folder of its own, keys and requests made by the
openssl command, a CT log that can be made to fail, and a checker of audit files that shares no code
with the program."""

import argparse
import base64
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from http_ask import ask  # noqa: E402
from openssl import b64, openssl  # noqa: E402
from ports import free_ports  # noqa: E402
from tap import Skipped, run_tests  # noqa: E402, F401

START_SECONDS = 30
STOP_SECONDS = 20


class Key:
    """A client's key, kept in a folder; P-256 unless told otherwise."""

    def __init__(self, folder, name="client", algorithm=("EC", "ec_paramgen_curve:P-256")):
        self.path = pathlib.Path(folder) / f"{name}.pem"
        openssl("genpkey", "-algorithm", algorithm[0],
                *(x for option in algorithm[1:] for x in ("-pkeyopt", option)),
                "-out", self.path)
        self.public_pem = openssl("pkey", "-in", self.path, "-pubout").decode()
        self.spki = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")

    def csr(self, digest="sha256"):
        return openssl("req", "-new", "-key", self.path, "-subj", "/CN=ignored", f"-{digest}")

    def sign(self, message, digest="sha256"):
        return openssl("dgst", f"-{digest}", "-sign", self.path, data=message)


def csr_body(key, digest="sha256", token=None):
    body = {"certificateSigningRequest": base64.b64encode(key.csr(digest)).decode()}
    if token is not None:
        body["credentials"] = {"oidcIdentityToken": token}
    return body


def proof_body(key, challenge, token=None):
    body = {"publicKeyRequest": {
        "publicKey": {"algorithm": "ECDSA", "content": key.public_pem},
        "proofOfPossession": base64.b64encode(key.sign(challenge.encode())).decode()}}
    if token is not None:
        body["credentials"] = {"oidcIdentityToken": token}
    return body


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def reason(self):
        return self.json["details"][0]["reason"]

    @property
    def detail(self):
        return self.json["details"][0]["metadata"]["detail"]

    @property
    def certificates(self):
        """DER of the chain in a version 2 answer."""
        chain = self.json["signedCertificateEmbeddedSct"]["chain"]["certificates"]
        return [pem_der(text) for text in chain]


def pem_der(text):
    return openssl("x509", "-outform", "DER", data=text.encode())


def request(port, method, path, body=None, headers=None, timeout=30):
    return Answer(*ask(port, method, path, body, headers, timeout))


class CtLog(http.server.ThreadingHTTPServer):
    """Answers add-pre-chain with a promise that is really signed, or fails as told."""

    daemon_threads = True

    def __init__(self, folder):
        self.key = Key(folder, "ct")
        # "hang", "slow", "500", "garbage", "wrong-key", "wrong-time", "endless"
        self.fault = None
        self.extensions = b""  # of the promise
        self.chains = []
        self.release = threading.Event()  # ends what hangs
        super().__init__(("127.0.0.1", 0), CtHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that give up are what some tests are about."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/ct"

    def stop(self):
        self.release.set()
        self.shutdown()
        self.server_close()


class CtHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        chain = [base64.b64decode(c) for c in json.loads(body)["chain"]]
        self.server.chains.append(chain)
        fault = self.server.fault
        if fault == "hang":
            self.server.release.wait(60)
            self.close_connection = True
            return
        if fault == "slow":
            self.server.release.wait(3)
        if fault == "500":
            self.answer(500, b"no\n")
        elif fault == "garbage":
            self.answer(200, b'{"sct_version":0}')
        elif fault == "endless":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not self.server.release.is_set():
                    self.wfile.write(b" " * 65536)
        else:
            self.answer(200, json.dumps(self.promise(chain, fault)).encode())

    def promise(self, chain, fault):
        key = self.server.key
        when = int(time.time() * 1000)
        tbs = tbs_without_poison(chain[0])
        issuer = hashlib.sha256(certificate_spki(chain[1])).digest()
        signed = (b"\0\0" + struct.pack(">QH", when, 1) + issuer +
                  len(tbs).to_bytes(3, "big") + tbs +
                  len(self.server.extensions).to_bytes(2, "big") + self.server.extensions)
        signer = Key(key.path.parent, "other-ct") if fault == "wrong-key" else key
        signature = signer.sign(signed)
        return {"sct_version": 0, "id": b64(hashlib.sha256(key.spki).digest()),
                "timestamp": when + (1 if fault == "wrong-time" else 0),
                "extensions": b64(self.server.extensions),
                "signature": b64(b"\x04\x03" + len(signature).to_bytes(2, "big") + signature)}

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# ---- DER, read by a walk that shares nothing with the program ----

def der_parts(content):
    """The values of a constructed type's content: (tag, content, whole)."""
    at = 0
    while at < len(content):
        tag, first, head = content[at], content[at + 1], 2
        n = first
        if first & 0x80:
            head += first & 0x7F
            n = int.from_bytes(content[at + 2:at + head], "big")
        yield tag, content[at + head:at + head + n], content[at:at + head + n]
        at += head + n


def der(tag, content):
    n = len(content)
    if n < 0x80:
        return bytes([tag, n]) + content
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + content


def first_part(content):
    return next(der_parts(content))


def tbs_of(certificate):
    return first_part(first_part(certificate)[1])


def certificate_spki(certificate):
    parts = list(der_parts(tbs_of(certificate)[1]))
    return parts[6][2]


def extensions_of(certificate):
    """[(OID content, whole extension)] in the order of the certificate."""
    parts = list(der_parts(tbs_of(certificate)[1]))
    listed = first_part(parts[7][1])[1]
    return [(first_part(content)[1], whole) for _, content, whole in der_parts(listed)]


POISON = bytes.fromhex("2b06010401d679020403")
SCT_LIST = bytes.fromhex("2b06010401d679020402")


def tbs_without(certificate, oid):
    parts = list(der_parts(tbs_of(certificate)[1]))
    kept = b"".join(whole for name, whole in extensions_of(certificate) if name != oid)
    head = b"".join(whole for _, _, whole in parts[:7])
    return der(0x30, head + der(0xA3, der(0x30, kept)))


def tbs_without_poison(certificate):
    return tbs_without(certificate, POISON)


# ---- the program ----

class Ca:
    """`mayfly-ca` in its own folder. The log file tells when it listens and on which port."""

    def __init__(self, program, folder, ct_url, ct_key, issuers=None, **more):
        self.program = str(program)
        self.folder = pathlib.Path(folder)
        self.audit = self.folder / "audit.jsonl"
        self.log = self.folder / "ca.log"
        self.process = None
        self.port = None
        self.dev_port = free_ports()
        if not (self.folder / "ca").exists():
            self.run("init", "--directory", self.folder / "ca", "--dev-issuer-rsa")
        base = f"http://127.0.0.1:{self.dev_port}"
        self.config = {
            "format": 1, "listen": "127.0.0.1:0", "directory": "ca",
            "ct_log": {"url": ct_url, "public_key": ct_key},
            "audit": {"file": "audit.jsonl"}, "require_clock_sync": False,
            "dev_issuer": {"listen": f"127.0.0.1:{self.dev_port}", "paths": ["", "/github"]},
            "issuers": issuers or [
                {"issuer": base, "audience": "sigstore", "type": "email",
                 "allow_loopback_http": True},
                {"issuer": base + "/github", "audience": "sigstore", "type": "github-workflow",
                 "allow_loopback_http": True}],
            **more}
        self.write_config()

    def write_config(self):
        (self.folder / "ca.json").write_text(json.dumps(self.config, indent=1))

    def run(self, *args):
        return subprocess.run([self.program, *map(str, args)], capture_output=True, text=True,
                              check=True, timeout=60)

    def start(self):
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                [self.program, "serve", "--config", str(self.folder / "ca.json")],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for line in self.log.read_text().splitlines():
                if '"listening"' in line:
                    self.port = json.loads(line)["port"]
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.01)  # no event tells of a line in a file
        raise RuntimeError("mayfly-ca did not start:\n" + self.log.read_text())

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)
        return self.process.returncode if self.process else None

    def kill(self):
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def token(self, subject, path="", **more):
        secret = (self.folder / "ca" / "dev-issuer.secret").read_text().strip()
        answer = request(self.dev_port, "POST", path + "/token",
                         json.dumps({"sub": subject, **more}),
                         {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"})
        if answer.status != 200:
            raise RuntimeError(f"no token: {answer.status} {answer.body!r}")
        return answer.json["token"]

    def sign(self, body, token=None, path="/api/v2/signingCert", timeout=30):
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return request(self.port, "POST", path, data, headers, timeout)

    def get(self, path, method="GET"):
        return request(self.port, method, path)

    def records(self):
        return check_audit(self.audit)

    def chain_path(self):
        return self.folder / "ca" / "ca-chain.pem"


def check_audit(path):
    """Reads an audit file, checks the chain from its first record, gives its records."""
    records = []
    head = "0" * 64
    for number, line in enumerate(path.read_bytes().split(b"\n")):
        if not line:
            continue
        record = json.loads(line)
        assert record["seq"] == number, f"line {number + 1}: seq {record['seq']}"
        assert record["prev"] == head, f"line {number + 1}: chain is broken"
        head = hashlib.sha256(line).hexdigest()
        records.append(record)
    assert path.read_bytes().endswith(b"\n"), "the last line is incomplete"
    assert records[0]["event"] == "create" and records[0]["format"] == 1
    return records


def default_program():
    return pathlib.Path(os.environ.get("MAYFLY_BIN", "build/bin")) / "mayfly-ca"


def main(tests, bench_type):
    """Runs the tests on a bench in a folder of its own; gives the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", type=pathlib.Path, default=default_program())
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = bench_type(args.program.resolve(), folder)
        try:
            return run_tests(tests, bench)
        finally:
            bench.close()
