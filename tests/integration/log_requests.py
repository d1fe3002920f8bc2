"""Requests to a log of entries: signed by keys of any kind, as any client spells them."""

import hashlib
import http.client
import json

from log_support import ask, b64, openssl

P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
P384 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
P521 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521")
RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


class Signer:
    """A key of any kind, and requests signed with it."""

    def __init__(self, folder, name, *genpkey):
        self.path = folder / f"{name}.pem"
        openssl("genpkey", *genpkey, "-out", self.path)
        self.spki = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")

    def certificate(self):
        return openssl("req", "-x509", "-key", self.path, "-subj", "/CN=any", "-days", "1",
                       "-outform", "DER")

    def request(self, details, hash_name="sha256", message=b"message", certificate=False):
        signature = openssl("dgst", f"-{hash_name}", "-sign", self.path, data=message)
        verifier = {"publicKey": {"rawBytes": b64(self.spki)}}
        if certificate:
            verifier = {"x509Certificate": {"rawBytes": b64(self.certificate())}}
        return {"digest": b64(hashlib.new(hash_name, message).digest()),
                "signature": {"content": b64(signature),
                              "verifier": {**verifier, "keyDetails": details}}}


def wrap(request):
    return json.dumps({"hashedRekordRequestV002": request})


def send(port, body):
    status, _, answer = ask(port, "POST", "/api/v2/log/entries", body)
    return status, json.loads(answer)


def announce(port, length):
    """The answer to a request whose body is only announced."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest("POST", "/api/v2/log/entries")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def dsse(signer, payload, payload_type="application/vnd.in-toto+json"):
    """A DSSE envelope as some clients send it, and the digest under which it is logged."""
    pae = (f"DSSEv1 {len(payload_type)} {payload_type} {len(payload)} ".encode() + payload)
    signature = openssl("dgst", "-sha256", "-sign", signer.path, data=pae)
    request = {"dsseRequestV002": {
        "envelope": {"payload": b64(payload), "payloadType": payload_type,
                     "signatures": [{"sig": b64(signature)}]},
        "verifiers": [{"publicKey": {"rawBytes": b64(signer.spki)},
                       "keyDetails": "PKIX_ECDSA_P256_SHA_256"}]}}
    return request, hashlib.sha256(pae).digest(), signature


def body_of(digest, signature, details, verifier, algorithm="SHA2_256"):
    """The canonical body, as text: RFC 8785 leaves one spelling."""
    return ('{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":'
            f'{{"algorithm":"{algorithm}","digest":"{b64(digest)}"}},"signature":{{"content":'
            f'"{b64(signature)}","verifier":{{"keyDetails":"{details}",{verifier}}}}}}}}}}}').encode()


def change(request, path, value, keep_null=False):
    changed = json.loads(json.dumps(request))
    at = changed
    for part in path[:-1]:
        at = at[part]
    if value is None and not keep_null:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return changed
