#!/usr/bin/env python3
"""mayfly-ca over real sockets: issuance, timestamps, refusals by name, and what is on record."""

import base64
import contextlib
import hashlib
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time

import ca_support as support

PERSON = "person@example.org"
TOKEN_TEXT = "There was an error processing the identity token"


class Bench:
    """The CA, a CT log and a key, for all tests that do not need their own."""

    def __init__(self, program, folder):
        self.folder = pathlib.Path(folder)
        self.program = program
        self.ct = support.CtLog(folder)
        self.ct_key = support.b64(self.ct.key.spki)
        self.key = support.Key(folder)
        self.ca = support.Ca(program, folder, self.ct.url, self.ct_key).start()
        self.root = self.folder / "root.pem"
        blocks = self.ca.chain_path().read_text().split("-----BEGIN")
        self.root.write_text("-----BEGIN" + blocks[2])
        self.issuing = self.folder / "issuing.pem"
        self.issuing.write_text("-----BEGIN" + blocks[1])

    def leaf(self, answer):
        assert answer.status == 200, f"{answer.status} {answer.body!r}\n{self.ca.log.read_text()}"
        return answer.certificates[0]

    def close(self):
        self.ct.release.set()
        return self.ca.stop()


def certificate_text(der):
    return support.openssl("x509", "-inform", "DER", "-noout", "-text", data=der).decode()


def check_leaf(bench, answer, name):
    """The certificate is the CA's, for our key, ten minutes long, and equals what was logged."""
    chain = answer.certificates
    leaf = chain[0]
    path = bench.folder / "leaf.pem"
    path.write_bytes(support.openssl("x509", "-inform", "DER", data=leaf))
    support.openssl("verify", "-CAfile", bench.root, "-untrusted", bench.issuing, path)
    text = certificate_text(leaf)
    assert name in text, text
    assert support.certificate_spki(leaf) == bench.key.spki
    assert len(chain) == 3 and chain[1:] == [support.pem_der(p.read_text())
                                             for p in (bench.issuing, bench.root)]
    logged = bench.ct.chains[-1]
    assert logged[1:] == chain[1:]
    assert support.tbs_without_poison(logged[0]) == support.tbs_without(leaf, support.SCT_LIST)
    assert support.extensions_of(leaf)[-1][0] == support.SCT_LIST
    assert support.extensions_of(logged[0])[-1][0] == support.POISON
    return text


def issues_for_a_csr_with_the_token_in_the_header(bench):
    token = bench.ca.token(PERSON)
    answer = bench.ca.sign(support.csr_body(bench.key), token)
    bench.leaf(answer)
    text = check_leaf(bench, answer, "email:" + PERSON)
    assert "1.3.6.1.4.1.57264.1.8" in text and "1.3.6.1.4.1.57264.1.24" in text


def issues_for_a_proof_with_the_token_in_the_body(bench):
    token = bench.ca.token(PERSON, alg="RS256")
    answer = bench.ca.sign(support.proof_body(bench.key, PERSON, token))
    bench.leaf(answer)
    check_leaf(bench, answer, "email:" + PERSON)


def issues_for_a_workflow(bench):
    claims = {
        "job_workflow_ref": "org/repo/.github/workflows/release.yml@refs/heads/main",
        "job_workflow_sha": "a" * 40, "sha": "b" * 40, "event_name": "push",
        "repository": "org/repo", "workflow": "release", "ref": "refs/heads/main",
        "runner_environment": "github-hosted", "repository_id": "1", "repository_owner": "org",
        "repository_owner_id": "2", "repository_visibility": "public",
        "workflow_ref": "org/repo/.github/workflows/release.yml@refs/heads/main",
        "workflow_sha": "c" * 40, "run_id": "3", "run_attempt": "1"}
    token = bench.ca.token("repo:org/repo:ref:refs/heads/main", "/github", claims=claims)
    answer = bench.ca.sign(support.csr_body(bench.key, token=token))
    bench.leaf(answer)
    text = check_leaf(bench, answer, "URI:https://github.com/" + claims["job_workflow_ref"])
    for number in (1, 2, 3, 4, 5, 6, 8, *range(9, 23), 24):
        assert f"1.3.6.1.4.1.57264.1.{number}:" in text, f".{number} is missing\n{text}"


def issues_by_the_legacy_api(bench):
    token = bench.ca.token(PERSON)
    body = {"publicKey": {"content": support.b64(bench.key.public_pem.encode()),
                          "algorithm": "ecdsa"},
            "signedEmailAddress": support.b64(bench.key.sign(PERSON.encode()))}
    answer = bench.ca.sign(body, token, path="/api/v1/signingCert")
    assert answer.status == 201, answer.body
    assert answer.headers["Content-Type"] == "application/pem-certificate-chain"
    assert answer.body.count(b"BEGIN CERTIFICATE") == 3


def refuses_bad_tokens_by_name(bench):
    good = bench.ca.token(PERSON)
    head, payload, signature = good.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    other = bench.ca.token("other@example.org").split(".")[1]
    rows = [
        ("", "TOKEN_MISSING", "there is no token"),
        ("not.a.token", "TOKEN_MALFORMED", "token header: base64 ends in bits that are not zero"),
        (good + "=", "TOKEN_MALFORMED", "token signature: character 87 is not base64"),
        (f"{none}.{payload}.", "TOKEN_MALFORMED", "token has an empty segment"),
        (f"{none}.{payload}.{signature}", "ALG_FORBIDDEN", 'algorithm "none" is not accepted'),
        (f"{head}.{other}.{signature}", "SIG_INVALID", "signature does not verify"),
        (bench.ca.token(PERSON, aud="other"), "AUD_MISMATCH",
         'token is for "other", not for "sigstore"'),
        ("x" * 20000, "TOKEN_TOO_LARGE", "token is larger than 16384 bytes"),
    ]
    for token, reason, detail in rows:
        answer = bench.ca.sign(support.csr_body(bench.key, token=token))
        assert answer.status == 400, (token[:40], answer.status, answer.body)
        assert answer.json["code"] == 3 and answer.json["message"] == TOKEN_TEXT, answer.body
        assert answer.reason == reason and detail in answer.detail, (reason, answer.body)
        record = bench.ca.records()[-1]
        assert record["event"] == "deny" and record["reason"] == reason, record
        assert record["detail"] == answer.detail, record
        assert record["decision_id"] == answer.json["details"][0]["metadata"]["decision_id"]


def refuses_bad_keys_and_proofs_by_name(bench):
    token = bench.ca.token(PERSON)
    other = support.Key(bench.folder, "p384", ("EC", "ec_paramgen_curve:P-384"))
    small = support.Key(bench.folder, "rsa1024", ("RSA", "rsa_keygen_bits:1024"))
    junk = {"certificateSigningRequest": support.b64(b"junk")}
    both = {**support.csr_body(bench.key), **support.proof_body(bench.key, PERSON)}
    rows = [
        (support.proof_body(bench.key, "someone@example.org"), "POP_INVALID",
         "The signature supplied in the request could not be verified",
         "proof of possession: signature does not verify"),
        ({}, "KEY_MALFORMED", "The public key supplied in the request could not be parsed",
         "public key: no PEM block begins"),
        (junk, "CSR_MALFORMED", "The certificate signing request could not be parsed",
         "certificate request: no PEM block begins"),
        (support.proof_body(small, PERSON), "KEY_WEAK",
         "The public key supplied in the request is insecure", "RSA key has 1024 bits"),
        (support.csr_body(other, "sha256"), "ALGORITHM_FORBIDDEN",
         "signing algorithm not permitted: ECDSA P-384, sha256", "certificate request: "),
        (both, "REQUEST_MALFORMED",
         "both a certificate signing request and a public key are there", "request: "),
        ("{", "REQUEST_MALFORMED", "expected a member's name in quotes", "line 1, column 2"),
        (b"\xff", "REQUEST_MALFORMED", "expected a value", "line 1, column 1"),
    ]
    for body, reason, message, detail in rows:
        answer = bench.ca.sign(body, token)
        assert answer.status == 400 and answer.reason == reason, (reason, answer.body)
        assert answer.json["message"] == message and detail in answer.detail, answer.body
    answer = bench.ca.sign("x" * 70000, token)
    assert answer.status == 413 and answer.json["message"] == "body is too large", answer.body


def puts_intent_and_outcome_on_record(bench):
    before = len(bench.ca.records())
    answer = bench.ca.sign(support.csr_body(bench.key), bench.ca.token(PERSON))
    leaf = bench.leaf(answer)
    intent, outcome = bench.ca.records()[before:]
    assert intent["event"] == "intent" and outcome["event"] == "outcome"
    assert intent["decision_id"] == outcome["decision_id"]
    assert intent["identity"]["san"] == PERSON and intent["token"]["sub"] == PERSON
    assert intent["serial"].upper() in certificate_text(leaf).replace(":", "").upper()
    assert intent["spki_sha256"] == hashlib.sha256(bench.key.spki).hexdigest()
    assert outcome["outcome"] == "issued"
    assert outcome["cert_sha256"] == hashlib.sha256(leaf).hexdigest()


def answers_what_does_not_change(bench):
    ca = bench.ca
    bundle = ca.get("/api/v2/trustBundle").json
    assert "".join(bundle["chains"][0]["certificates"]) == ca.chain_path().read_text()
    issuers = ca.get("/api/v2/configuration").json["issuers"]
    assert sorted(i["issuerType"] for i in issuers) == ["email", "github-workflow"], issuers
    assert ca.get("/api/v1/rootCert").body.decode() == ca.chain_path().read_text()
    chain = ca.get("/api/v1/timestamp/certchain").body.decode()
    assert chain == (ca.folder / "ca" / "timestamp-chain.pem").read_text()
    assert ca.get("/healthz").json == {"status": "SERVING"}
    head = ca.get("/healthz", "HEAD")
    assert head.status == 200 and head.body == b""
    wrong = ca.get("/api/v2/signingCert")
    assert wrong.status == 501 and wrong.json["code"] == 12, wrong.body
    assert wrong.json["message"] == "Method Not Allowed"
    nowhere = ca.get("/api/v2/nothing")
    assert nowhere.status == 404 and nowhere.json == {"code": 5, "message": "Not Found",
                                                      "details": []}


def stamps_what_openssl_verifies(bench):
    data = bench.folder / "data"
    data.write_bytes(b"hello")
    chain = bench.folder / "ca" / "timestamp-chain.pem"
    for options in (["-sha256", "-cert"], ["-sha512", "-no_nonce"], ["-sha384"]):
        query = bench.folder / "query.tsq"
        query.write_bytes(support.openssl("ts", "-query", "-data", data, *options))
        answer = support.request(bench.ca.port, "POST", "/api/v1/timestamp", query.read_bytes(),
                                 {"Content-Type": "application/timestamp-query"})
        assert answer.status == 200, answer.body
        assert answer.headers["Content-Type"] == "application/timestamp-reply"
        reply = bench.folder / "reply.tsr"
        reply.write_bytes(answer.body)
        out = support.openssl("ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile",
                              bench.root, "-untrusted", chain)
        assert b"Verification: OK" in out, out


def stamps_the_json_form(bench):
    digest = hashlib.sha256(b"hello").digest()
    body = json.dumps({"artifactHash": support.b64(digest), "hashAlgorithm": "sha256",
                       "certificates": True, "nonce": 123})
    answer = support.request(bench.ca.port, "POST", "/api/v1/timestamp", body,
                             {"Content-Type": "application/json; charset=utf-8"})
    assert answer.status == 200, answer.body
    reply = bench.folder / "reply.tsr"
    reply.write_bytes(answer.body)
    out = support.openssl("ts", "-verify", "-digest", digest.hex(), "-in", reply, "-CAfile",
                          bench.root)
    assert b"Verification: OK" in out, out


def refuses_bad_timestamp_requests_by_name(bench):
    data = bench.folder / "data"
    data.write_bytes(b"hello")
    good = support.openssl("ts", "-query", "-data", data, "-sha256", "-cert")
    der = "application/timestamp-query"
    failed = "Error generating timestamp response"
    rows = [
        (b"", der, 400, failed, "DER value with tag 0x30 is missing"),
        (good + b"\0", der, 400, failed, "1 bytes follow the DER value"),
        (support.openssl("ts", "-query", "-data", data, "-sha1"), der, 400,
         "Weak hash algorithm in timestamp request", "the message was hashed with SHA-1"),
        (support.openssl("ts", "-query", "-data", data, "-tspolicy", "1.2.3"), der, 400,
         "unaccepted policy: requested TSA policy is not supported by the TSA",
         "reqPolicy is not 1.3.6.1.4.1.57264.2"),
        (b"0" * 5000, der, 400, "timestamp request is too large", "larger than 4096 bytes"),
        (good, "text/plain", 415,
         "unsupported media type, only application/timestamp-query and application/json are "
         "allowed", ""),
        (b"{}", "application/json", 400, failed, "hashAlgorithm: is missing"),
    ]
    for body, content_type, status, message, detail in rows:
        answer = support.request(bench.ca.port, "POST", "/api/v1/timestamp", body,
                                 {"Content-Type": content_type})
        assert answer.status == status, (message, answer.status, answer.body)
        assert answer.json["code"] == status and answer.json["message"] == message, answer.body
        assert detail in answer.json.get("detail", ""), answer.body


def survives_a_ct_log_that_fails(bench):
    """Each fault is a 503 in bounded time, is on record, and yields no certificate."""
    token = bench.ca.token(PERSON)
    body = support.csr_body(bench.key)
    try:
        for fault in ("500", "garbage", "wrong-key", "wrong-time", "endless", "hang"):
            bench.ct.fault = fault
            deadline = time.monotonic() + 15  # an open breaker lets one through each second
            while True:
                before = len(bench.ca.records())
                began = time.monotonic()
                answer = bench.ca.sign(body, token, timeout=15)
                assert answer.status == 503, (fault, answer.status, answer.body)
                assert time.monotonic() - began < 8, fault
                assert answer.headers["Retry-After"].isdigit()
                assert answer.json["message"] == "Error entering certificate in CTL"
                assert b"BEGIN CERTIFICATE" not in answer.body
                added = bench.ca.records()[before:]
                if added:
                    break
                assert time.monotonic() < deadline, "the breaker lets nobody through"
                time.sleep(0.1)
            assert [r["event"] for r in added] == ["intent", "outcome"], added
            assert added[1]["outcome"] == "failed" and added[1]["reason"] == "CT_LOG"
    finally:
        bench.ct.fault = None
    deadline = time.monotonic() + 10
    while bench.ca.sign(body, token).status != 200:
        assert time.monotonic() < deadline, "issuance does not resume"
        time.sleep(0.1)


def closes_what_a_killed_process_left_open(bench):
    with tempfile.TemporaryDirectory() as folder:
        ct = support.CtLog(folder)
        ct.fault = "hang"
        ca = support.Ca(bench.program, folder, ct.url, support.b64(ct.key.spki)).start()
        token = ca.token(PERSON)
        waiting = threading.Thread(target=lambda: swallow(ca, bench.key, token))
        waiting.start()
        deadline = time.monotonic() + 10
        while not ct.chains:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        ca.kill()
        waiting.join()
        with open(ca.audit, "ab") as out:
            out.write(b'{"seq":99,"prev":"torn')
        ct.fault = None
        ca.start()
        records = ca.records()
        intent = [r for r in records if r["event"] == "intent"]
        outcome = [r for r in records if r["event"] == "outcome"]
        assert len(intent) == len(outcome) == 1, records
        assert outcome[0]["decision_id"] == intent[0]["decision_id"]
        assert outcome[0]["outcome"] == "unknown" and outcome[0]["reason"] == "PROCESS_ENDED"
        repair = [r for r in records if r["event"] == "repair"]
        assert len(repair) == 1 and repair[0]["cut_bytes"] == 22, records
        assert ca.sign(support.csr_body(bench.key), ca.token(PERSON)).status == 200
        assert ca.stop() == 0
        ct.stop()


def swallow(ca, key, token):
    try:
        ca.sign(support.csr_body(key), token)
    except OSError:
        pass


def issues_nothing_without_an_audit_log(bench):
    """A file that may not grow is a full disk: 503, no certificate, no timestamp lost; then on."""
    ca, pid = bench.ca, bench.ca.process.pid
    token, body = ca.token(PERSON), support.csr_body(bench.key)
    logged = len(bench.ct.chains)
    was = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (ca.audit.stat().st_size + 50, was[1]))
    try:
        answer = ca.sign(body, token)
        assert answer.status == 503 and answer.reason == "AUDIT_UNAVAILABLE", answer.body
        answer = ca.sign(body, "not.a.token")
        assert answer.status == 503 and answer.reason == "AUDIT_UNAVAILABLE", answer.body
        assert len(bench.ct.chains) == logged, "a precertificate left without an intent on record"
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, was)
    assert ca.sign(body, token).status == 200
    ca.records()


def refuses_to_start_on_a_changed_audit_file(bench):
    with tempfile.TemporaryDirectory() as folder:
        ca = support.Ca(bench.program, folder, bench.ct.url, bench.ct_key).start()
        ca.sign(support.csr_body(bench.key), ca.token(PERSON))
        assert ca.stop() == 0
        text = ca.audit.read_bytes()
        ca.audit.write_bytes(text.replace(b'"allow"', b'"deny!"', 1))
        done = subprocess.run([ca.program, "serve", "--config", ca.folder / "ca.json"],
                              capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 6, done
        assert "prev is not the hash of the line before" in done.stderr, done.stderr
        assert ca.audit.read_bytes() == text.replace(b'"allow"', b'"deny!"', 1)


def checks_a_configuration_without_serving(bench):
    config = bench.folder / "ca.json"
    done = bench.ca.run("serve", "--config", config, "--check-config")
    assert done.stdout.endswith("ok\n"), done
    bad = bench.folder / "bad.json"
    bad.write_text(json.dumps({**bench.ca.config, "listne": 1}))
    done = subprocess.run([bench.ca.program, "serve", "--config", bad, "--check-config"],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3 and "listne" in done.stderr, done


SHADOW = 1 << 30  # bytes; the address sanitizer keeps its books in mappings beyond this, nobody else


def memory_of(pid):
    """Every byte that the process can read."""
    parts = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("r") or line.endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(at, 16) for at in span.split("-"))
            if end - start > SHADOW:
                continue
            memory.seek(start)
            with contextlib.suppress(OSError):  # gone since, or beyond its file
                parts.append(memory.read(end - start))
    return b"".join(parts)


def leaves_keys_to_the_signer_processes(bench):
    """The CA's private key is in its signer's memory, in no form in the server's, and no file of a
    key is open there."""
    pid = bench.ca.process.pid
    path = bench.folder / "ca" / "ca.key"
    pem = path.read_text().split("\n")[1].encode()
    text = support.openssl("pkey", "-in", path, "-noout", "-text").decode()
    scalar = bytes.fromhex("".join(text.split("priv:")[1].split("pub:")[0].split())
                           .replace(":", ""))[-32:]
    forms = [pem, scalar, scalar[::-1], scalar.hex().encode()]
    spki = support.openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    try:
        server, signers = memory_of(pid), [memory_of(child) for child in children]
        open_files = [str(p.readlink()) for p in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    except PermissionError:
        raise support.Skipped("only root can look into a process that protects itself") from None
    assert spki in server, "the search finds nothing"
    assert [s for s in signers if any(form in s for form in forms)], "no signer holds the key"
    assert not [form for form in forms if form in server], "the server holds the key"
    assert not [f for f in open_files if f.endswith(".key")], open_files


def ends_with_status_0(bench):
    assert bench.close() == 0


TESTS = [
    issues_for_a_csr_with_the_token_in_the_header,
    issues_for_a_proof_with_the_token_in_the_body,
    issues_for_a_workflow,
    issues_by_the_legacy_api,
    refuses_bad_tokens_by_name,
    refuses_bad_keys_and_proofs_by_name,
    puts_intent_and_outcome_on_record,
    answers_what_does_not_change,
    stamps_what_openssl_verifies,
    stamps_the_json_form,
    refuses_bad_timestamp_requests_by_name,
    survives_a_ct_log_that_fails,
    closes_what_a_killed_process_left_open,
    issues_nothing_without_an_audit_log,
    refuses_to_start_on_a_changed_audit_file,
    checks_a_configuration_without_serving,
    leaves_keys_to_the_signer_processes,
    ends_with_status_0,
]


if __name__ == "__main__":
    sys.exit(support.main(TESTS, Bench))
