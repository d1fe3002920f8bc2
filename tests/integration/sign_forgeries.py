"""Answers to `mayfly sign` that are well-formed and do not hold: for another key, another signer,
another entry, another digest, another time. The forger has the instance's own keys, so that one
thing at a time is wrong."""

import base64
import hashlib
import json
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ca_support as support  # noqa: E402
from faulty_service import answer, ask, forward  # noqa: E402

ED25519_BYTES = 64
TSA_REFUSAL = bytes.fromhex("30053003020102")  # status 2: rejection


def pem(certificate):
    return support.openssl("x509", "-inform", "DER", data=certificate).decode()


class Forger:
    def __init__(self, bench):
        self.bench = bench
        self.folder = bench.folder / "forger"
        self.folder.mkdir()
        inside = bench.instance.folder
        self.ca_key, self.log_key = inside / "ca" / "ca.key", inside / "log" / "key.pem"
        self.tsa_key = inside / "ca" / "timestamp.key"
        self.stranger = support.Key(self.folder, "stranger")
        self.other_log_key = support.Key(self.folder, "other-log", ("ED25519",))
        facts = bench.instance.facts
        self.urls = {"ca": facts["fulcio"], "log": facts["rekor"], "tsa": facts["tsa"]}
        self.oidc = facts["oidc"]

    # ---- the certificate authority ----

    def token(self, path, subject, **claims):
        secret = (self.bench.instance.folder / "ca" / "dev-issuer.secret").read_text().strip()
        port = int(self.oidc.rsplit(":", 1)[1])
        got = support.request(port, "POST", path + "/token",
                              json.dumps({"sub": subject, "aud": "sigstore", "claims": claims}),
                              {"Authorization": f"Bearer {secret}",
                               "Content-Type": "application/json"})
        assert got.status == 200, got.body
        return got.json["token"]

    def certificate_for_another_key(self):
        return forward(self.urls["ca"], body=json.dumps(support.csr_body(self.stranger)).encode())

    def certificate_by(self, token):
        return forward(self.urls["ca"], headers={"authorization": f"Bearer {token}"})

    def certificate(self, change, key=None):
        """The real certificate, changed and signed again."""
        def changed(body):
            value = json.loads(body)
            chain = value["signedCertificateEmbeddedSct"]["chain"]["certificates"]
            leaf = support.pem_der(chain[0])
            tbs, algorithm, _ = [whole for _, _, whole in
                                 support.der_parts(support.first_part(leaf)[1])]
            tbs = change(leaf, tbs)
            bits = support.der(0x03, b"\0" + self.sign(key or self.ca_key, tbs))
            chain[0] = pem(support.der(0x30, tbs + algorithm + bits))
            return json.dumps(value).encode()
        return forward(self.urls["ca"], changed)

    def sign(self, key, data, length=None):
        """An ECDSA signature, of that length in DER when one is given."""
        while True:
            signature = support.openssl("dgst", "-sha256", "-sign", key, data=data)
            if length in (None, len(signature)):
                return signature

    # ---- the log ----

    def another_entry(self):
        """A real answer, for something that the stranger signed."""
        def play(service, connection, request):
            message = b"something else"
            body = {"hashedRekordRequestV002": {
                "digest": support.b64(hashlib.sha256(message).digest()),
                "signature": {"content": support.b64(self.stranger.sign(message)), "verifier": {
                    "publicKey": {"rawBytes": support.b64(self.stranger.spki)},
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256"}}}}
            status, kind, data = ask(self.urls["log"], request, json.dumps(body).encode())
            assert status == 201, data
            answer(status, data, kind)(service, connection, request)
        return play

    def entry(self, change):
        def changed(body):
            value = json.loads(body)
            change(value)
            return json.dumps(value).encode()
        return forward(self.urls["log"], changed)

    def checkpoint(self, change, key=None):
        """The real answer with a checkpoint that says something else, signed by key."""
        def changed(value):
            text, signature = value["inclusionProof"]["checkpoint"]["envelope"].split("\n\n")
            text = change(text + "\n", value)
            mark, name, blob = signature.strip().split(" ")
            data, out = self.folder / f"{id(value)}.note", self.folder / f"{id(value)}.sig"
            data.write_text(text)
            support.openssl("pkeyutl", "-sign", "-rawin", "-inkey", key or self.log_key, "-in",
                            data, "-out", out)
            signed = out.read_bytes()
            assert len(signed) == ED25519_BYTES
            blob = support.b64(base64.b64decode(blob)[:4] + signed)
            value["inclusionProof"]["checkpoint"]["envelope"] = f"{text}\n{mark} {name} {blob}\n"
        return self.entry(changed)

    # ---- the timestamp authority ----

    def stamp_of(self, change):
        """The real authority's answer to another question."""
        def play(service, connection, request):
            forward(self.urls["tsa"], body=change(request.body))(service, connection, request)
        return play

    def stamp(self, seconds, key=None):
        """The real token at another time, signed again."""
        def changed(reply):
            signed = list(support.der_parts(signed_data(reply)))
            content = list(support.der_parts(signed[2][1]))  # its type, and what is stamped
            info = support.first_part(content[1][1])[1]
            signer = list(support.der_parts(support.first_part(signed[-1][1])[1]))
            attributes, signature = signer[3][1], signer[5][1]
            when = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds)).encode()
            other = re.sub(rb"\x18\x0f\d{14}Z", b"\x18\x0f" + when, info)
            assert len(other) == len(info)
            others = attributes.replace(hashlib.sha256(info).digest(),
                                        hashlib.sha256(other).digest())
            again = self.sign(key or self.tsa_key, support.der(0x31, others), len(signature))
            return reply.replace(info, other).replace(attributes, others).replace(signature, again)
        return forward(self.urls["tsa"], changed)


def signed_data(reply):
    token = list(support.der_parts(support.first_part(reply)[1]))[1][1]
    return support.first_part(list(support.der_parts(token))[1][1])[1]


def same(leaf, tbs):
    return tbs


def without_sct(leaf, tbs):
    return support.tbs_without(leaf, support.SCT_LIST)


def of_another_time(leaf, tbs):
    """Ten minutes, a day ago."""
    begin = time.time() - 86400
    times = [time.strftime("%y%m%d%H%M%SZ", time.gmtime(begin + s)).encode() for s in (0, 600)]
    found = re.findall(rb"\x17\x0d\d{12}Z", tbs)
    assert len(found) == 2, found
    for was, now in zip(found, times):
        tbs = tbs.replace(was, b"\x17\x0d" + now, 1)
    return tbs


def with_another_promise(leaf, tbs):
    value = dict(support.extensions_of(leaf))[support.SCT_LIST]
    return tbs.replace(value, value[:-1] + bytes([value[-1] ^ 1]))


def put(*path_and_value):
    *path, name, value = path_and_value

    def change(entry):
        for step in path:
            entry = entry[step]
        if value is None:
            del entry[name]
        else:
            entry[name] = value
    return change


def one_hash_more(entry):
    entry["inclusionProof"]["hashes"].append(support.b64(bytes(32)))


def other_root(text, entry):
    origin, size, _ = text.rstrip("\n").split("\n")
    root = support.b64(bytes(32))
    entry["inclusionProof"]["rootHash"] = root
    return f"{origin}\n{size}\n{root}\n"


def other_origin(text, entry):
    return "other." + text


def half(body):
    return body[:len(body) // 2]


def other_digest(query):
    return re.sub(rb"(?s)\x04\x20.{32}", b"\x04\x20" + bytes(32), query, count=1)


def other_nonce(query):
    return query[:-1] + bytes([query[-1] ^ 1])


def without_nonce(query):
    return support.der(0x30, b"".join(whole for _, _, whole in
                                      list(support.der_parts(support.first_part(query)[1]))[:2]))


def empty_chain(body):
    return b'{"signedCertificateEmbeddedSct":{"chain":{"certificates":[]}}}'


def detached(body):
    chain = json.loads(body)["signedCertificateEmbeddedSct"]["chain"]
    return json.dumps({"signedCertificateDetachedSct": {"chain": chain, "signedCertificateTimestamp":
                                                        support.b64(b"{}")}}).encode()


# Service, name, how to make the play, and what mayfly sign says of it; None: it is as good as real.
FORGERIES = [
    ("ca", "the forger's own good one", lambda f: f.certificate(same), None),
    ("ca", "for another key", lambda f: f.certificate_for_another_key(),
     ["the certificate is for another key"]),
    ("ca", "for another signer",
     lambda f: f.certificate_by(f.token("", "eve@example.org", email="eve@example.org",
                                        email_verified=True)),
     ["names another signer", "eve@example.org"]),
    ("ca", "for another subject",
     lambda f: f.certificate_by(f.token("", "someone-else", email=f.bench.instance.facts["identity"],
                                        email_verified=True)),
     ["another subject", "someone-else"]),
    ("ca", "without a promise", lambda f: f.certificate(without_sct), ["sct"]),
    ("ca", "with a broken promise", lambda f: f.certificate(with_another_promise), ["sct"]),
    ("ca", "of yesterday", lambda f: f.certificate(of_another_time), ["certificate"]),
    ("ca", "by a stranger", lambda f: f.certificate(same, f.stranger.path), ["certificate"]),
    ("ca", "no certificate", lambda f: forward(f.urls["ca"], empty_chain), ["the chain is empty"]),
    ("ca", "a detached promise", lambda f: forward(f.urls["ca"], detached), ["SCT"]),
    ("ca", "half of it", lambda f: forward(f.urls["ca"], half), ["a string has no end"]),

    ("log", "the forger's own good one", lambda f: f.checkpoint(lambda text, _: text), None),
    ("log", "for another entry", lambda f: f.another_entry(), ["log_entry"]),
    ("log", "signed by another key",
     lambda f: f.checkpoint(lambda text, _: text, f.other_log_key.path), ["log_entry"]),
    ("log", "of another tree", lambda f: f.checkpoint(other_root), ["log_entry"]),
    ("log", "of another origin", lambda f: f.checkpoint(other_origin), ["log_entry"]),
    ("log", "of an unknown log",
     lambda f: f.entry(put("logId", "keyId", support.b64(bytes(32)))), ["log_entry"]),
    ("log", "another index", lambda f: f.entry(put("logIndex", "0")), ["log_entry"]),
    ("log", "a hash too many", lambda f: f.entry(one_hash_more), ["log_entry"]),
    ("log", "no proof", lambda f: f.entry(put("inclusionProof", None)), ["no inclusion proof"]),
    ("log", "no checkpoint", lambda f: f.entry(put("inclusionProof", "checkpoint", None)),
     ["no inclusion proof with a checkpoint"]),
    ("log", "no body", lambda f: f.entry(put("canonicalizedBody", None)), ["canonicalizedBody"]),
    ("log", "half of it", lambda f: forward(f.urls["log"], half), ["a string has no end"]),

    ("tsa", "the forger's own good one", lambda f: f.stamp(0), None),
    ("tsa", "for another digest", lambda f: f.stamp_of(other_digest), ["timestamp"]),
    ("tsa", "for another question", lambda f: f.stamp_of(other_nonce), ["nonce"]),
    ("tsa", "without a nonce", lambda f: f.stamp_of(without_nonce), ["nonce"]),
    ("tsa", "of an hour ago", lambda f: f.stamp(-3600), ["certificate"]),
    ("tsa", "of the next hour", lambda f: f.stamp(3600), ["certificate"]),
    ("tsa", "signed by another key", lambda f: f.stamp(0, f.stranger.path), ["timestamp"]),
    ("tsa", "a refusal", lambda f: answer(200, TSA_REFUSAL, "application/timestamp-reply"),
     ["timestamp"]),
    ("tsa", "half of it", lambda f: forward(f.urls["tsa"], half), ["timestamp"]),
]
