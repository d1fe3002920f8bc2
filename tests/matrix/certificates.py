"""X.509 certificates (RFC 5280) of Fulcio's profile, and their SCTs (RFC 6962).

Extensions are a dictionary from a name to (OID, critical, value); a case replaces an entry, or
drops it by None.
"""

import dataclasses
import hashlib

import der
from keys import key

EPOCH = 1772366400  # 2026-03-01T12:00:00Z: when leaves begin
DAY = 86400
YEAR = 365 * DAY

DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN = 0, 5, 6
CODE_SIGNING, TIME_STAMPING = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8"
ANY_PURPOSE, SERVER_AUTH = "2.5.29.37.0", "1.3.6.1.5.5.7.3.1"
FULCIO = "1.3.6.1.4.1.57264.1"
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"

IDENTITY = "https://ci.matrix.example/build/release.yml@refs/heads/main"
ISSUER = "https://idp.matrix.example"


def name(text):
    """O, CN; "" is the empty name of a Fulcio leaf."""
    if not text:
        return der.seq()
    rdns = [(("2.5.4.10"), "matrix.example"), (("2.5.4.3"), text)]
    return der.seq(*(der.set_of(der.seq(der.oid(o), der.utf8(v))) for o, v in rdns))


def key_usage(*usages, critical=True):
    number = sum(1 << (15 - bit) for bit in usages)
    content = number.to_bytes(2, "big").rstrip(b"\0") or b"\0"
    unused = (content[-1] & -content[-1]).bit_length() - 1 if content[-1] else 0
    return ("2.5.29.15", critical, der.bits(content, unused))


def purposes(*oids, critical=False):
    return ("2.5.29.37", critical, der.seq(*map(der.oid, oids)))


def constraints(is_ca, path_length=None, critical=True):
    parts = [der.boolean(True)] if is_ca else []
    if path_length is not None:
        parts.append(der.integer(path_length))
    return ("2.5.29.19", critical, der.seq(*parts))


def key_identifier(owner):
    """SHA-1 of the BIT STRING's contents (RFC 5280 4.2.1.2); a BIT STRING ends every SPKI."""
    public = {"ed25519": 32, "p256": 65, "p384": 97, "p521": 133, "p224": 57, "k256": 65}
    tail = owner.spki[-public[owner.kind]:] if owner.kind in public else owner.spki[24:]
    return hashlib.sha1(tail).digest()


def subject_key(owner):
    return ("2.5.29.14", False, der.octets(key_identifier(owner)))


def authority_key(owner):
    return ("2.5.29.35", False, der.seq(der.implicit(0, key_identifier(owner))))


def uri(text):
    return der.implicit(6, text.encode() if isinstance(text, str) else text)


def email(text):
    return der.implicit(1, text.encode())


def dns(text):
    return der.implicit(2, text.encode())


def user_name(text):
    """otherName of Fulcio's username issuers (Fulcio's certificate-specification)."""
    return der.tlv(0xA0, der.oid(f"{FULCIO}.7"), der.explicit(0, der.utf8(text)))


def subject_names(*names, critical=True):
    return ("2.5.29.17", critical, der.seq(*names))


def fulcio(number, text, critical=False):
    value = text if isinstance(text, bytes) else text.encode()
    return (f"{FULCIO}.{number}", critical, value if number <= 6 else der.utf8(value))


def unknown(critical):
    return ("1.3.6.1.4.1.99999.1", critical, der.null())


def permitted_names(critical):
    """Name constraints: only the host elsewhere.example (RFC 5280 4.2.1.10)."""
    return ("2.5.29.30", critical,
            der.seq(der.explicit(0, der.seq(uri("elsewhere.example")))))


def leaf_extensions(owner, issuer):
    return {
        "usage": key_usage(DIGITAL_SIGNATURE), "purpose": purposes(CODE_SIGNING),
        "subject_key": subject_key(owner), "authority_key": authority_key(issuer),
        "names": subject_names(uri(IDENTITY)), "issuer_v1": fulcio(1, ISSUER),
        "issuer": fulcio(8, ISSUER)}


def ca_extensions(owner, issuer, path_length=None, purpose=None):
    return {
        "usage": key_usage(KEY_CERT_SIGN, CRL_SIGN),
        "constraints": constraints(True, path_length),
        "purpose": purposes(purpose) if purpose else None,
        "subject_key": subject_key(owner),
        "authority_key": authority_key(issuer) if issuer is not owner else None}


@dataclasses.dataclass
class Certificate:
    """What goes into one. `extensions` may hold a list under "more"."""

    key: object
    subject: str
    signer: object  # the issuer's key
    issuer: str
    begins: int
    ends: int
    extensions: dict
    serial: object = None
    version: int = 3
    digest: str = None  # of the issuer's signature, where not the usual one
    inner_digest: str = None  # the algorithm inside, where it differs from the one outside

    def tbs(self, scts=b""):
        """With `scts`, the TLS vector, as the last extension."""
        listed = [e for e in self.extensions.values() if e and not isinstance(e, list)]
        listed += self.extensions.get("more", [])
        if scts:
            listed.append((SCT_LIST, False, der.octets(scts)))
        written = [der.seq(der.oid(o), der.boolean(True) if critical else b"", der.octets(value))
                   for o, critical, value in listed]
        serial = self.serial if self.serial is not None else hashlib.sha256(
            f"{self.subject} {self.key.name} {self.key.kind}".encode()).digest()[:16]
        return der.seq(
            der.explicit(0, der.integer(self.version - 1)) if self.version > 1 else b"",
            der.integer(serial), self.signer.algorithm(self.inner_digest or self.digest),
            name(self.issuer), der.seq(der.time(self.begins), der.time(self.ends)),
            name(self.subject), self.key.spki,
            der.explicit(3, der.seq(*written)) if self.version > 2 and written else b"")

    def der(self, scts=b"", by=None):
        tbs = self.tbs(scts)
        signature = (by or self.signer).sign(tbs, self.digest)
        return der.seq(tbs, self.signer.algorithm(self.digest), der.bits(signature))


def pem(certificate):
    import base64
    text = base64.b64encode(certificate).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


@dataclasses.dataclass
class Sct:
    """One SCT (RFC 6962 3.2) over a precertificate, and what may be wrong with it."""

    log: str = "ct one"
    kind: str = "p256"
    ms: int = EPOCH * 1000
    extensions: bytes = b""
    issuer_key: object = None  # where its hash is not that of the leaf's issuer
    signed_ms: int = None
    signed_extensions: bytes = None
    entry_type: int = 1
    version: int = 0
    algorithms: tuple = None
    signer: object = None
    tail: bytes = b""
    flip: bool = False
    over: object = None  # edits the TBSCertificate that is signed

    def write(self, tbs, issuer_key):
        tbs = self.over(tbs) if self.over else tbs
        log = key(self.kind, self.log)
        extensions = self.extensions if self.signed_extensions is None else self.signed_extensions
        ms = self.ms if self.signed_ms is None else self.signed_ms
        issuer_hash = (self.issuer_key or issuer_key).spki_hash
        data = (b"\0\0" + ms.to_bytes(8, "big") + self.entry_type.to_bytes(2, "big")
                + issuer_hash + len(tbs).to_bytes(3, "big") + tbs
                + len(extensions).to_bytes(2, "big") + extensions)
        signature = (self.signer or log).sign(data, "sha256")
        if self.flip:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        algorithms = self.algorithms or (4, 1 if log.is_rsa else 3)
        return (bytes([self.version]) + log.spki_hash + self.ms.to_bytes(8, "big")
                + len(self.extensions).to_bytes(2, "big") + self.extensions
                + bytes(algorithms) + len(signature).to_bytes(2, "big") + signature + self.tail)


def sct_list(written, total=None, tail=b""):
    body = b"".join(len(one).to_bytes(2, "big") + one for one in written)
    return (len(body) if total is None else total).to_bytes(2, "big") + body + tail
