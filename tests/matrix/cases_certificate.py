"""Certificates: keys, chains, windows, usages, names, Fulcio's extensions."""

import certificates as x509
import der
from case import VERIFIED, Group
from certificates import (CODE_SIGNING, DAY, EPOCH, IDENTITY, ISSUER, SERVER_AUTH, YEAR, email,
                          fulcio, key_usage, purposes, subject_names, uri)
from edits import drop, put
from keys import key
from rekor import Entry
from tokens import Token

case = Group("certificate")
SIGNED = EPOCH + 5
PROFILE = "client-spec 4.3: the leaf's profile"
WINDOW = "sigstore_trustroot.proto: windows are closed at both ends"
TIMES = "client-spec 4.3: valid at every verified time, both ends included (RFC 5280 4.1.2.5)"
CHAIN = "client-spec 4.3: leaf, intermediates of the entry, its last certificate"
RFC5280 = "RFC 5280 "

for kind in ("p256", "p384", "p521", "ed25519", "rsa2048", "rsa3072", "rsa4096"):
    case(f"leaf key {kind}", VERIFIED, "algorithm-registry: may sign", leaf_kind=kind)
    case(f"leaf key {kind}, Rekor v1", VERIFIED, "algorithm-registry: may sign",
         leaf_kind=kind, generation=1)
for kind in ("p224", "k256", "rsa1024"):
    case(f"leaf key {kind}", "format", "algorithm-registry: not in the registry", leaf_kind=kind)
for kind in ("p256", "p521", "ed25519", "rsa2048", "rsa4096"):
    case(f"CA keys {kind}", VERIFIED, "certificate-specification: the signature is by the CA's key",
         anchor_kind=kind, issuing_kind=kind)
case("RSA anchor over a P-256 issuer", VERIFIED, CHAIN, anchor_kind="rsa3072",
     issuing_kind="p256")
case("leaf signed with SHA-1", "certificate", "certificate-specification: ECDSA with SHA-2",
     leaf_fields={"digest": "sha1"}, issuing_kind="p256")
case("inner and outer algorithm differ", "format", RFC5280 + "4.1.1.2: must be the same",
     leaf_fields={"inner_digest": "sha256"})

# --- chains
case("self-signed issuing anchor alone", VERIFIED,
     "sigstore_trustroot.proto: CA entries: intermediate and root, or just root",
     issuing={"purpose": None, "constraints": x509.constraints(True)},
     issuing_fields={"signer": key("p384", "issuing"), "issuer": "issuing"},
     ca_listed=lambda chain: chain[:1])
case("anchor that is an intermediate", VERIFIED,
     "sigstore_trustroot.proto: the last certificate is the anchor even when it is not self-signed",
     ca_listed=lambda chain: chain[:1])
case("three levels", VERIFIED, CHAIN, middle={})
case("three levels, middle one missing", "certificate", CHAIN, middle={},
     ca_listed=lambda chain: [chain[0], chain[2]])
case("order of intermediates turned", VERIFIED,
     CHAIN + "; only which is last has a meaning", middle={},
     ca_listed=lambda chain: [chain[1], chain[0], chain[2]])
case("issuer missing from the root", "certificate",
     "client-spec 4.3: only certificates of the trusted root serve as intermediates",
     ca_listed=lambda chain: chain[1:])
case("issuer comes with the bundle alone", "certificate",
     "client-spec 4.3: only certificates of the trusted root serve as intermediates",
     version="0.2", ca_listed=lambda chain: chain[1:],
     bundle=lambda b: put("material.x509CertificateChain.certificates.1",
                          {"rawBytes": _issuing()})(b))
case("leaf signed by another key", "certificate", CHAIN, leaf_by=key("p384", "stranger"))
case("issuing certificate signed by another key", "certificate", CHAIN,
     issuing_by=key("p384", "stranger"))
case("authority key identifier of another", "certificate", RFC5280 + "4.2.1.1",
     leaf={"authority_key": x509.authority_key(key("p384", "stranger"))})
case("no authority key identifier", VERIFIED, RFC5280 + "6.1: path validation does not need it",
     leaf={"authority_key": None})
case("no subject key identifier", VERIFIED, "certificate-specification: verifiers tolerate both",
     leaf={"subject_key": None})


def namesake(chain):
    """A stranger's anchor of the same name and no key identifier stands before the right one."""
    stranger = key("p384", "stranger")
    extensions = {**x509.ca_extensions(stranger, stranger), "subject_key": None}
    other = x509.Certificate(stranger, "anchor", stranger, "anchor", EPOCH - YEAR,
                             EPOCH + YEAR, extensions)
    return [chain[0], other.der(), chain[1]]


case("namesake of the anchor beside it", VERIFIED, RFC5280 + "6.1.3 (a): the key decides",
     ca_listed=namesake, issuing={"authority_key": None})
case("namesake of the anchor in its place", "certificate", RFC5280 + "6.1.3 (a): the key decides",
     ca_listed=lambda chain: namesake(chain)[:2], issuing={"authority_key": None})
case("anchor beyond 2049", VERIFIED, RFC5280 + "4.1.2.5: GeneralizedTime",
     anchor_fields={"ends": EPOCH + 40 * YEAR})


def _issuing():
    import story
    return story.b64(story.Story().authority_chain()[0])


# --- constraints of authorities
case("issuer is no CA", "certificate", RFC5280 + "6.1.4 (k)",
     issuing={"constraints": x509.constraints(False)})
case("issuer without basic constraints", "certificate", RFC5280 + "6.1.4 (k)",
     issuing={"constraints": None})
case("issuer is a certificate of version 1", "certificate", RFC5280 + "6.1.4 (k)",
     issuing_fields={"version": 1})
case("issuer without key usage", VERIFIED, RFC5280 + "6.1.4 (n): if present",
     issuing={"usage": None})
case("issuer may not sign certificates", "certificate", RFC5280 + "6.1.4 (n)",
     issuing={"usage": key_usage(x509.DIGITAL_SIGNATURE, x509.CRL_SIGN)})
case("issuer without extended usage", VERIFIED, "RFC 5280 4.2.1.12: absent is no limit",
     issuing={"purpose": None})
case("issuer for any purpose", VERIFIED, RFC5280 + "4.2.1.12: anyExtendedKeyUsage",
     issuing={"purpose": purposes(x509.ANY_PURPOSE)})
case("issuer for TLS servers only", "certificate",
     "certificate-specification: intermediate: EKU codeSigning",
     issuing={"purpose": purposes(SERVER_AUTH)})
case("anchor for TLS servers only", "certificate",
     "certificate-specification: intermediate: EKU codeSigning",
     anchor={"purpose": purposes(SERVER_AUTH)})
case("path length of the anchor 0 over an issuer", "certificate", RFC5280 + "6.1.4 (l, m)",
     anchor={"constraints": x509.constraints(True, 0)})
case("path length of the anchor 1", VERIFIED, RFC5280 + "6.1.4 (l, m)",
     anchor={"constraints": x509.constraints(True, 1)})
case("path length 0 in the middle", "certificate", RFC5280 + "6.1.4 (l, m)",
     middle={"constraints": x509.constraints(True, 0)})
case("path length on a certificate that is no CA", "format", RFC5280 + "4.2.1.9",
     leaf={"constraints": x509.constraints(False, 0)})
case("name constraints of the issuer exclude the name", "certificate", RFC5280 + "4.2.1.10",
     issuing={"limits": x509.permitted_names(True)})
case("the same, not critical", "certificate", RFC5280 + "4.2.1.10 and 6.1.4 (g)",
     issuing={"limits": x509.permitted_names(False)})
case("unknown critical extension of the issuer", "certificate", RFC5280 + "6.1.4 (o)",
     issuing={"strange": x509.unknown(True)})
case("unknown extension of the issuer", VERIFIED, RFC5280 + "4.2", issuing={
    "strange": x509.unknown(False)})

# --- windows: certificates, and the CA's in the root
for title, verdict, fields in (
        ("leaf ends at the time of signing", VERIFIED, {"begins": EPOCH - 60, "ends": SIGNED}),
        ("leaf ended a second before", "certificate", {"begins": EPOCH - 60, "ends": SIGNED - 1}),
        ("leaf begins at the time of signing", VERIFIED, {"begins": SIGNED}),
        ("leaf begins a second later", "certificate", {"begins": SIGNED + 1})):
    case(title, verdict, TIMES, leaf_fields=fields)
    case(f"{title}, by the log's time", verdict, TIMES, leaf_fields=fields, generation=1)
for title, verdict, fields in (
        ("ends at the time of signing", VERIFIED, {"ends": SIGNED}),
        ("ended a second before", "certificate", {"ends": SIGNED - 1}),
        ("begins at the time of signing", VERIFIED, {"begins": SIGNED}),
        ("begins a second later", "certificate", {"begins": SIGNED + 1})):
    case(f"issuer {title}", verdict, TIMES, issuing_fields=fields)
    case(f"anchor {title}", verdict, TIMES, anchor_fields=fields)
for title, verdict, pair in (
        ("ends at the time of signing", VERIFIED, (EPOCH - YEAR, SIGNED)),
        ("ended a second before", "certificate", (EPOCH - YEAR, SIGNED - 1)),
        ("begins at the time of signing", VERIFIED, (SIGNED, None)),
        ("begins a second later", "certificate", (SIGNED + 1, None)),
        ("begins a fraction of a second later", "certificate", ("2026-03-01T12:00:05.000001Z",
         None)),
        ("ends at a fraction of the second", VERIFIED, (EPOCH - YEAR, "2026-03-01T12:00:05.999Z")),
        ("has no beginning", VERIFIED, (None, None)),
        ("has an offset in its end", VERIFIED, (EPOCH - YEAR, "2026-03-01T13:00:05+01:00"))):
    case(f"CA window {title}", verdict, WINDOW, ca_window=pair)
case(
    "CA window absent", VERIFIED,
    "sigstore_trustroot.proto: a missing validFor of a CA is always valid",
    root=drop("certificateAuthorities.1.validFor"))
case("end of the CA window null", VERIFIED, "sigstore_trustroot.proto: null is the same as absent",
     root=put("certificateAuthorities.1.validFor.end", None))
case("one of two times outside the leaf", "certificate", TIMES,
     tokens=(Token(), Token(time=EPOCH + 601)))
case("log's time in the leaf, token's outside", "certificate", TIMES, generation=1,
     tokens=(Token(time=EPOCH + 601),))
case("token's time in the leaf, log's outside", "certificate", TIMES,
     entries=(Entry(generation=1, time=EPOCH + 601),), tokens=(Token(),))
case("unsigned log time outside the leaf", VERIFIED,
     "client-spec 4.2.2: without a promise the log's time is ignored",
     entries=(Entry(generation=1, time=EPOCH + DAY, promise=False),), tokens=(Token(),))

case("leaf ends before it begins", "certificate", TIMES,
     leaf_fields={"begins": EPOCH + 60, "ends": EPOCH - 60})

# --- the leaf
case("leaf is a CA", "certificate", PROFILE, leaf={"constraints": x509.constraints(True)})
case("leaf with CA:FALSE", VERIFIED, "certificate-specification: CA:FALSE is allowed",
     leaf={"constraints": x509.constraints(False)})
case("leaf without key usage", "certificate", PROFILE, leaf={"usage": None})
case("leaf may not sign", "certificate", PROFILE, leaf={"usage": key_usage(2, 3)})
case("leaf may sign and agree on keys", VERIFIED, PROFILE, leaf={"usage": key_usage(0, 4)})
case("key usage without a bit", "format", RFC5280 + "4.2.1.3: at least one",
     leaf={"usage": key_usage()})
case("leaf without extended usage", "certificate", PROFILE, leaf={"purpose": None})
case("leaf for TLS servers", "certificate", PROFILE, leaf={"purpose": purposes(SERVER_AUTH)})
case("leaf for timestamps", "certificate", PROFILE,
     leaf={"purpose": purposes(x509.TIME_STAMPING)})
case("leaf for any purpose only", "certificate", PROFILE + ": contains codeSigning",
     leaf={"purpose": purposes(x509.ANY_PURPOSE)})
case("leaf for code and TLS servers", VERIFIED, PROFILE + ": contains codeSigning",
     leaf={"purpose": purposes(SERVER_AUTH, CODE_SIGNING)})
case("extended usage critical", VERIFIED, RFC5280 + "4.2.1.12: either",
     leaf={"purpose": purposes(CODE_SIGNING, critical=True)})
case("unknown critical extension of the leaf", "certificate", RFC5280 + "6.1.5 (f)",
     leaf={"strange": x509.unknown(True)})
case("unknown extension of the leaf", VERIFIED, RFC5280 + "4.2",
     leaf={"strange": x509.unknown(False)})
case("poison left in the leaf", "certificate", "RFC 6962 3.1: critical, so no certificate",
     leaf={"poison": ("1.3.6.1.4.1.11129.2.4.3", True, der.null())})
case("extension twice", "format", RFC5280 + "4.2: not more than one of each",
     leaf={"more": [x509.unknown(False), x509.unknown(False)]})
case("leaf of version 1", "certificate", PROFILE + ": v3", scts=(), leaf_fields={"version": 1})
case("leaf of version 4", "format", RFC5280 + "4.1.2.1", leaf_fields={"version": 4})
case("bytes behind the certificate", "format", "client-spec 4.1: no trailing bytes",
     leaf_der=lambda written: written + b"\0")
case("certificate cut short", "format", "client-spec 4.1: DER parses",
     leaf_der=lambda written: written[:-1])
case("certificate empty", "format", "sigstore_bundle.proto: rawBytes is DER",
     bundle=put("material.certificate.rawBytes", ""))
case("serial number 0", VERIFIED, RFC5280 + "4.1.2.2: users must handle such certificates",
     leaf_fields={"serial": 0})
case("serial number of 20 bytes", VERIFIED, RFC5280 + "4.1.2.2",
     leaf_fields={"serial": (1 << 158) + 7})
case("subject beside the name", VERIFIED, "client-spec 4.3: the name is compared, no subject",
     leaf_fields={"subject": "somebody"})

# --- names
for title, form, who in (
        ("e-mail address", email("dev@matrix.example"), "dev@matrix.example"),
        ("SPIFFE URI", uri("spiffe://matrix.example/ns/build"), "spiffe://matrix.example/ns/build"),
        ("user name", x509.user_name("robot!matrix.example"), "robot!matrix.example")):
    case(f"name is an {title}", VERIFIED, "client-spec 4.3: SAN types",
         leaf={"names": subject_names(form)}, identity=who)
    case(f"name is an {title}, another is demanded", "identity", "client-spec 4.3: exact bytes",
         leaf={"names": subject_names(form)})
case("name is a host", "certificate", "client-spec 4.3: URI, rfc822 or otherName",
     leaf={"names": subject_names(x509.dns("ci.matrix.example"))}, identity="ci.matrix.example")
case("name is a directory name", "certificate", "client-spec 4.3: URI, rfc822 or otherName",
     leaf={"names": subject_names(der.explicit(4, x509.name("dev")))})
case("name is another kind of otherName", "certificate", "certificate-specification: Fulcio's type",
     leaf={"names": subject_names(der.tlv(
         0xA0, der.oid("1.3.6.1.4.1.311.20.2.3"), der.explicit(0, der.utf8(IDENTITY))))})
case("two names", "certificate", "client-spec 4.3: exactly one",
     leaf={"names": subject_names(uri(IDENTITY), email("dev@matrix.example"))})
case("no names", "certificate", "client-spec 4.3: exactly one", leaf={"names": None})
case("names extension empty", "certificate", RFC5280 + "4.2.1.6: at least one",
     leaf={"names": subject_names()})
case("name with a NUL", "certificate", "RFC 5280 4.2.1.6: IA5String of a URI",
     leaf={"names": subject_names(uri(IDENTITY.encode() + b"\0x"))})
case("names not critical", VERIFIED, "client-spec 4.3: the SAN is compared whatever the bit",
     leaf={"names": subject_names(uri(IDENTITY), critical=False)})
for title, who in (("another", "https://ci.matrix.example/other"), ("a longer", IDENTITY + "x"),
                   ("a shorter", IDENTITY[:-1]), ("another case of", IDENTITY.upper()),
                   ("a blank behind the", IDENTITY + " ")):
    case(f"{title} name is demanded", "identity", "client-spec 4.3: exact bytes", identity=who)

# --- Fulcio's extensions
case(
    "another issuer is demanded", "identity",
    "client-spec 4.3: a certificate of the root, the demanded name and issuer",
    issuer="https://idp.other.example")
case("a slash more in the demanded issuer", "identity", "client-spec 4.3: exact bytes",
     issuer=ISSUER + "/")
case("issuer extension v1 alone", VERIFIED, "oid-info: .8 replaces .1",
     leaf={"issuer": None})
case("issuer extension v2 alone", VERIFIED, "oid-info: .8 replaces .1",
     leaf={"issuer_v1": None})
case("no issuer extension", "certificate", "oid-info: empty issuer is a hard error",
     leaf={"issuer": None, "issuer_v1": None})
case("issuer extensions differ", "certificate", "oid-info: .1 and .8 hold the same issuer",
     leaf={"issuer_v1": fulcio(1, "https://idp.other.example")})
case("issuer v2 without its UTF8String", "certificate", "oid-info: one UTF8String",
     leaf={"issuer": (f"{x509.FULCIO}.8", False, ISSUER.encode())})
case("issuer v2 with bytes behind", "certificate", "oid-info: no trailing bytes",
     leaf={"issuer": (f"{x509.FULCIO}.8", False, der.utf8(ISSUER) + b"\0")})
case("all extensions of a workflow", VERIFIED, "oid-info: the extensions",
     leaf={"more": [fulcio(n, f"value {n}") for n in (2, 3, 4, 5, 6, *range(9, 25))]})
case("an extension of Fulcio's that nobody knows yet", VERIFIED, "client-spec 4.3: ignore unknown",
     leaf={"more": [fulcio(25, "value")]})
case("issuer with a NUL", "certificate", "client-spec 4.3: two readers, one issuer",
     leaf={"issuer": fulcio(8, ISSUER + "\0x"), "issuer_v1": fulcio(1, ISSUER + "\0x")})
case("issuer that is no UTF-8", "certificate", "oid-info: one UTF8String",
     leaf={"issuer": fulcio(8, b"https://\xff"), "issuer_v1": None})
case("empty issuer", "certificate", "oid-info: empty issuer is a hard error",
     leaf={"issuer": fulcio(8, b""), "issuer_v1": None})
case("issuer extension critical", "certificate", "certificate-specification: not critical",
     leaf={"issuer": fulcio(8, ISSUER, critical=True)})
case("extension twelve is no UTF8String", "certificate", "oid-info: one UTF8String",
     leaf={"more": [(f"{x509.FULCIO}.12", False, b"https://matrix.example")]})
case("zone extension of a private arc", VERIFIED, "certificate-specification: not critical",
     leaf={"more": [("1.3.6.1.3.57264.1", False, der.utf8("production"))]})
case("leaf for another key than the signature's", "log_entry",
     "client-spec 4.4: certificate in the body is the bundle's",
     bundle=lambda b: put("material.certificate.rawBytes", _other_leaf())(b))


def _other_leaf():
    import story
    return story.b64(story.Story(leaf_kind="p384").certificate())
