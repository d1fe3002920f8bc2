"""RFC 3161 tokens and the authorities that make them."""

import base64

import certificates as x509
import der
import tokens
from case import UNREADABLE, VERIFIED, Group
from certificates import EPOCH, YEAR
from edits import copy_of, drop, put
from keys import key
from tokens import Authority, Token, attribute

case = Group("timestamp")
TOKEN = "RFC 3161 2.4.2: TimeStampResp, SignedData v3, TSTInfo, one SignerInfo"
IMPRINT = "RFC 3161 2.4.2: SHA-256/384/512 of the signature"
SIGNER = "client-spec 4.2.1: the root's signer, embedded ones are only candidates"
ATTRIBUTES = "RFC 5652 5.4, 11.1, 11.2: signed attributes"
ESS = "RFC 3161 2.4.2, RFC 5816: the attribute must be there and name the signer"
USAGE = "RFC 3161 2.3: not CA; EKU critical and time stamping alone"
AT_TIME = "client-spec 4.3: chain valid at GenTime, both ends included"
WINDOW = "client-spec 4.3: GenTime within the closed window"
SEVERAL = "docs/reasons.md: a stranger's token counts for nothing, a bad one of a known TSA fails"
SIGNED = EPOCH + 5
OTHER = Authority("TSA of nobody")
ACCURACY = der.seq(der.integer(1), der.implicit(0, b"\x64"), der.implicit(1, b"\x32"))


def token(**changes):
    return (Token(**changes),)


def extension(critical):
    return der.seq(der.oid("1.3.6.1.4.1.99999.2"), der.boolean(True) if critical else b"",
                   der.octets(der.null()))


# --- what a token may be
for digest in ("sha256", "sha384", "sha512"):
    case(f"imprint {digest}", VERIFIED, IMPRINT, tokens=token(imprint=digest))
for kind in ("p256", "p521", "ed25519", "rsa2048", "rsa4096"):
    case(f"signer's key {kind}", VERIFIED, "timestamp-authority: RSA, EC or Ed25519",
         tsa=Authority(key_kind=kind))
for kind, digest in (("p256", "sha512"), ("p384", "sha256"), ("rsa2048", "sha384"),
                     ("rsa2048", "sha512")):
    case(f"key {kind} with {digest}", VERIFIED, "RFC 5754: any SHA-2 with either",
         tsa=Authority(key_kind=kind), tokens=token(digest=digest))
for title, changes in (
    ("accuracy", {"accuracy": ACCURACY}),
    ("accuracy in seconds", {"accuracy": der.seq(der.integer(1))}),
    ("ordering", {"ordering": True}),
    ("nonce", {"nonce": 0xFEDCBA9876543210}),
    ("name of the authority", {"tsa": True}),
    ("every optional member",
     {"accuracy": ACCURACY, "ordering": True, "nonce": 7, "tsa": True,
      "extensions": extension(False)}),
    ("time with a fraction", {"fraction": ".25"}),
    ("serial number of 20 bytes", {"serial": 2 ** 159 +1}),
    ("imprint's algorithm without NULL", {"imprint_null": False}),
    ("status granted with modifications", {"status": 1}),
    ("unsigned attribute", {"unsigned": der.tlv(0xA1, attribute("1.2.3.4", der.null()))}),
    ("extension not critical", {"extensions": extension(False)})):
    case(title, VERIFIED, "RFC 3161 2.4.2: TSTInfo", tokens=token(**changes))
for digest in ("sha384", "sha512"):
    case(f"signing certificate by {digest}", VERIFIED, "RFC 5035: hashAlgorithm",
         tokens=token(ess_digest=digest))
case("signing certificate of RFC 2634, SHA-1", VERIFIED, "RFC 5816 2.2.1: either attribute",
     tokens=token(ess="v1"))
case("trailing zero in the fraction", "timestamp", "RFC 3161 2.4.2: no trailing zeros (DER)",
     tokens=token(fraction=".50"))

# --- embedded certificates, and where the signer comes from
NO_LEAF = Authority("TSA", with_leaf=False)
case("signer not embedded", VERIFIED, SIGNER, tokens=token(embed=False))
case("whole chain embedded", VERIFIED, SIGNER, tokens=token(embed=[*Authority().listed()]))
case("signer embedded, root names only its issuer", VERIFIED, SIGNER, tsa=NO_LEAF)
case("signer nowhere", "timestamp", SIGNER, tsa=NO_LEAF, tokens=token(embed=False))
case("stranger's certificate embedded beside", VERIFIED, SIGNER,
     tokens=token(embed=[OTHER.der, Authority().der]))
case("junk embedded", VERIFIED, SIGNER, tokens=token(embed=[der.seq(der.null())]))
case("another certificate of the signer's name and number embedded", "timestamp", SIGNER,
     tokens=token(embed=[Authority(ends=EPOCH + 2 * YEAR).der]))
case("stranger's token", "timestamp", SIGNER, tokens=token(by=OTHER))
case("stranger's token, its chain embedded", "timestamp", SIGNER,
     tokens=token(by=OTHER, embed=OTHER.listed()))
case("stranger's key under the signer's name and number", "timestamp", SIGNER,
     tokens=token(sign_key=key("p384", "stranger")))
case("signer named by its key", "timestamp", "client-spec 4.2.1: issuer and serial equal",
     tokens=token(sid=der.implicit(0, x509.key_identifier(Authority().key))))
case("signer's number another", "timestamp", SIGNER, tokens=token(
     sid=der.seq(x509.name("TSA 0"), der.integer(4711))))
case("signer's issuer another", "timestamp", SIGNER, tokens=token(
     sid=der.seq(x509.name("TSA 9"), der.integer(4711))))
case("no authority in the root", "timestamp", SIGNER, root=put("timestampAuthorities", []))
case("the authority alone in the root, without its chain", VERIFIED,
     "sigstore_trustroot.proto: the last certificate is the anchor",
     root=lambda root: put("timestampAuthorities.1.certChain.certificates",
                           lambda chain: chain[:1])(root))

# --- imprint
case("imprint of other bytes", "timestamp", IMPRINT, tokens=token(imprint_of=lambda m: m + b"\0"))
case("imprint of the signature's Base64", "timestamp", "client-spec 4.2.1: raw bytes, not b64",
     tokens=token(imprint_of=lambda m: base64.b64encode(m)))
case("imprint SHA-1", "timestamp", IMPRINT, tokens=token(imprint="sha1"))
case("imprint of 20 bytes called SHA-256", "timestamp", IMPRINT,
     tokens=token(imprint_bytes=bytes(20)))
case("imprint called SHA-512, made by SHA-256", "timestamp", IMPRINT,
     tokens=token(imprint="sha512", imprint_bytes=bytes(32)))

# --- TSTInfo and CMS
BAD = {
    "TSTInfo of version 2": ("RFC 3161 2.4.2: version 1", {"version": 2}),
    "critical extension": ("RFC 3161 2.4.2, RFC 5280 4.2: unknown and critical",
     {"extensions": extension(True)}),
    "content of plain data": (TOKEN, {"content_type": tokens.PLAIN_DATA}),
    "content type attribute of another": (ATTRIBUTES, {"attribute_type": tokens.PLAIN_DATA}),
    "SignedData of version 1": (TOKEN, {"cms_version": 1}),
    "SignerInfo of version 3": ("RFC 5652 5.3: 1 with issuer and serial", {"signer_version": 3}),
    "no SignerInfo": (TOKEN, {"signers": 0}),
    "two SignerInfos": (TOKEN, {"signers": 2}),
    "signature changed": (ATTRIBUTES, {"flip": True}),
    "signature algorithm of another digest":
        ("RFC 5652 5.3", {"signature_oid": "1.2.840.10045.4.3.2"}),
    "signature algorithm of another key": ("RFC 5652 5.3", {"signature_oid": "1.3.101.112"}),
    "no signed attributes": ("RFC 5652 5.3: must be there", {"attributes": lambda listed: None}),
    "content type attribute missing": (ATTRIBUTES, {"attributes": lambda listed: listed[1:]}),
    "message digest attribute missing":
        (ATTRIBUTES, {"attributes": lambda listed: listed[:2] + listed[3:]}),
    "message digest of other bytes": (ATTRIBUTES, {"attributes": lambda listed: [
        *listed[:2], attribute(tokens.MESSAGE_DIGEST, der.octets(bytes(48))), *listed[3:]]}),
    "message digest attribute twice": (ATTRIBUTES, {"attributes": lambda listed: [
        *listed, attribute(tokens.MESSAGE_DIGEST, der.octets(bytes(48)))]}),
    "message digest attribute of two values": (ATTRIBUTES, {"attributes": lambda listed: [
        *listed[:2], attribute(tokens.MESSAGE_DIGEST, der.octets(bytes(48)), der.octets(b"")),
        *listed[3:]]}),
    "signing certificate attribute missing": (ESS, {"ess": None}),
    "signing certificate attribute of another": (ESS, {"ess": OTHER.der}),
    "signing certificate by SHA-1 in version 2": (ESS, {"ess_digest": "sha1"}),
    "refusal": ("RFC 3161 2.4.2: status", {"status": 2}),
    "bytes behind": ("RFC 3161 2.4.2: no trailing bytes", {"der": lambda whole: whole + b"\0"}),
    "cut short": (TOKEN, {"der": lambda whole: whole[:-1]}),
    "bare token in place of a response": ("sigstore_bundle.proto: TimeStampResp",
                                          {"der": lambda whole: whole[9:]}),
    "no bytes": (TOKEN, {"der": lambda whole: b""}),
}
for title, (why, changes) in BAD.items():
    case(title, "timestamp", why, tokens=token(**changes))
case("signing time another", VERIFIED, "RFC 3161: genTime is the time", tokens=token(
    attributes=lambda listed: [listed[0], attribute(tokens.SIGNING_TIME, der.time(EPOCH - YEAR)),
                               *listed[2:]]))
case("no signing time", VERIFIED, "RFC 3161 asks for none",
     tokens=token(attributes=lambda listed: [listed[0], *listed[2:]]))

# --- the authority's certificates
for title, verdict, changes in (
        ("usage not critical", "timestamp", {"purpose": x509.purposes(x509.TIME_STAMPING)}),
        ("a second usage", "timestamp", {"purpose": x509.purposes(
            x509.TIME_STAMPING, x509.CODE_SIGNING, critical=True)}),
        ("another usage", "timestamp", {"purpose": x509.purposes(x509.CODE_SIGNING,
         critical=True)}),
        ("any usage", "timestamp", {"purpose": x509.purposes(x509.ANY_PURPOSE, critical=True)}),
        ("no usage", "timestamp", {"purpose": None}),
        ("no right to sign", "timestamp", {"usage": x509.key_usage(2)}),
        ("unknown critical extension", "timestamp", {"strange": x509.unknown(True)}),
        ("no key usage", VERIFIED, {"usage": None}),
        ("unknown extension", VERIFIED, {"strange": x509.unknown(False)})):
    case(f"signer with {title}", verdict, USAGE, tsa=Authority(signer=changes))
case("signer is a CA", "timestamp", USAGE, tsa=Authority(
    signer={"constraints": x509.constraints(True)}))
for levels in (2, 3):
    case(f"{levels} levels above the signer", VERIFIED,
         "sigstore_trustroot.proto: signer leaf, then CA chain", tsa=Authority(levels=levels))
case("intermediate missing in the root", "timestamp", AT_TIME, tsa=Authority(levels=2),
     root=drop("timestampAuthorities.1.certChain.certificates.1"))
case("signer signed by another key", "timestamp", AT_TIME,
     tsa=Authority(signed_by=key("p384", "stranger")))
for title, verdict, changes in (
        ("for code signing", "timestamp", {"purpose": x509.purposes(x509.CODE_SIGNING)}),
        ("for any purpose", VERIFIED, {"purpose": x509.purposes(x509.ANY_PURPOSE)}),
        ("for all, no usage said", VERIFIED, {"purpose": None}),
        ("that is no CA", "timestamp", {"constraints": x509.constraints(False)}),
        ("that may not sign certificates", "timestamp", {"usage": x509.key_usage(0)})):
    case(f"authority {title}", verdict, "RFC 3161 2.3: intermediates", tsa=Authority(
        levels=2, above=changes))

# --- times
for title, verdict, fields in (
        ("signer ends at that time", VERIFIED, {"ends": SIGNED}),
        ("signer ended a second before", "timestamp", {"ends": SIGNED - 1}),
        ("signer begins at that time", VERIFIED, {"begins": SIGNED}),
        ("signer begins a second later", "timestamp", {"begins": SIGNED + 1}),
        ("anchor ends at that time", VERIFIED, {"anchor_ends": SIGNED}),
        ("anchor ended a second before", "timestamp", {"anchor_ends": SIGNED - 1}),
        ("anchor begins a second later", "timestamp", {"anchor_begins": SIGNED + 1})):
    case(title, verdict, AT_TIME, tsa=Authority(**fields))
case("signer ended a fraction of a second before", "timestamp",
     "RFC 3161 2.4.2: genTime may have a fraction", tsa=Authority(ends=SIGNED),
     tokens=token(fraction=".5"))
for title, verdict, pair, fraction in (
        ("ends at that time", VERIFIED, (EPOCH - YEAR, SIGNED), ""),
        ("ended a second before", "timestamp", (EPOCH - YEAR, SIGNED - 1), ""),
        ("ended a fraction of a second before", "timestamp", (EPOCH - YEAR, SIGNED), ".001"),
        ("ends at that fraction", VERIFIED, (EPOCH - YEAR, "2026-03-01T12:00:05.25Z"), ".25"),
        ("begins at that time", VERIFIED, (SIGNED, None), ""),
        ("begins a second later", "timestamp", (SIGNED + 1, None), ""),
        ("begins at that fraction", VERIFIED, ("2026-03-01T12:00:05.25Z", None), ".25"),
        ("begins a fraction later", "timestamp", ("2026-03-01T12:00:05.251Z", None), ".25")):
    case(f"window {title}", verdict, WINDOW, tsa=Authority(
        window=pair), tokens=token(fraction=fraction))
case(
    "leaf ended a fraction of a second before", "certificate",
    "RFC 3161 2.4.2: genTime may have a fraction",
    leaf_fields={"begins": EPOCH -60, "ends": SIGNED},
    tokens=token(fraction=".5"))

case("the authority twice, the first window over", VERIFIED,
     "sigstore_trustroot.proto: one of its entries", root=lambda root: put(
         "timestampAuthorities.0", {**root["timestampAuthorities"][1], "validFor": {
             "start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"}})(root))

# --- several tokens
GOOD, FLAWED, STRANGE = Token(), Token(flip=True, nonce=3), Token(by=OTHER)
case("none", "timestamp", "client-spec 4.2: no time, no verdict", tokens=())
case("two of one authority", VERIFIED,
     "client-spec 4.2.1: every verified token gives a time", tokens=(GOOD, Token(nonce=1)))
case("a good one and a stranger's", VERIFIED, SEVERAL, tokens=(GOOD, STRANGE))
case("a stranger's and a good one", VERIFIED, SEVERAL, tokens=(STRANGE, GOOD))
case("a good one and a bad one", "timestamp", SEVERAL, tokens=(GOOD, FLAWED))
case("a bad one and a good one", "timestamp", SEVERAL, tokens=(FLAWED, GOOD))
case("a good one and one of other bytes", "timestamp", SEVERAL,
     tokens=(GOOD, Token(imprint_of=lambda m: b"x")))
case("a bad one beside a good promise", "timestamp", SEVERAL, generation=1, tokens=(FLAWED,))
case("a stranger's beside a good promise", VERIFIED, SEVERAL, generation=1, tokens=(STRANGE,))
case("one twice", "timestamp", "client-spec 4.2.1: a duplicate is an error", bundle=copy_of(
    "token", "material.timestampVerificationData.rfc3161Timestamps"))
case("32 of them", VERIFIED, "sigstore-go's limits: 32",
     tokens=tuple(Token(nonce=i) for i in range(32)))
case("33 of them", UNREADABLE, "sigstore-go's limits: 32",
     tokens=tuple(Token(nonce=i) for i in range(33)))
