"""RFC 3161 timestamp tokens: CMS SignedData (RFC 5652) over a TSTInfo (and RFC 5816)."""

import dataclasses
import hashlib

import certificates as x509
import der
from certificates import EPOCH, YEAR
from keys import key

SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
PLAIN_DATA = "1.2.840.113549.1.7.1"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
POLICY = "1.3.6.1.4.1.57264.2"
DIGESTS = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1",
           "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}


def algorithm(name, with_null=False):
    return der.seq(der.oid(DIGESTS[name]), der.null() if with_null else b"")


def attribute(oid, *values):
    return der.seq(der.oid(oid), der.set_of(*values))


@dataclasses.dataclass
class Authority:
    """A timestamp authority: signer, intermediates, anchor, as the trusted root lists them."""

    title: str = "TSA"
    key_kind: str = "p384"
    anchor_kind: str = "p384"
    levels: int = 1  # certificates above the signer
    begins: int = EPOCH - YEAR
    ends: int = EPOCH + YEAR
    anchor_begins: int = EPOCH - YEAR
    anchor_ends: int = EPOCH + 9 * YEAR
    signer: dict = dataclasses.field(default_factory=dict)  # replaces extensions of the signer
    above: dict = dataclasses.field(default_factory=dict)  # those of the certificates above
    fields: dict = dataclasses.field(default_factory=dict)  # other fields of the signer
    signed_by: object = None  # a key that is not the issuer's
    with_leaf: bool = True  # in the trusted root
    window: tuple = (EPOCH - YEAR, None)

    def __post_init__(self):
        self.key = key(self.key_kind, f"{self.title} signer")
        above = [key(self.anchor_kind, f"{self.title} {i}") for i in range(self.levels)]
        names = [f"{self.title} {i}" for i in range(self.levels)]
        self.certificate = x509.Certificate(
            self.key, f"{self.title} signer", above[0], names[0], self.begins, self.ends, {
                "usage": x509.key_usage(x509.DIGITAL_SIGNATURE),
                "purpose": x509.purposes(x509.TIME_STAMPING, critical=True),
                "subject_key": x509.subject_key(self.key),
                "authority_key": x509.authority_key(above[0]), **self.signer}, **self.fields)
        self.der = self.certificate.der(by=self.signed_by)
        self.issuers = []
        for i, owner in enumerate(above):
            parent = min(i + 1, self.levels - 1)
            extensions = x509.ca_extensions(owner, above[parent])
            if i < self.levels - 1:
                extensions["purpose"] = x509.purposes(x509.TIME_STAMPING)
            self.issuers.append(x509.Certificate(
                owner, names[i], above[parent], names[parent], self.anchor_begins,
                self.anchor_ends, {**extensions, **self.above}).der())

    def listed(self):
        return ([self.der] if self.with_leaf else []) + self.issuers


@dataclasses.dataclass
class Token:
    """One token, and what may be wrong with it."""

    by: Authority = None  # the story's own
    time: int = EPOCH + 5
    fraction: str = ""
    imprint: str = "sha256"
    imprint_of: object = None  # edits the bytes that are stamped
    imprint_bytes: bytes = None
    imprint_null: bool = True
    digest: str = None  # of the signature, where not the key's own
    embed: object = True  # the signer; or a list of certificates
    version: int = 1
    accuracy: bytes = None
    ordering: bool = False
    nonce: int = None
    tsa: bool = False
    extensions: bytes = b""
    serial: int = 0x5EED
    content_type: str = TST_INFO
    attribute_type: str = None
    cms_version: int = 3
    signer_version: int = 1
    attributes: object = None  # edits the list of signed attributes
    unsigned: bytes = b""
    ess: object = "v2"  # "v1", None, or the certificate to name
    ess_digest: str = "sha256"
    sid: object = None
    signers: int = 1
    status: int = 0
    sign_key: object = None
    flip: bool = False
    signature_oid: str = None
    der: object = None  # edits the whole

    def info(self, message):
        message = self.imprint_of(message) if self.imprint_of else message
        digest = self.imprint_bytes or hashlib.new(self.imprint, message).digest()
        parts = [der.integer(self.version), der.oid(POLICY),
                 der.seq(algorithm(self.imprint, self.imprint_null), der.octets(digest)),
                 der.integer(self.serial), der.generalized_time(self.time, self.fraction)]
        if self.accuracy:
            parts.append(self.accuracy)
        if self.ordering:
            parts.append(der.boolean(True))
        if self.nonce is not None:
            parts.append(der.integer(self.nonce))
        if self.tsa:
            parts.append(der.explicit(0, der.explicit(4, x509.name(f"{self.by.title} signer"))))
        if self.extensions:
            parts.append(der.tlv(0xA1, self.extensions))
        return der.seq(*parts)

    def _ess(self):
        if self.ess is None:
            return []
        named = self.by.der if self.ess in ("v1", "v2") else self.ess
        if self.ess == "v1":
            identifier = der.seq(der.octets(hashlib.sha1(named).digest()))
            return [attribute(SIGNING_CERTIFICATE, der.seq(der.seq(identifier)))]
        # DER leaves out the default, SHA-256 (RFC 5035 section 4)
        name = algorithm(self.ess_digest) if self.ess_digest != "sha256" else b""
        identifier = der.seq(name, der.octets(hashlib.new(self.ess_digest, named).digest()))
        return [attribute(SIGNING_CERTIFICATE_V2, der.seq(der.seq(identifier)))]

    def _signer_info(self, info):
        signer = self.sign_key or self.by.key
        digest = self.digest or (signer.hash if signer.kind != "ed25519" else "sha512")
        listed = [attribute(CONTENT_TYPE, der.oid(self.attribute_type or self.content_type)),
                  attribute(SIGNING_TIME, der.time(self.time)),
                  attribute(MESSAGE_DIGEST, der.octets(hashlib.new(digest, info).digest())),
                  *self._ess()]
        listed = self.attributes(listed) if self.attributes else listed
        signed = der.set_of(*listed) if listed is not None else info
        signature = signer.sign(signed, digest)
        if self.flip:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        certificate = self.by.certificate
        serial = certificate.serial if certificate.serial is not None else hashlib.sha256(
            f"{certificate.subject} {certificate.key.name} {certificate.key.kind}".encode()
        ).digest()[:16]
        sid = self.sid or der.seq(x509.name(certificate.issuer), der.integer(serial))
        kind = signer.algorithm(digest)
        if self.signature_oid:
            kind = der.seq(der.oid(self.signature_oid))
        return der.seq(der.integer(self.signer_version), sid, algorithm(digest),
                       der.tlv(0xA0, signed[self._header(signed):]) if listed is not None else b"",
                       kind, der.octets(signature), self.unsigned), digest

    @staticmethod
    def _header(whole):
        return 2 if whole[1] < 0x80 else 2 + (whole[1] & 0x7F)

    def write(self, message):
        info = self.info(message)
        signer_info, digest = self._signer_info(info)
        embedded = [self.by.der] if self.embed is True else self.embed or []
        signed_data = der.seq(
            der.integer(self.cms_version), der.set_of(algorithm(digest)),
            der.seq(der.oid(self.content_type), der.explicit(0, der.octets(info))),
            der.tlv(0xA0, *embedded) if embedded else b"",
            der.set_of(*[signer_info] * self.signers))
        token = der.seq(der.oid(SIGNED_DATA), der.explicit(0, signed_data))
        status = der.seq(der.integer(self.status))
        whole = der.seq(status, token)
        return self.der(whole) if self.der else whole
