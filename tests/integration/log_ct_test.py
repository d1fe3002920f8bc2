"""mayfly-log as a CT log, beside a log of entries in one process: chains taken and refused,
promises verified, duplicates, the static tree. TAP on standard output."""

import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_checker import Checkpoint, leaf_hash, roots_of, tile_path  # noqa: E402
from log_support import BIN, Log, Tap, ask, b64, free_ports, make_requests, openssl, post  # noqa: E402

POISON = "1.3.6.1.4.1.11129.2.4.3=critical,DER:05:00"
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2=DER:04:02:00:00"


class Authority:
    """A key and its certificate, made by the openssl command."""

    def __init__(self, folder, name, issuer=None, *extensions):
        self.folder, self.name, self.count = folder, name, 0
        self.key, self.pem = folder / f"{name}.key", folder / f"{name}.pem"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-out", self.key)
        if issuer is None:
            openssl("req", "-x509", "-key", self.key, "-subj", f"/CN={name}", "-days", "30",
                    "-out", self.pem)
        else:
            der = issuer.issue(name, self.key, "basicConstraints=critical,CA:TRUE",
                               "keyUsage=critical,keyCertSign", *extensions)
            openssl("x509", "-inform", "DER", "-out", self.pem, data=der)
        self.der = openssl("x509", "-in", self.pem, "-outform", "DER")
        self.spki = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")

    def issue(self, subject, key, *extensions):
        self.count += 1
        extfile = self.folder / f"{self.name}-{self.count}.ext"
        extfile.write_text("\n".join(extensions) + "\n")
        request = openssl("req", "-new", "-key", key, "-subj", f"/CN={subject}")
        return openssl("x509", "-req", "-CA", self.pem, "-CAkey", self.key, "-days", "10",
                       "-set_serial", self.count, "-extfile", extfile, "-outform", "DER",
                       data=request)


class Der:
    """Just enough DER to cut an extension out of a certificate."""

    @staticmethod
    def split(data):
        items = []
        while data:
            length, at = data[1], 2
            if length >= 0x80:
                at = 2 + (length & 0x7f)
                length = int.from_bytes(data[2:at], "big")
            items.append((data[0], data[at:at + length], data[:at + length]))
            data = data[at + length:]
        return items

    @staticmethod
    def wrap(tag, content):
        n = len(content)
        if n < 0x80:
            return bytes([tag, n]) + content
        length = n.to_bytes((n.bit_length() + 7) // 8, "big")
        return bytes([tag, 0x80 | len(length)]) + length + content


def without_poison(certificate):
    """The TBSCertificate that a CT log signs."""
    tbs = Der.split(Der.split(certificate)[0][1])[0]
    parts = []
    for tag, content, whole in Der.split(tbs[1]):
        if tag == 0xa3:
            kept = [e[2] for e in Der.split(Der.split(content)[0][1])
                    if b"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03" not in e[2]]
            whole = Der.wrap(0xa3, Der.wrap(0x30, b"".join(kept)))
        parts.append(whole)
    return Der.wrap(0x30, b"".join(parts))


def add(port, what, *chain):
    status, _, body = ask(port, "POST", f"/ct/v1/{what}",
                          json.dumps({"chain": [b64(der) for der in chain]}))
    return status, json.loads(body)


def signed_data(sct, entry_type, entry):
    extensions = base64.b64decode(sct["extensions"])
    return (b"\x00\x00" + sct["timestamp"].to_bytes(8, "big") + entry_type.to_bytes(2, "big") +
            entry + len(extensions).to_bytes(2, "big") + extensions)


def verifies(folder, spki, data, signature):
    (folder / "key.der").write_bytes(spki)
    (folder / "sig").write_bytes(signature)
    run = subprocess.run(["openssl", "dgst", "-sha256", "-keyform", "DER", "-verify",
                          folder / "key.der", "-signature", folder / "sig"], input=data,
                         capture_output=True, check=False)
    return run.returncode == 0


def u24(data):
    return len(data).to_bytes(3, "big") + data


def check_promise(folder, spki, sct, entry_type, entry):
    """Signature, log and index of an SCT; returns the index."""
    signature = base64.b64decode(sct["signature"])
    extensions = base64.b64decode(sct["extensions"])
    ok = (sct["sct_version"] == 0 and base64.b64decode(sct["id"]) == hashlib.sha256(spki).digest()
          and signature[:2] == b"\x04\x03" and extensions[:3] == b"\x00\x00\x05" and
          verifies(folder, spki, signed_data(sct, entry_type, entry), signature[4:]))
    return int.from_bytes(extensions[3:8], "big") if ok else None


def read_records(url_port, size):
    """MerkleTreeLeaves and issuer fingerprints out of the data tiles."""
    leaves, issuers = [], set()
    for tile in range((size + 255) // 256):
        width = min(256, size - tile * 256)
        path = f"/tile/data/{tile_path(tile)}" + ("" if width == 256 else f".p/{width}")
        data = ask(url_port, "GET", path)[2]
        while data:
            is_precert = data[9] == 1
            at = 10 + (32 if is_precert else 0)
            at += 3 + int.from_bytes(data[at:at + 3], "big")
            at += 2 + int.from_bytes(data[at:at + 2], "big")
            leaves.append(b"\x00\x00" + data[:at])
            if is_precert:
                at += 3 + int.from_bytes(data[at:at + 3], "big")
            n = int.from_bytes(data[at:at + 2], "big")
            issuers |= {data[at + 2 + i:at + 34 + i] for i in range(0, n, 32)}
            data = data[at + 2 + n:]
    return leaves, issuers


def check_tree(report, folder, port, spki, origin):
    checkpoint = Checkpoint(ask(port, "GET", "/checkpoint")[2].decode())
    leaves, issuers = read_records(port, checkpoint.size)
    report.check("the data tiles give the checkpoint's root", len(leaves) == checkpoint.size and
                 roots_of(leaves)[-1] == checkpoint.root, len(leaves), checkpoint.size)
    payload = base64.b64decode(checkpoint.signatures[0][2])
    log_id = hashlib.sha256(spki).digest()
    key_id = hashlib.sha256(origin.encode() + b"\n\x05" + log_id).digest()[:4]
    head = (b"\x00\x01" + payload[4:12] + checkpoint.size.to_bytes(8, "big") + checkpoint.root)
    report.check("the checkpoint is a signed tree head", checkpoint.origin == origin and
                 payload[:4] == key_id and payload[12:14] == b"\x04\x03" and
                 verifies(folder, spki, head, payload[16:]))
    last = max(int.from_bytes(leaf[2:10], "big") for leaf in leaves)
    report.check("no promise is later than the tree head",
                 last <= int.from_bytes(payload[4:12], "big"))
    served = {f: ask(port, "GET", f"/issuer/{f.hex()}") for f in issuers}
    report.check("every issuer is served", len(served) >= 2 and all(
        status == 200 and headers["Content-Type"] == "application/pkix-cert" and
        hashlib.sha256(body).digest() == f for f, (status, headers, body) in served.items()))
    hashes = ask(port, "GET", f"/tile/0/000.p/{checkpoint.size}")[2]
    report.check("the hash tile holds the leaf hashes",
                 hashes == b"".join(leaf_hash(leaf) for leaf in leaves))


def refusals(report, port, root, middle, key, folder):
    stranger = Authority(folder, "stranger")
    presigner = Authority(folder, "presigner", middle,
                          "extendedKeyUsage=critical,1.3.6.1.4.1.11129.2.4.4")
    pre = middle.issue("pre", key, POISON)
    end = Authority(folder, "end", middle)
    end_der = middle.issue("end", end.key)
    openssl("x509", "-inform", "DER", "-out", end.pem, data=end_der)
    table = [
        ("what an end certificate issued", "add-pre-chain",
         (end.issue("below", key, POISON), end_der, middle.der), "not a certificate authority"),
        ("a precertificate at add-chain", "add-chain", (pre, middle.der, root.der),
         "belongs to add-pre-chain"),
        ("a certificate at add-pre-chain", "add-pre-chain",
         (middle.issue("leaf", key), middle.der), "poison is missing"),
        ("a poison that is not critical", "add-pre-chain",
         (middle.issue("soft", key, POISON.replace("critical,", "")), middle.der), "poison"),
        ("a poison that is not NULL", "add-pre-chain",
         (middle.issue("odd", key, POISON.replace("05:00", "01:01:FF")), middle.der), "poison"),
        ("a precertificate with promises", "add-pre-chain",
         (middle.issue("both", key, POISON, SCT_LIST), middle.der), "no SCT list"),
        ("a strange root", "add-pre-chain",
         (stranger.issue("far", key, POISON), stranger.der), "accepted root"),
        ("a chain out of order", "add-pre-chain", (pre, root.der, middle.der), "chain[0]"),
        ("a chain with a hole", "add-pre-chain", (pre, root.der), "chain[0]"),
        ("a precertificate signing certificate", "add-pre-chain",
         (presigner.issue("by", key, POISON), presigner.der, middle.der),
         "precertificate signing certificates are not taken"),
        ("no chain", "add-pre-chain", (), "0 certificates"),
        ("bytes that are no certificate", "add-chain", (b"nothing",), "chain[0]"),
    ]
    for name, what, chain, said in table:
        status, answer = add(port, what, *chain)
        report.check(f"refuses {name}", status == 400 and said in answer["message"], status,
                     answer)
    changed = bytearray(pre)
    changed[-1] ^= 1
    status, answer = add(port, "add-pre-chain", bytes(changed), middle.der)
    report.check("refuses a changed signature", status == 400, status, answer)


def bad_requests(report, port, middle, key):
    leaf = middle.issue("row", key)
    good = [b64(leaf), b64(middle.der)]
    table = [
        ("no JSON", "{", "line 1"),
        ("an array", json.dumps(good), "chain: is missing"),
        ("no chain member", "{}", "chain"),
        ("a chain that is no array", json.dumps({"chain": good[0]}), "chain"),
        ("a chain with a number", json.dumps({"chain": [good[0], 1]}), "chain[1]"),
        ("base64 with a line end", json.dumps({"chain": [good[0][:64] + "\n" + good[0][64:],
                                                        good[1]]}), "chain[0]"),
        ("two chains", f'{{"chain":{json.dumps(good)},"chain":[]}}', "twice"),
        ("bytes behind it", json.dumps({"chain": good}) + "x", "something follows"),
        ("bytes behind a certificate", json.dumps({"chain": [b64(leaf + b"x"), good[1]]}),
         "chain[0]"),
    ]
    for name, body, said in table:
        status, _, answer = ask(port, "POST", "/ct/v1/add-chain", body)
        report.check(f"refuses {name}", status == 400 and
                     said in json.loads(answer)["message"], status, answer)
    status = ask(port, "POST", "/ct/v1/add-chain", " " * (512 * 1024 + 1))[0]
    report.check("refuses a body above 512 KiB", status == 413, status)
    for method, path, want in (("GET", "/ct/v1/add-chain", 501), ("GET", "/ct/v1/add-pre-chain", 501),
                               ("POST", "/ct/v1/get-roots", 501), ("GET", "/ct/v1/get-sth", 404),
                               ("POST", "/api/v2/log/entries", 404),
                               ("GET", "/tile/entries/000.p/1", 404),
                               ("GET", "/issuer/" + "0" * 64, 404)):
        status = ask(port, method, path)[0]
        report.check(f"answers {want} to {method} {path}", status == want, status)
    status, headers, body = ask(port, "POST", "/ct/v1/add-chain", json.dumps({"chain": good}))
    sct = json.loads(body)
    report.check("answers with the members of RFC 6962, numbers as numbers", status == 200 and
                 headers["Content-Type"] == "application/json" and
                 sorted(sct) == ["extensions", "id", "sct_version", "signature", "timestamp"] and
                 isinstance(sct["timestamp"], int) and
                 len(base64.b64decode(sct["extensions"])) == 8, sct)


def long_chains(report, folder, port, middle, key):
    """17 certificates whose root is not among them: one issuer too many for an entry."""
    below = [middle]
    while len(below) < 16:
        below.append(Authority(folder, f"deep{len(below)}", below[-1]))
    issuers = [authority.der for authority in reversed(below)]
    chains = [(middle.issue(f"beside {i}", key, POISON), middle.der) for i in range(20)]
    chains.insert(10, (below[-1].issue("too deep", key, POISON), *issuers))
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda chain: add(port, "add-pre-chain", *chain), chains))
    status, answer = answers.pop(10)
    report.check("refuses a chain of 17 certificates", status == 400 and
                 "more than 16 issuers" in answer["message"], status, answer)
    report.check("and takes those that came with it", {status for status, _ in answers} == {200},
                 answers)
    status, answer = add(port, "add-pre-chain", below[-2].issue("as deep as it may be", key, POISON),
                         *issuers[1:])
    report.check("takes a chain of 16 certificates and their root", status == 200, answer)


def duplicate_without_signer(report, log, port, *chain):
    """Signers that hang and end: what the log holds can be asked for again later."""
    signers = {int(pid) for task in pathlib.Path(f"/proc/{log.process.pid}/task").iterdir()
               for pid in (task / "children").read_text().split()}
    for pid in signers:
        os.kill(pid, signal.SIGSTOP)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/ct/v1/add-pre-chain",
                       json.dumps({"chain": [b64(der) for der in chain]}))
    ask(port, "GET", "/checkpoint")  # one I/O thread: it has read the other by now
    for pid in signers:
        os.kill(pid, signal.SIGKILL)
    response = connection.getresponse()
    answer = json.loads(response.read())
    report.check("a repeated chain without a signer is to be sent again", response.status == 503 and
                 response.headers["Retry-After"] and "signer process" in answer["message"],
                 response.status, answer)
    log.process.wait(30)


def main():
    report = Tap()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-ct-"))
    root = Authority(folder, "root")
    middle = Authority(folder, "middle", root)
    key = folder / "leaf.key"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    for kind, name in (("ct", "ct"), ("entries", "entries")):
        subprocess.run([BIN / "mayfly-log", "init", f"--type={kind}", f"--origin={name}.example",
                        f"--directory={folder / name}"], check=True, capture_output=True)
    spki = base64.b64decode(json.loads((folder / "ct" / "identity.json").read_text())["publicKey"])
    port = free_ports()
    ct = {"directory": "ct", "listen": f"127.0.0.1:{port}", "roots": "root.pem",
          "public_cadence_ms": 20}
    log = Log(folder / "entries", 20, [ct])
    said = log.start()
    report.check("serves two logs in one process", said is None, said)
    empty = Checkpoint(ask(port, "GET", "/checkpoint")[2].decode())
    report.check("a fresh CT log is empty", empty.size == 0 and
                 empty.root == hashlib.sha256(b"").digest())
    roots = json.loads(ask(port, "GET", "/ct/v1/get-roots")[2])
    report.check("names its roots", roots == {"certificates": [b64(root.der)]})

    pre = middle.issue("pre", key, POISON)
    status, sct = add(port, "add-pre-chain", pre, middle.der, root.der)
    entry = hashlib.sha256(middle.spki).digest() + u24(without_poison(pre))
    report.check("promises a precertificate, index 0", status == 200 and
                 check_promise(folder, spki, sct, 1, entry) == 0, sct)
    status, again = add(port, "add-pre-chain", pre, middle.der)
    report.check("promises it again with the first time and index", status == 200 and
                 again["timestamp"] == sct["timestamp"] and
                 check_promise(folder, spki, again, 1, entry) == 0, again)
    leaf = middle.issue("leaf", key)
    status, sct = add(port, "add-chain", leaf, middle.der)
    report.check("promises a certificate", status == 200 and
                 check_promise(folder, spki, sct, 0, u24(leaf)) == 1, sct)
    refusals(report, port, root, middle, key, folder)

    many = [middle.issue(f"leaf {i}", key, POISON) for i in range(60)]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda der: add(port, "add-pre-chain", der, middle.der),
                                many + many))
    promised = {check_promise(folder, spki, sct, 1, hashlib.sha256(middle.spki).digest() +
                              u24(without_poison(der)))
                for der, (_, sct) in zip(many + many, answers)}
    report.check("60 precertificates sent twice at once get 60 indexes",
                 promised == set(range(2, 62)), promised)
    first = {der: sct["timestamp"] for der, (_, sct) in zip(many, answers)}
    log.kill()
    log.start()
    status, sct = add(port, "add-pre-chain", many[7], middle.der)
    report.check("after a kill the first time is promised again", status == 200 and
                 sct["timestamp"] == first[many[7]], sct)
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=30)
    status, answer = post(connection, make_requests(folder, 1)[0])
    report.check("the other log takes entries", status == 201, answer)
    status = log.kill(signal.SIGTERM)
    report.check("both stop with status 0", status == 0, status)
    log.start()
    check_tree(report, folder, port, spki, "ct.example")
    bad_requests(report, port, middle, key)
    long_chains(report, folder, port, middle, key)
    duplicate_without_signer(report, log, port, pre, middle.der)
    shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
