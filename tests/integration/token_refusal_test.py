"""Tokens that are forged, stale or for somebody else, at the CA itself and through `mayfly sign`.
TAP on standard output."""

import base64
import hashlib
import hmac
import json
import pathlib
import shutil
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ca_support as support  # noqa: E402
from instance_support import Bench, run_tests  # noqa: E402


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value):
    return b64url(json.dumps(value).encode())


def raw_signature(der):
    """R and S of a P-256 signature, 32 bytes each."""
    parts = [content for _, content in split(split(der)[0][1])]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in parts)


def split(data):
    """Tag and content of the DER values in data; lengths below 128, as in a P-256 signature."""
    values = []
    while data:
        values.append((data[0], data[2:2 + data[1]]))
        data = data[2 + data[1]:]
    return values


class Forger:
    """Has the issuer's own key, so that one thing at a time is wrong with a token."""

    def __init__(self, bench):
        self.bench = bench
        self.key = bench.instance.folder / "ca" / "dev-issuer-es256.pem"
        self.good = bench.run("token", *bench.at, "--raw").expect(0).out.strip()
        head, payload, _ = self.good.split(".")
        self.head = json.loads(base64.urlsafe_b64decode(head + "=="))
        self.claims = json.loads(base64.urlsafe_b64decode(payload + "=="))

    def signed(self, head=None, key=None, text=None, **claims):
        """A signed token; a claim of None is left out."""
        values = {k: v for k, v in {**self.claims, **claims}.items() if v is not None}
        payload = b64url(text) if text is not None else part(values)
        message = f"{part(head or self.head)}.{payload}"
        der = support.openssl("dgst", "-sha256", "-sign", key or self.key, data=message.encode())
        return f"{message}.{b64url(raw_signature(der))}"

    def unsigned(self, name="none"):
        return f"{part({'alg': name, 'typ': 'JWT'})}.{part(self.claims)}."

    def keyed_with_public_key(self):
        public = support.openssl("pkey", "-in", self.key, "-pubout")
        message = f"{part({**self.head, 'alg': 'HS256'})}.{part(self.claims)}"
        return f"{message}.{b64url(hmac.digest(public, message.encode(), hashlib.sha256))}"

    def high_bits(self):
        """The last character carries bits beyond the signature: other text, same bytes."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return self.good[:-1] + alphabet[alphabet.index(self.good[-1]) ^ 1]

    def rows(self):
        now = int(time.time())
        head, payload, signature = self.good.split(".")
        stranger = support.Key(self.bench.folder, "stranger")
        twice = json.dumps(self.claims)[:-1] + ', "aud": "sigstore"}'
        return [
            ("alg none", self.unsigned(), None),
            ("alg NONE", self.unsigned("NONE"), None),
            ("no signature", f"{head}.{payload}.", None),
            ("HS256 with the public key", self.keyed_with_public_key(), None),
            ("another key", self.signed(key=stranger.path), None),
            ("expired", self.signed(iat=now - 7200, nbf=now - 7200, exp=now - 3600), None),
            ("not yet valid", self.signed(nbf=now + 3600, exp=now + 7200), None),
            ("no expiry", self.signed(exp=None), None),
            ("expiry as text", self.signed(exp=str(now + 600)), None),
            ("wrong audience", self.signed(aud="somebody-else"), "AUD_MISMATCH"),
            ("no audience", self.signed(aud=None), None),
            ("another issuer", self.signed(iss="https://accounts.example.org"), None),
            ("issuer with a slash", self.signed(iss=self.claims["iss"] + "/"), None),
            ("unverified address", self.signed(email_verified=False), None),
            ("no subject", self.signed(sub=None), None),
            ("a member twice", self.signed(text=twice.encode()), None),
            ("unknown key", self.signed(head={**self.head, "kid": "other"}), None),
            ("critical header", self.signed(head={**self.head, "crit": ["exp"]}), None),
            ("key in the header", self.signed(head={**self.head, "jwk": {"kty": "EC"}}), None),
            ("padded", self.good + "==", "TOKEN_MALFORMED"),
            ("bits past the end", self.high_bits(), None),
            ("blank inside", f"{head}. {payload}.{signature}", "TOKEN_MALFORMED"),
            ("newline inside", f"{head}\n.{payload}.{signature}", "TOKEN_MALFORMED"),
            ("other alphabet", f"{head}.{payload[:-1]}+.{signature}", None),
            ("four parts", self.good + ".x", "TOKEN_MALFORMED"),
            ("two parts", f"{head}.{payload}", "TOKEN_MALFORMED"),
        ]


def test_the_forger_can_make_a_good_one(bench):
    token = bench.file("good.jwt", bench.forger.signed())
    path = bench.file("with-good", "with a good token")
    bench.sign("--identity-token", token, path).expect(0, "signed")
    bench.verify(path).expect(0, "verified")


def test_the_ca_refuses_each_with_its_reason(bench):
    port = urllib.parse.urlsplit(bench.instance.facts["fulcio"]).port
    key = support.Key(bench.folder)
    seen = {}
    for name, token, reason in bench.forger.rows():
        answer = support.request(port, "POST", "/api/v2/signingCert",
                                 json.dumps(support.csr_body(key, token=token)),
                                 {"Content-Type": "application/json"})
        assert answer.status == 400, f"{name}: {answer.status} {answer.body!r}"
        seen[name] = answer.reason
        assert answer.reason.split(":")[0].isupper(), f"{name}: {answer.body!r}"
        assert reason in (None, answer.reason), f"{name}: {answer.reason}"
        assert token not in answer.body.decode(), name
    bench.reasons = seen
    assert len(set(seen.values())) >= 5, seen
    denied = [json.loads(line) for line in
              (bench.instance.folder / "audit.jsonl").read_text().splitlines()]
    denied = [record["reason"] for record in denied if record["event"] == "deny"]
    assert denied[-len(seen):] == list(seen.values()), (denied, seen)


def test_sign_says_that_the_ca_refused(bench):
    for name, token, _ in bench.forger.rows():
        path = bench.file("refused", name)
        said = bench.sign("--identity-token", bench.file("bad.jwt", token), path)
        # What is no token at all may be refused before it is sent anywhere.
        assert said.status in (5, 2), f"{name}: {said}"
        assert "mayfly: " in said.err and token not in said.err, f"{name}: {said}"
        assert not (bench.folder / "refused.sigstore.json").exists(), name


def test_the_common_ones_exit_with_5(bench):
    rows = {name: token for name, token, _ in bench.forger.rows()}
    for name in ("alg none", "HS256 with the public key", "another key", "expired",
                 "wrong audience", "another issuer"):
        path = bench.file("refused", name)
        token = bench.file("bad.jwt", rows[name])
        bench.sign("--identity-token", token, path).expect(5, "refused", bench.reasons[name])


def test_where_a_token_comes_from(bench):
    good = bench.forger.good
    token = bench.file("token.jwt", good + "\n")
    rows = [
        (["--identity-token", token], {}),
        (["--identity-token", f"@{token}"], {}),
        (["--identity-token", "-"], {"data": good}),
        ([], {"env": {"SIGSTORE_ID_TOKEN": good}}),
    ]
    for number, (args, more) in enumerate(rows):
        path = bench.file(f"source-{number}", f"source {number}")
        said = bench.sign(*args, path, **more).expect(0, "signed")
        assert good not in said.out + said.err


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]


def main():
    bench = Bench()
    try:
        bench.up()
        bench.forger = Forger(bench)
        return run_tests(TESTS, bench)
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
