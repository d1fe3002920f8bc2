"""Tokens that are forged, stale or for somebody else, at the CA itself and through `mayfly sign`.
TAP on standard output."""

import base64
import concurrent.futures
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
from token_support import b64url, part, signed_token  # noqa: E402


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
        payload = b64url(text) if text is not None else values
        return signed_token(head or self.head, payload, key or self.key)

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
        """Name, token; the CA's reason and detail; the status of mayfly sign, which knows by itself
        when something is no token at all, and what it says then."""
        now = int(time.time())
        head, payload, signature = self.good.split(".")
        stranger = support.Key(self.bench.folder, "stranger")
        twice = json.dumps(self.claims)[:-1] + ', "aud": "sigstore"}'
        none = part({"alg": "none", "typ": "JWT"})
        sign = self.signed
        malformed = "TOKEN_MALFORMED"
        return [
            ("alg none", self.unsigned(), malformed, "empty segment", 5, ""),
            ("alg NONE", self.unsigned("NONE"), malformed, "empty segment", 5, ""),
            ("alg none with a signature", f"{none}.{payload}.{signature}", "ALG_FORBIDDEN",
             'algorithm "none"', 5, ""),
            ("no signature", f"{head}.{payload}.", malformed, "empty segment", 5, ""),
            ("HS256 with the public key", self.keyed_with_public_key(), "ALG_FORBIDDEN",
             'algorithm "HS256" is not accepted', 5, ""),
            ("another key", sign(key=stranger.path), "SIG_INVALID", "does not verify", 5, ""),
            ("another payload", f"{head}.{part({**self.claims, 'email': 'eve@example.org'})}"
             f".{signature}", "SIG_INVALID", "does not verify", 5, ""),
            ("unknown key", sign(head={**self.head, "kid": "other"}), "KEY_UNKNOWN",
             'no key has the name "other"', 5, ""),
            ("critical header", sign(head={**self.head, "crit": ["exp"]}), malformed,
             'member "crit"', 5, ""),
            ("key in the header", sign(head={**self.head, "jwk": {"kty": "EC"}}), malformed,
             'member "jwk"', 5, ""),

            ("expired", sign(iat=now - 7200, nbf=now - 7200, exp=now - 3600), "EXPIRED",
             f"expired at {now - 3600}", 5, ""),
            ("not yet valid", sign(nbf=now + 3600, exp=now + 7200), "NOT_YET_VALID",
             f"not valid before {now + 3600}", 5, ""),
            ("issued in the future", sign(iat=now + 3600, nbf=None, exp=now + 7200), "IAT_FUTURE",
             f"issued at {now + 3600}", 5, ""),
            ("good for years", sign(exp=now + 10**8), "LIFETIME_TOO_LONG", "more than the 3600", 5,
             ""),
            ("wrong audience", sign(aud="somebody-else"), "AUD_MISMATCH",
             'for "somebody-else", not for "sigstore"', 5, ""),
            ("wrong audiences", sign(aud=["a", "b"]), "AUD_MISMATCH", 'not for "sigstore"', 5, ""),
            ("wrong issuer", sign(iss="https://accounts.example.org"), "ISSUER_UNKNOWN",
             'issuer "https://accounts.example.org" is not configured', 5, ""),
            ("issuer with a slash", sign(iss=self.claims["iss"] + "/"), "ISSUER_UNKNOWN",
             "is not configured", 5, ""),
            ("unverified address", sign(email_verified=False), "EMAIL_UNVERIFIED",
             "email_verified claim was false", 5, ""),

            ("no issuer", sign(iss=None), "CLAIM_MISSING:iss", "missing iss claim", 5, ""),
            ("no subject", sign(sub=None), "CLAIM_MISSING:sub", "missing sub claim", 5, ""),
            ("no audience", sign(aud=None), "CLAIM_MISSING:aud", "missing aud claim", 5, ""),
            ("no time of issue", sign(iat=None, nbf=None), "CLAIM_MISSING:iat",
             "missing iat claim", 5, ""),
            ("no address", sign(email=None), "CLAIM_MISSING:email", "missing email claim", 5, ""),
            ("no expiry", sign(exp=None), "CLAIM_MISSING:exp", "missing exp claim", 2,
             "exp: is missing"),
            ("expiry as text", sign(exp=str(now + 600)), "CLAIM_TYPE:exp", "not a whole number", 5,
             ""),

            ("nothing", "", "TOKEN_MISSING", "there is no token", 2, "the token is empty"),
            ("too large", sign(padding="x" * 20000), "TOKEN_TOO_LARGE", "larger than 16384", 3,
             "larger than 16384 bytes"),
            ("a member twice", sign(text=twice.encode()), malformed, '"aud" is there twice', 2,
             '"aud" is there twice'),
            ("deep", sign(text=b"[" * 5000), malformed, "deeper than 16", 2, "deeper than 16"),
            ("a zero byte", sign(email=self.claims["email"] + "\0x"), malformed, "U+0000", 2,
             "U+0000"),
            ("padded", self.good + "==", malformed, "is not base64", 5, ""),
            ("bits past the end", self.high_bits(), malformed, "bits that are not zero", 5, ""),
            ("blank inside", f"{head}. {payload}.{signature}", malformed, "is not base64", 2,
             "character 1 is not base64"),
            ("newline inside", f"{head}\n.{payload}.{signature}", malformed, "is not base64", 2,
             "characters that no token has"),
            ("other alphabet", f"{head}.{payload[:-1]}+.{signature}", malformed, "is not base64", 2,
             "is not base64"),
            ("four parts", self.good + ".x", malformed, "does not have 3 segments", 5, ""),
            ("two parts", f"{head}.{payload}", malformed, "does not have 3 segments", 2,
             "does not have three parts"),
        ]


def test_the_forger_can_make_a_good_one(bench):
    token = bench.file("good.jwt", bench.forger.signed())
    path = bench.file("with-good", "with a good token")
    bench.sign("--identity-token", token, path).expect(0, "signed")
    bench.verify(path).expect(0, "verified")


def test_the_ca_refuses_each_with_its_reason(bench):
    port = urllib.parse.urlsplit(bench.instance.facts["fulcio"]).port
    key = support.Key(bench.folder)
    seen = []
    for name, token, reason, detail, _, _ in bench.rows:
        answer = support.request(port, "POST", "/api/v2/signingCert",
                                 json.dumps(support.csr_body(key, token=token)),
                                 {"Content-Type": "application/json"})
        assert answer.status == 400, f"{name}: {answer.status} {answer.body!r}"
        assert answer.reason == reason, f"{name}: {answer.body!r}"
        assert detail in answer.json["details"][0]["metadata"]["detail"], f"{name}: {answer.body!r}"
        assert not token or token not in answer.body.decode(), name
        seen.append(reason)
    denied = [json.loads(line) for line in
              (bench.instance.folder / "audit.jsonl").read_text().splitlines()]
    denied = [record["reason"] for record in denied if record["event"] == "deny"]
    assert denied[-len(seen):] == seen, (denied, seen)


def test_sign_says_what_is_wrong_with_each(bench):
    def one(row):
        number, (name, token, reason, detail, status, says) = row
        path = bench.file(f"refused-{number}", name)
        said = bench.sign("--identity-token", bench.file(f"{number}.jwt", token), path)
        texts = [reason, detail, "give a fresh token"] if status == 5 else [says, "token"]
        said.expect(status, *texts)
        assert not token or token not in said.err, f"{name}: the token is in a message"
        assert not said.out and not pathlib.Path(f"{path}.sigstore.json").exists(), name
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(one, enumerate(bench.rows)))


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
        bench.rows = bench.forger.rows()
        return run_tests(TESTS, bench)
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
