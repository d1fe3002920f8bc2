#!/usr/bin/env python3
"""mayfly-ca under callers and CT logs that want too much: strangers in a crowd, tokens that fit no
certificate, promises that fit none, a queue that nobody empties. TAP on standard output."""

import hashlib
import pathlib
import sys
import tempfile
import threading
import time

import ca_support as support

PERSON = "person@example.org"
TOKEN_TEXT = "There was an error processing the identity token"
# ca-stub/audit/refusal_budget.h: of strangers; of one token that an issuer signed
BURST, EVERY_SECONDS = 256, 5
TOKEN_BURST, TOKEN_EVERY_SECONDS = 8, 60


class Bench:
    def __init__(self, program, folder):
        self.program = program
        self.ct = support.CtLog(folder)
        self.ct_key = support.b64(self.ct.key.spki)
        self.key = support.Key(folder)
        self.ca = support.Ca(program, folder, self.ct.url, self.ct_key, workers=1).start()

    def close(self):
        self.ct.release.set()
        return self.ca.stop()


def decision_id(answer):
    return answer.json["details"][0]["metadata"].get("decision_id")


def writes_down_few_refusals_of_strangers(bench):
    """A burst is on record one by one; then they are counted, and nothing of it is at the expense of
    those who have a token."""
    began, sent = time.monotonic(), BURST + 150
    answers = [bench.ca.sign(*(("{}", "not.a.token") if i % 2 else ("[", None)))
               for i in range(sent)]
    for i, answer in enumerate(answers):
        assert answer.status == 400, answer.body
        if i % 2:
            assert answer.reason == "TOKEN_MALFORMED", answer.body
            assert answer.json["message"] == TOKEN_TEXT, answer.body
        else:
            assert answer.reason == "REQUEST_MALFORMED", answer.body
    most = BURST + (time.monotonic() - began) // EVERY_SECONDS + 1
    denied = [r["decision_id"] for r in bench.ca.records() if r["event"] == "deny"]
    assert BURST <= len(denied) <= most, len(denied)
    assert denied == [i for i in map(decision_id, answers) if i is not None]
    logged = bench.ca.log.read_text().count('"certificate refused"')
    assert logged == len(denied), (logged, len(denied))

    for _ in range(3):
        answer = bench.ca.sign(support.csr_body(bench.key), bench.ca.token(PERSON, aud="other"))
        assert answer.status == 400 and answer.reason == "AUD_MISMATCH", answer.body
        last = bench.ca.records()[-1]
        assert last["event"] == "deny" and last["decision_id"] == decision_id(answer), last
    assert bench.ca.stop() == 0
    counted = sum(r["count"] for r in bench.ca.records() if r["event"] == "unrecorded")
    assert counted == sent - len(denied), (counted, sent, len(denied))
    bench.ca.start()


def writes_down_few_refusals_of_one_token(bench):
    """A signed token that somebody sends over and over, refused for what it says or for the proof
    beside it, fills no disk; another token's refusal is on record as ever."""
    other = bench.ca.token(PERSON, aud="other")
    proof = support.proof_body(bench.key, "not the challenge")
    refused = len(bench.ca.records())
    for reason, body, token in [("AUD_MISMATCH", support.csr_body(bench.key), other),
                                ("POP_INVALID", proof, bench.ca.token(PERSON))]:
        began, sent, before = time.monotonic(), 100, len(bench.ca.records())
        for _ in range(sent):
            answer = bench.ca.sign(body, token)
            assert answer.status == 400 and answer.reason == reason, answer.body
        most = TOKEN_BURST + (time.monotonic() - began) // TOKEN_EVERY_SECONDS + 1
        denied = [r for r in bench.ca.records()[before:] if r["event"] == "deny"]
        assert TOKEN_BURST <= len(denied) <= most, len(denied)
        assert {r["reason"] for r in denied} == {reason}, denied

    answer = bench.ca.sign(support.csr_body(bench.key), bench.ca.token("x@example.org", aud="b"))
    added = bench.ca.records()[refused:]
    assert added[-1]["event"] == "deny" and added[-1]["decision_id"] == decision_id(answer), added
    denied = [r for r in added if r["event"] == "deny"]
    counted = sum(r["count"] for r in added if r["event"] == "unrecorded")
    assert len(denied) + counted == 2 * sent + 1, added


def workflow_claims(**more):
    return {
        "job_workflow_ref": "org/repo/.github/workflows/release.yml@refs/heads/main",
        "job_workflow_sha": "a" * 40, "sha": "b" * 40, "event_name": "push",
        "repository": "org/repo", "workflow": "release", "ref": "refs/heads/main",
        "runner_environment": "github-hosted", "repository_id": "1", "repository_owner": "org",
        "repository_owner_id": "2", "repository_visibility": "public",
        "workflow_ref": "org/repo/.github/workflows/release.yml@refs/heads/main",
        "workflow_sha": "c" * 40, "run_id": "3", "run_attempt": "1", **more}


def refuses_claims_that_fit_no_certificate(bench):
    """Before anything is on record as meant, or in the CT log."""
    long = {name: "x" * 2000 for name in ("workflow", "event_name", "runner_environment")}
    token = bench.ca.token("repo:org/repo:ref:refs/heads/main", "/github",
                           claims=workflow_claims(**long))
    before, logged = len(bench.ca.records()), len(bench.ct.chains)
    answer = bench.ca.sign(support.csr_body(bench.key), token)
    assert answer.status == 400 and answer.reason == "IDENTITY_TOO_LARGE", answer.body
    assert answer.json["message"] == ("token's claims do not fit into a certificate of "
                                      "8192 bytes"), answer.body
    added = bench.ca.records()[before:]
    assert [r["event"] for r in added] == ["deny"], added
    assert added[0]["reason"] == "IDENTITY_TOO_LARGE", added
    assert len(bench.ct.chains) == logged


def records_a_promise_that_fits_no_certificate(bench):
    """The log has the precertificate, so its promise is on record although nothing was issued."""
    bench.ct.extensions = b"\0" + (7900).to_bytes(2, "big") + b"e" * 7900
    try:
        before = len(bench.ca.records())
        answer = bench.ca.sign(support.csr_body(bench.key), bench.ca.token(PERSON))
    finally:
        bench.ct.extensions = b""
    assert answer.status == 500 and answer.reason == "CA_BACKEND", answer.body[:300]
    assert b"BEGIN CERTIFICATE" not in answer.body
    intent, outcome = bench.ca.records()[before:]
    assert intent["event"] == "intent" and outcome["event"] == "outcome"
    assert outcome["outcome"] == "failed" and "larger than" in outcome["detail"], outcome
    assert outcome["sct"]["log"] == hashlib.sha256(bench.ct.key.spki).hexdigest(), outcome
    assert abs(outcome["sct"]["timestamp_ms"] / 1000 - time.time()) < 60, outcome


def ends_although_many_wait(bench):
    """What nobody has begun when the time to end has come is not begun, but answered."""
    with tempfile.TemporaryDirectory() as folder:
        ct = support.CtLog(folder)
        ca = support.Ca(bench.program, folder, ct.url, support.b64(ct.key.spki), workers=1).start()
        body, token = support.csr_body(bench.key), ca.token(PERSON)
        statuses = []
        ct.fault = "slow"
        waiting = [threading.Thread(target=ask, args=(ca, body, token, statuses))
                   for _ in range(6)]
        for thread in waiting:
            thread.start()
        deadline = time.monotonic() + 10
        while not ct.chains or sockets_of(ca) < len(waiting):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert ca.stop() == 0
        for thread in waiting:
            thread.join()
        begun = [r for r in ca.records() if r["event"] == "intent"]
        ended = [r for r in ca.records() if r["event"] == "outcome"]
        assert len(begun) == len(ended) == 1, (begun, ended)
        assert sorted(statuses, key=str) == [200] + 5 * [503], statuses
        ct.stop()


def ask(ca, body, token, statuses):
    try:
        answer = ca.sign(body, token)
        assert answer.status == 200 or answer.reason == "DEADLINE", answer.body
        statuses.append(answer.status)
    except OSError as problem:
        statuses.append(problem)


def sockets_of(ca):
    """Connections to the CA that it has accepted, by the kernel's table."""
    lines = pathlib.Path(f"/proc/{ca.process.pid}/net/tcp").read_text().splitlines()[1:]
    local = f"0100007F:{ca.port:04X}"
    return sum(1 for line in lines if line.split()[1] == local and line.split()[3] == "01")


def ends_with_status_0(bench):
    assert bench.close() == 0


TESTS = [
    writes_down_few_refusals_of_strangers,
    writes_down_few_refusals_of_one_token,
    refuses_claims_that_fit_no_certificate,
    records_a_promise_that_fits_no_certificate,
    ends_although_many_wait,
    ends_with_status_0,
]


if __name__ == "__main__":
    sys.exit(support.main(TESTS, Bench))
