"""mayfly-ca with its CT log, and with the issuers of tokens, down, slow, or answering what they
should not. TAP on standard output."""

import concurrent.futures
import ctypes
import json
import pathlib
import sys
import time

import ca_support as support
from faulty_service import FAULTS, FaultyService, answer, forward
from token_support import jwk_of, signed_token

PERSON = "person@example.org"
SECONDS = 25  # for any answer, on a machine that is busy with the other cases
SHARES = 3  # CAs that share the faults of the CT log
DISCOVERY = "/.well-known/openid-configuration"


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.key = support.Key(folder)
        self.ct = support.CtLog(folder)

    def ca(self, name, ct_url, **more):
        folder = self.folder / name
        folder.mkdir()
        return support.Ca(self.program, folder, ct_url, support.b64(self.ct.key.spki), **more)

    def close(self):
        self.ct.stop()


def refused_for_the_log(bench, ca, faulty, elsewhere, name, play):
    token, body = ca.token(PERSON), support.csr_body(bench.key)
    faulty.play, asked, before = play, len(faulty.hits), len(ca.records())
    said = ca.sign(body, token, timeout=SECONDS)
    assert said.status == 503 and said.reason == "CT_LOG", (name, said.body)
    assert said.headers["Retry-After"].isdigit(), name
    assert said.json["message"] == "Error entering certificate in CTL", (name, said.body)
    assert b"BEGIN CERTIFICATE" not in said.body, name
    assert len(faulty.hits) > asked and not elsewhere.hits, name
    intent, outcome = ca.records()[before:]
    assert intent["event"] == "intent" and outcome["event"] == "outcome", name
    assert outcome["outcome"] == "failed" and outcome["reason"] == "CT_LOG", outcome
    assert faulty.url in outcome["detail"], outcome
    faulty.play = forward(bench.ct.url[:-len("/ct")])
    said = ca.sign(body, token, timeout=SECONDS)
    assert said.status == 200, (name, said.body)


def issues_nothing_on_a_ct_log_that_misbehaves(bench):
    """And issues again the moment that the log is back."""
    def share(number):
        with FaultyService(None) as elsewhere, FaultyService(None, elsewhere.url) as faulty:
            ca = bench.ca(f"ct-{number}", faulty.url + "/ct").start()
            try:
                for name, play, _ in FAULTS[number::SHARES]:
                    refused_for_the_log(bench, ca, faulty, elsewhere, name, play)
            finally:
                assert ca.stop() == 0
    with concurrent.futures.ThreadPoolExecutor(SHARES) as pool:
        list(pool.map(share, range(SHARES)))


class Issuers:
    """Many issuers on one port, each with a fault of its own in one of its two documents."""

    def __init__(self, bench):
        self.key = support.Key(bench.folder, "issuer")
        self.healed = False
        self.plays = {}
        self.service = FaultyService(self.play)
        for number, (name, play, _) in enumerate(FAULTS):
            self.plays[f"/discovery-{number}"] = (f"discovery: {name}", play, None)
            self.plays[f"/keys-{number}"] = (f"keys: {name}", None, play)
        for number, (name, document, keys) in enumerate(self.forgeries()):
            self.plays[f"/forged-{number}"] = (name, answer(200, json.dumps(document)),
                                               answer(200, json.dumps(keys)))

    def url(self, path):
        return self.service.url + path

    def forgeries(self):
        def document(number, **changed):
            issuer = self.url(f"/forged-{number}")
            return {"issuer": issuer, "jwks_uri": issuer + "/keys", **changed}
        good = {"keys": [jwk_of(self.key, "k")]}
        return [
            ("another issuer's document", document(0, issuer="https://other.example"), good),
            ("keys elsewhere", document(1, jwks_uri="http://127.0.0.1:1/keys"), good),
            ("keys in a file", document(2, jwks_uri="file:///etc/passwd"), good),
            ("no address of keys", document(3, jwks_uri=None), good),
            ("no keys", document(4), {"keys": []}),
            ("a secret for a key", document(5), {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}),
            ("keys of no use", document(6), {"keys": [{**jwk_of(self.key, "k"), "crv": "P-1"}]}),
        ]

    def play(self, service, connection, request):
        path = "/" + request.path.split("/")[1]
        if path not in self.plays:
            return  # a redirect was followed, or a document believed
        _, discovery, keys = self.plays[path]
        document = {"issuer": self.url(path), "jwks_uri": self.url(path) + "/keys"}
        good = {True: document, False: {"keys": [jwk_of(self.key, "k")]}}
        is_discovery = request.path == path + DISCOVERY
        wrong = discovery if is_discovery else keys
        if self.healed or wrong is None:
            wrong = answer(200, json.dumps(good[is_discovery]))
        service.elsewhere = service.url + "/elsewhere"
        wrong(service, connection, request)

    def token(self, path):
        now = int(time.time())
        return signed_token({"alg": "ES256", "kid": "k"},
                            {"iss": self.url(path), "aud": "sigstore", "sub": PERSON,
                             "email": PERSON, "email_verified": True, "iat": now,
                             "nbf": now, "exp": now + 300}, self.key.path)


def refuses_tokens_of_issuers_that_misbehave(bench):
    issuers = Issuers(bench)
    ca = bench.ca("issuers", bench.ct.url)
    ca.config["issuers"] += [{"issuer": issuers.url(path), "audience": "sigstore", "type": "email",
                              "allow_loopback_http": True} for path in issuers.plays]
    ca.write_config()
    ca.start()
    body = support.csr_body(bench.key)

    def refused(path):
        began = time.monotonic()
        said = ca.sign(body, issuers.token(path), timeout=SECONDS)
        took = time.monotonic() - began
        assert (said.status, said.reason) == (503, "ISSUER_UNAVAILABLE"), said.body
        assert said.headers["Retry-After"].isdigit() and took < SECONDS, took

    def good(_):
        said = ca.sign(body, ca.token(PERSON), timeout=SECONDS)
        assert said.status == 200, said.body
    try:
        good(None)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            tasks = [(issuers.plays[path][0], pool.submit(refused, path))
                     for path in issuers.plays]
            tasks += [("the good issuer beside them", pool.submit(good, n)) for n in range(3)]
            failures = [f"{name}: {task.exception()}" for name, task in tasks if task.exception()]
        assert not failures, "\n".join(failures)
        denied = [r["reason"] for r in ca.records() if r["event"] == "deny"]
        assert denied == ["ISSUER_UNAVAILABLE"] * len(issuers.plays), denied
        assert not [hit.path for hit in issuers.service.hits
                    if not hit.path.startswith(tuple(issuers.plays))], "it went elsewhere"
        comes_back(ca, issuers, body)
    finally:
        issuers.service.__exit__()
        assert ca.stop() == 0


def comes_back(ca, issuers, body):
    """Once its documents are right, so are its tokens."""
    issuers.healed = True
    path = next(iter(issuers.plays))
    deadline = time.monotonic() + 40
    while (said := ca.sign(body, issuers.token(path), timeout=SECONDS)).status != 200:
        assert said.status == 503 and time.monotonic() < deadline, said.body
        time.sleep(0.2)


STA_UNSYNC = 0x40  # of adjtimex(2)


def kernel_clock_is_in_step():
    state = (ctypes.c_long * 26)()  # struct timex: modes 0 reads; the status is its sixth word
    return ctypes.CDLL(None).adjtimex(state) != 5 and not state[5] & STA_UNSYNC


def says_at_its_start_that_the_clock_is_not_trusted(bench):
    """Not only to the first one who asks. Where a time service keeps the clock it says nothing."""
    ca = bench.ca("clock", bench.ct.url, require_clock_sync=True).start()
    said = ca.sign(support.csr_body(bench.key), ca.token(PERSON), timeout=SECONDS)
    assert ca.stop() == 0
    warnings = [line for line in ca.log.read_text().splitlines() if "nothing is issued for now" in line]
    if kernel_clock_is_in_step():
        assert said.status == 200 and not warnings, (said.body, warnings)
    else:
        assert said.status == 503 and said.reason == "CLOCK_UNTRUSTED", said.body
        assert len(warnings) == 1 and "no time service keeps the system clock" in warnings[0], warnings


TESTS = [
    says_at_its_start_that_the_clock_is_not_trusted,
    issues_nothing_on_a_ct_log_that_misbehaves,
    refuses_tokens_of_issuers_that_misbehave,
]


if __name__ == "__main__":
    sys.exit(support.main(TESTS, Bench))
