#!/usr/bin/env python3
"""mayfly-ca on mayfly-log: every certificate is in the log, and without the log there is none."""

import base64
import concurrent.futures
import hashlib
import os
import pathlib
import struct
import sys
import tempfile
import time

import ca_support as support
import ct_service

PERSON = "person@example.org"
PARALLEL = 60


class Pair:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca, self.log = ct_service.start_pair(os.environ.get("MAYFLY_BIN", "build/bin"),
                                                  folder)
        self.key = support.Key(folder)
        self.log_key = self.folder / "log.pub"
        self.log_key.write_bytes(support.openssl(
            "pkey", "-pubin", "-inform", "DER", data=base64.b64decode(self.log.public_key)))

    def issue(self, number=0):
        """Both flows, in turn."""
        token = self.ca.token(PERSON)
        make = support.proof_body if number % 2 else lambda key, _: support.csr_body(key)
        return self.ca.sign(make(self.key, PERSON), token)


def promise_of(leaf):
    """(log ID, milliseconds, extensions, signature) of the only SCT."""
    extension = dict(support.extensions_of(leaf))[support.SCT_LIST]
    value = list(support.der_parts(support.first_part(extension)[1]))[-1][1]
    listed = support.first_part(value)[1]
    (total,) = struct.unpack_from(">H", listed)
    (size,) = struct.unpack_from(">H", listed, 2)
    assert total == len(listed) - 2 and size == total - 2, "not exactly one SCT"
    sct = listed[4:]
    assert sct[0] == 0
    when, n = struct.unpack_from(">QH", sct, 33)
    extensions, rest = sct[43:43 + n], sct[43 + n:]
    assert rest[:2] == b"\x04\x03" and struct.unpack_from(">H", rest, 2)[0] == len(rest) - 4
    return sct[1:33], when, extensions, rest[4:]


def check_promise(pair, leaf, issuer):
    """The log's key signed what RFC 6962 says, over the certificate without its list of SCTs."""
    log_id, when, extensions, signature = promise_of(leaf)
    assert base64.b64encode(log_id).decode() == pair.log.log_id
    assert abs(when / 1000 - time.time()) < 60
    tbs = support.tbs_without(leaf, support.SCT_LIST)
    signed = (b"\0\0" + struct.pack(">QH", when, 1) +
              hashlib.sha256(support.certificate_spki(issuer)).digest() +
              len(tbs).to_bytes(3, "big") + tbs + struct.pack(">H", len(extensions)) + extensions)
    proof = pair.folder / "sct.sig"
    proof.write_bytes(signature)
    support.openssl("dgst", "-sha256", "-verify", pair.log_key, "-signature", proof, data=signed)
    assert extensions[:3] == b"\0\0\5", "no leaf index"
    return int.from_bytes(extensions[3:8], "big")


def embeds_promises_that_the_logs_key_signed(pair):
    for number in range(2):
        answer = pair.issue(number)
        assert answer.status == 200, answer.body
        chain = answer.certificates
        assert check_promise(pair, chain[0], chain[1]) == number


def logs_each_certificate_once_under_load(pair):
    before = pair.log.checkpoint()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(pair.issue, range(PARALLEL)))
    assert [a.status for a in answers] == [200] * PARALLEL, [a.body for a in answers][:3]
    serials = set()
    indexes = set()
    for answer in answers:
        leaf = answer.certificates[0]
        serials.add(support.first_part(support.tbs_of(leaf)[1][5:])[1])
        indexes.add(int.from_bytes(promise_of(leaf)[2][3:8], "big"))
    assert len(serials) == len(indexes) == PARALLEL
    deadline = time.monotonic() + 20
    while pair.log.checkpoint() < before + PARALLEL:
        assert time.monotonic() < deadline, "the public head does not reach the entries"
        time.sleep(0.05)
    outcomes = [r for r in pair.ca.records() if r["event"] == "outcome"]
    assert all(r["outcome"] == "issued" for r in outcomes)
    assert len(outcomes) >= PARALLEL


def has_the_entry_in_a_tile(pair):
    answer = pair.issue()
    leaf = answer.certificates[0]
    index = int.from_bytes(promise_of(leaf)[2][3:8], "big")
    deadline = time.monotonic() + 20
    while (size := pair.log.checkpoint()) <= index:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    tile = support.request(pair.log.port, "GET", f"/tile/data/000.p/{size}")
    assert tile.status == 200, tile.body
    assert support.tbs_without(leaf, support.SCT_LIST) in tile.body


def issues_nothing_without_the_log_and_resumes(pair):
    token = pair.ca.token(PERSON)
    body = support.csr_body(pair.key)
    pair.log.kill()
    for _ in range(8):
        began = time.monotonic()
        answer = pair.ca.sign(body, token)
        assert answer.status == 503 and "Retry-After" in answer.headers, answer.body
        assert answer.json["message"] == "Error entering certificate in CTL"
        assert time.monotonic() - began < 8
    pair.log.start()
    deadline = time.monotonic() + 15
    while (answer := pair.ca.sign(body, token)).status != 200:
        assert time.monotonic() < deadline, answer.body
        time.sleep(0.1)
    check_promise(pair, *answer.certificates[:2])
    failed = [r for r in pair.ca.records() if r.get("outcome") == "failed"]
    assert failed and all(r["reason"] == "CT_LOG" for r in failed)


def stops_when_told(pair):
    assert pair.ca.stop() == 0
    assert pair.log.stop() == 0
    pair.ca.records()


TESTS = [
    embeds_promises_that_the_logs_key_signed,
    logs_each_certificate_once_under_load,
    has_the_entry_in_a_tile,
    issues_nothing_without_the_log_and_resumes,
    stops_when_told,
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(folder)
        try:
            return support.run_tests(TESTS, pair)
        finally:
            pair.ca.stop()
            pair.log.stop()


if __name__ == "__main__":
    sys.exit(main())
