"""mayfly-log over HTTP: what it takes, what it refuses and why, duplicates, reads, a full disk.
TAP on standard output."""

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
from log_checker import Checker  # noqa: E402
from log_requests import (P256, P384, P521, RSA, Signer, announce, body_of, change, dsse,  # noqa: E402
                          send, wrap)
from log_support import BIN, Log, Tap, ask, b64, make_requests, openssl, post  # noqa: E402

SMALL_DISK = 160 * 1024 * 1024


def accepts(report, log, checker, folder):
    keys = {name: Signer(folder, name, *how) for name, how in
            (("p256", P256), ("p384", P384), ("p521", P521), ("rsa", RSA))}
    good = [
        ("a P-256 key", keys["p256"].request("PKIX_ECDSA_P256_SHA_256")),
        ("a P-256 certificate", keys["p256"].request("PKIX_ECDSA_P256_SHA_256", certificate=True)),
        ("a P-384 key", keys["p384"].request("PKIX_ECDSA_P384_SHA_384", "sha384")),
        ("a P-521 key", keys["p521"].request("PKIX_ECDSA_P521_SHA_512", "sha512")),
        ("an RSA key", keys["rsa"].request("PKIX_RSA_PKCS1V15_2048_SHA256")),
    ]
    for name, request in good:
        status, answer = send(log.port, wrap(request))
        fields = ["canonicalizedBody", "inclusionPromise", "inclusionProof", "integratedTime",
                  "kindVersion", "logId", "logIndex"]
        ok = status == 201 and sorted(answer) == fields
        if ok:
            checker.answer(answer)
        report.check(f"takes {name}", ok, status, answer)
    return keys


def spellings(report, log, checker, key):
    """What proto3 JSON allows: each is the same request. Then the answer, member by member."""
    details = "PKIX_ECDSA_P256_SHA_256"
    good = key.request(details, message=b"spelled")
    digest = base64.b64decode(good["digest"])
    signature = base64.b64decode(good["signature"]["content"])
    spki = {"raw_bytes": b64(key.spki)}
    url_safe = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    rows = [
        ("lowerCamelCase", wrap(good)),
        ("snake_case", json.dumps({"hashed_rekord_request_v002": {
            "digest": b64(digest), "signature": {"content": b64(signature), "verifier": {
                "public_key": spki, "key_details": details}}}})),
        ("the number of an enum", wrap(change(good, ("signature", "verifier", "keyDetails"), 5))),
        ("base64 for URLs, unpadded", wrap(change(good, ("signature", "content"), url_safe))),
        ("null for absent", json.dumps({
            "hashedRekordRequestV002": change(good, ("signature", "verifier", "x509Certificate"),
                                              None, keep_null=True), "dsseRequestV002": None})),
        ("white space", json.dumps(json.loads(wrap(good)), indent=3)),
    ]
    want = body_of(digest, signature, details, f'"publicKey":{{"rawBytes":"{b64(key.spki)}"}}')
    for name, body in rows:
        status, answer = send(log.port, body)
        report.check(f"takes {name}", status == 201 and
                     base64.b64decode(answer["canonicalizedBody"]) == want, status, answer)
    status, headers, body = ask(log.port, "POST", "/api/v2/log/entries", wrap(good),
                                {"Content-Type": "text/plain"})
    answer = json.loads(body)
    proof = answer["inclusionProof"]
    checker.answer(answer)
    report.check("answers as JSON whatever the content is called", status == 201 and
                 headers["Content-Type"] == "application/json")
    report.check("int64 members are decimal strings", all(
        isinstance(n, str) and n.isdecimal() for n in
        (answer["logIndex"], answer["integratedTime"], proof["logIndex"], proof["treeSize"])),
        answer)
    report.check("the entry has no time and no promise of its own", answer["integratedTime"] == "0"
                 and answer["inclusionPromise"] is None, answer)
    report.check("kind and version", answer["kindVersion"] == {"kind": "hashedrekord",
                                                              "version": "0.0.2"}, answer)
    report.check("the proof's members", sorted(proof) == ["checkpoint", "hashes", "logIndex",
                                                         "rootHash", "treeSize"] and
                 proof["logIndex"] == answer["logIndex"] and
                 len(base64.b64decode(proof["rootHash"])) == 32 and
                 int(proof["treeSize"]) > int(proof["logIndex"]), proof)
    log_id = hashlib.sha256(b"api.example\n\x01" + checker.spki[-32:]).digest()
    report.check("the log's ID is bound to its name", answer["logId"] == {"keyId": b64(log_id)},
                 answer)
    status, answer = send(log.port, wrap(key.request(details, message=b"with a certificate",
                                                     certificate=True)))
    report.check("a certificate has its own member", status == 201 and
                 b'"verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","x509Certificate":{"rawBytes":"'
                 in base64.b64decode(answer["canonicalizedBody"]), answer)


def envelopes(report, log, checker, key):
    """DSSE: logged as the hashedrekord over its pre-authentication encoding; large ones too."""
    for name, size in (("small", 100), ("of 2 MiB", 2 << 20)):
        request, digest, signature = dsse(key, b"p" * size)
        status, answer = send(log.port, json.dumps(request))
        want = body_of(digest, signature, "PKIX_ECDSA_P256_SHA_256",
                       f'"publicKey":{{"rawBytes":"{b64(key.spki)}"}}')
        report.check(f"takes a DSSE envelope, {name}", status == 201 and
                     base64.b64decode(answer["canonicalizedBody"]) == want, status)
        if status == 201:
            checker.answer(answer)
    request = dsse(key, b"one")[0]
    twice = change(request, ("dsseRequestV002", "envelope", "signatures"),
                   2 * request["dsseRequestV002"]["envelope"]["signatures"])
    other = change(request, ("dsseRequestV002", "envelope", "payload"), b64(b"two"))
    both = {**request, **json.loads(wrap(key.request("PKIX_ECDSA_P256_SHA_256")))}
    for name, body, said in (("two signatures", twice, "exactly one element"),
                             ("another payload", other, "does not verify"),
                             ("two kinds of request", both, "hashedRekordRequestV002")):
        status, answer = send(log.port, json.dumps(body))
        report.check(f"refuses a DSSE request with {name}", status == 400 and
                     said in answer["message"], status, answer)


def refuses(report, log, keys):
    good = keys["p256"].request("PKIX_ECDSA_P256_SHA_256")
    verifier = ("signature", "verifier")
    other = keys["p256"].request("PKIX_ECDSA_P256_SHA_256", message=b"another")
    pem = openssl("pkey", "-in", keys["p256"].path, "-pubout")
    pkcs1 = openssl("rsa", "-in", keys["rsa"].path, "-RSAPublicKey_out", "-outform", "DER")
    table = [
        ("no JSON", "{", "line 1, column 2"),
        ("an array", "[]", "object"),
        ("nothing in it", "{}", "hashedRekordRequestV002"),
        ("a duplicate member", '{"hashedRekordRequestV002":{},"hashedRekordRequestV002":{}}',
         "twice"),
        ("bytes behind it", wrap(good) + "x", "something follows the value"),
        ("an unknown member", wrap({**good, "extra": 1}), "extra"),
        ("no digest", wrap(change(good, ("digest",), None)), "digest"),
        ("a short digest", wrap(change(good, ("digest",), b64(b"short"))), "digest has 5 bytes"),
        ("a digest that is no base64", wrap(change(good, ("digest",), "*")), "digest"),
        ("no signature bytes", wrap(change(good, ("signature", "content"), "")), "signature"),
        ("no verifier", wrap(change(good, verifier, None)), "verifier"),
        ("two verifiers", wrap(change(good, verifier + ("x509Certificate",),
                                      {"rawBytes": b64(keys["p256"].certificate())})), "verifier"),
        ("an empty key", wrap(change(good, verifier + ("publicKey", "rawBytes"), "")), "verifier"),
        ("a key in PEM", wrap(change(good, verifier + ("publicKey", "rawBytes"), b64(pem))),
         "publicKey"),
        ("a PKCS#1 key", wrap(change(good, verifier + ("publicKey", "rawBytes"), b64(pkcs1))),
         "publicKey"),
        ("a certificate that is none", wrap(change(
            change(good, verifier + ("publicKey",), None), verifier + ("x509Certificate",),
            {"rawBytes": b64(keys["p256"].spki)})), "x509Certificate"),
        ("no keyDetails", wrap(change(good, verifier + ("keyDetails",), None)), "keyDetails"),
        ("keyDetails 0", wrap(change(good, verifier + ("keyDetails",), 0)), "keyDetails"),
        ("RSA-PSS", wrap(change(good, verifier + ("keyDetails",), "PKIX_RSA_PSS_2048_SHA256")),
         "not allowed"),
        ("P-384 with SHA-256",
         wrap(change(good, verifier + ("keyDetails",), "PKIX_ECDSA_P384_SHA_256")), "not allowed"),
        ("ML-DSA", wrap(change(good, verifier + ("keyDetails",), "ML_DSA_44")), "not allowed"),
        ("an RSA key under another size",
         wrap(change(keys["rsa"].request("PKIX_RSA_PKCS1V15_2048_SHA256"), verifier +
                     ("keyDetails",), "PKIX_RSA_PKCS1V15_3072_SHA256")),
         "logged under PKIX_RSA_PKCS1V15_2048_SHA256"),
        ("a member under both its names", json.dumps({
            "hashedRekordRequestV002": good, "hashed_rekord_request_v002": good}), "both its names"),
        ("a key that is none", wrap(change(good, verifier + ("publicKey", "rawBytes"),
                                           b64(b"no key"))), "publicKey"),
        ("unknown keyDetails", wrap(change(good, verifier + ("keyDetails",), "PKIX_NEW")),
         "keyDetails"),
        ("keyDetails of another curve",
         wrap(change(good, verifier + ("keyDetails",), "PKIX_ECDSA_P384_SHA_384")), "digest has"),
        ("keyDetails of an RSA key",
         wrap(change(good, verifier + ("keyDetails",), "PKIX_RSA_PKCS1V15_2048_SHA256")),
         "logged under PKIX_ECDSA_P256_SHA_256"),
        ("pure Ed25519", wrap(change(good, verifier + ("keyDetails",), "PKIX_ED25519")),
         "not allowed"),
        ("another message's signature",
         wrap(change(good, ("signature", "content"), other["signature"]["content"])),
         "does not verify"),
    ]
    for name, body, said in table:
        status, answer = send(log.port, body)
        ok = (status == 400 and answer["code"] == 3 and said in answer["message"] and
              answer["details"][0]["@type"] == "type.googleapis.com/google.rpc.ErrorInfo")
        report.check(f"refuses {name}", ok, status, answer)
    status = announce(log.port, (4 << 20) + 1)
    report.check("refuses a body above 4 MiB before it is sent", status == 413, status)
    for method, path, want, code in (("GET", "/api/v2/log/entries", 501, 12),
                                     ("POST", "/checkpoint", 501, 12),
                                     ("GET", "/api/v1/log", 404, 5),
                                     ("GET", "/tile/0/000.p/255", 404, 5),
                                     ("GET", "/tile/0/0", 404, 5),
                                     ("GET", "/tile/data/000.p/1", 404, 5)):
        status, _, body = ask(log.port, method, path)
        report.check(f"answers {want} to {method} {path}",
                     status == want and json.loads(body)["code"] == code, status, body)


def repeats(report, log, checker, keys):
    body = wrap(keys["p256"].request("PKIX_ECDSA_P256_SHA_256", message=b"again and again"))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: send(log.port, body), range(64)))
    for _, answer in answers:
        checker.answer(answer)
    indexes = {answer["logIndex"] for _, answer in answers}
    report.check("the same entry 64 times at once has one index",
                 len(indexes) == 1 and {status for status, _ in answers} == {201}, indexes)
    unpadded = json.loads(body)
    digest = unpadded["hashedRekordRequestV002"]["digest"]
    unpadded["hashedRekordRequestV002"]["digest"] = digest.rstrip("=").replace("+", "-").replace(
        "/", "_")
    status, answer = send(log.port, json.dumps(unpadded))
    report.check("an entry spelled otherwise is the same entry",
                 status == 201 and answer["logIndex"] in indexes, answer)


def reads(report, log):
    for prefix in ("", "/api/v2"):
        status, headers, _ = ask(log.port, "GET", prefix + "/checkpoint")
        report.check(f"serves {prefix}/checkpoint", status == 200 and
                     headers["Content-Type"] == "text/plain; charset=utf-8" and
                     headers["Cache-Control"] == "no-cache", status, headers)
        for path, size in (("/tile/0/000.p/2", 64), ("/tile/entries/000.p/1", None)):
            status, headers, body = ask(log.port, "GET", prefix + path)
            report.check(f"serves {prefix}{path}", status == 200 and
                         headers["Content-Type"] == "application/octet-stream" and
                         "immutable" in headers["Cache-Control"] and
                         (len(body) == size or int.from_bytes(body[:2], "big") == len(body) - 2),
                         status, headers)
    status, _, body = ask(log.port, "GET", "/healthz")
    report.check("says that it serves", status == 200 and json.loads(body)["status"] == "SERVING")


def full_disk(report, folder, requests):
    """A disk that fills up: writing stops with a word on when to come back, reading does not."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", disk],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        report.skipped("a full disk", "tmpfs cannot be mounted: " + mounted.stderr.decode().strip())
        return
    try:
        fill_disk(report, disk, requests)
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


def fill_disk(report, disk, requests):
    subprocess.run([BIN / "mayfly-log", "init", "--type=entries", "--origin=full.example",
                    f"--directory={disk / 'log'}"], check=True, capture_output=True)
    log = Log(disk / "log", 20, disk_reserve_mb=0)
    report.check("starts on a small disk", log.start() is None)
    checker = Checker(disk / "log")
    connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=30)
    checker.answer(post(connection, requests[0])[1])
    with open(disk / "ballast", "wb") as ballast:  # whatever is left
        try:
            while True:
                ballast.write(bytes(1 << 16))
                ballast.flush()
        except OSError:
            pass
    large = big_requests(disk.parent)
    refused = None
    for body in large:  # until the segment that is reserved is full
        status, headers, answer = ask(log.port, "POST", "/api/v2/log/entries", body)
        if status != 201:
            refused = (status, headers["Retry-After"], json.loads(answer)["message"])
            break
        checker.answer(json.loads(answer))
    report.check("a full disk is 503 with Retry-After", refused is not None and
                 refused[0] == 503 and refused[1] and "full" in refused[2], refused)
    report.check("reads go on", ask(log.port, "GET", "/tile/0/000.p/1")[0] == 200)
    (disk / "ballast").unlink()
    status, answer = post(connection, requests[1])
    report.check("writing goes on once there is space", status == 201, answer)
    checker.answer(answer)
    log.process.terminate()
    _, said = log.process.communicate(timeout=30)
    report.check("and it stops cleanly", log.process.returncode == 0, log.process.returncode)
    lines = [json.loads(line) for line in said.splitlines()]
    told = {(line["level"], line["event"]) for line in lines if line.get("code") == "unavailable"}
    report.check("both waits were logged", told == {("warn", "request refused for now"),
                                                   ("warn", "the public tree does not follow")},
                 told)
    report.check("with the log and the reason", all(
        line["origin"] == "full.example" and "full" in line["reason"] for line in lines
        if line.get("code") == "unavailable"), lines)
    said = log.start()
    report.check("and starts again", said is None, said)
    checker.finish(log.url)
    report.check("nothing acknowledged is lost", not checker.problems, *checker.problems[:5])
    log.kill(signal.SIGTERM)


def big_requests(folder):
    """Entries of 40 KB: certificates with much in them."""
    key = Signer(folder, "big", *P256)
    config = folder / "big.cnf"
    config.write_text("[req]\ndistinguished_name=d\nx509_extensions=e\n[d]\n[e]\n"
                      "1.2.3.4=ASN1:UTF8:" + "x" * 9000 + "\n")
    certificate = openssl("req", "-x509", "-key", key.path, "-subj", "/CN=big", "-config", config,
                          "-outform", "DER")
    for number in range(3000):
        request = key.request("PKIX_ECDSA_P256_SHA_256", message=f"big {number}".encode())
        request["signature"]["verifier"] = {"x509Certificate": {"rawBytes": b64(certificate)},
                                            "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
        yield wrap(request)


def main():
    report = Tap()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-api-"))
    init = [BIN / "mayfly-log", "init", "--type=entries", "--origin=api.example",
            f"--directory={folder / 'log'}"]
    subprocess.run(init, check=True, capture_output=True)
    again = subprocess.run(init, capture_output=True, check=False)
    report.check("init refuses a directory that is there", again.returncode == 3 and
                 b"already there" in again.stderr, again.stderr)
    modes = {p.name: oct(p.stat().st_mode & 0o777) for p in
             (folder / "log" / "key.pem", folder / "log" / "state", folder / "log" / "public")}
    report.check("keys and state are private, the tree is public",
                 modes == {"key.pem": "0o600", "state": "0o700", "public": "0o755"}, modes)
    log = Log(folder / "log", 50)
    said = log.start()
    report.check("serves", said is None, said)
    checker = Checker(folder / "log")
    keys = accepts(report, log, checker, folder)
    refuses(report, log, keys)
    spellings(report, log, checker, keys["p256"])
    envelopes(report, log, checker, keys["p256"])
    repeats(report, log, checker, keys)
    reads(report, log)
    status = log.kill(signal.SIGTERM)
    report.check("stops with status 0", status == 0, status)
    log.start()
    checker.finish(log.url)
    report.check("all of it is in the log, and nothing is contradicted", not checker.problems,
                 *checker.problems[:5])
    log.kill(signal.SIGTERM)
    if os.geteuid() == 0:
        full_disk(report, folder, make_requests(folder, 2))
    else:
        report.skipped("a full disk", "only root can mount a small one")
    shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
