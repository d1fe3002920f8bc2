"""One signed artifact with all that vouches for it: a valid story, of which a case changes a part.

files() gives bundle, trusted root, artifact and what `mayfly verify` is asked.
"""

import copy
import dataclasses
import hashlib
import json

import certificates as x509
import rekor
from certificates import EPOCH, IDENTITY, ISSUER, YEAR, Certificate, Sct
from der import rfc3339
from keys import KEY_DETAILS, NATURAL_HASH, key
from rekor import b64
from tokens import Authority, Token

ARTIFACT = b"an artifact of the matrix\n"
IN_TOTO = "application/vnd.in-toto+json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
OLD_BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle+json;version="
ROOT_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
ALGORITHMS = {"sha256": "SHA2_256", "sha384": "SHA2_384", "sha512": "SHA2_512"}
OPEN = (EPOCH - YEAR, None)


def pae(payload_type, payload):
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def statement(**changes):
    subject = {"name": "artifact", "digest": {"sha256": hashlib.sha256(ARTIFACT).hexdigest()}}
    return {"_type": "https://in-toto.io/Statement/v1", "subject": [subject],
            "predicateType": "https://matrix.example/predicate/v1", "predicate": {}, **changes}


def window(pair):
    """validFor of a trusted root; ends are seconds, or texts as they are."""
    names = dict(zip(("start", "end"), pair))
    return {name: value if isinstance(value, str) else rfc3339(value)
            for name, value in names.items() if value is not None}


def log_instance(signer, log_id, base_url, valid, details=None):
    return {"baseUrl": base_url, "hashAlgorithm": "SHA2_256",
            "publicKey": {"rawBytes": b64(signer.spki), "validFor": window(valid),
                          "keyDetails": details or KEY_DETAILS[signer.kind]},
            "logId": {"keyId": b64(log_id)}}


def authority(chain, valid, uri):
    return {"subject": {"organization": "matrix.example", "commonName": "authority"}, "uri": uri,
            "certChain": {"certificates": [{"rawBytes": b64(one)} for one in chain]},
            "validFor": window(valid)}


@dataclasses.dataclass
class Story:
    # the certificate authority: anchor and issuing certificate, and a further one between
    anchor_kind: str = "p384"
    issuing_kind: str = "p384"
    anchor: dict = dataclasses.field(default_factory=dict)
    issuing: dict = dataclasses.field(default_factory=dict)
    middle: dict = None
    anchor_fields: dict = dataclasses.field(default_factory=dict)
    issuing_fields: dict = dataclasses.field(default_factory=dict)
    issuing_by: object = None
    ca_window: tuple = OPEN
    ca_listed: object = None  # edits the list of certificates in the root
    # the leaf
    leaf_kind: str = "p256"
    leaf: dict = dataclasses.field(default_factory=dict)
    leaf_fields: dict = dataclasses.field(default_factory=dict)
    leaf_by: object = None
    leaf_der: object = None  # edits its bytes, after all signatures over it but the CA's own
    scts: tuple = (Sct(),)
    sct_bytes: object = None  # edits the TLS vector
    # what was signed
    managed: str = None  # kind of a key that signs without a certificate
    hint: str = None
    dsse: bool = False
    payload: bytes = None
    payload_type: str = IN_TOTO
    statement: dict = None
    signature: object = None  # edits the signature before it is logged and stamped
    signed: bytes = ARTIFACT
    sign_digest: str = None
    # logs and timestamps
    entries: tuple = None
    generation: int = 2
    tokens: tuple = None
    tsa: Authority = dataclasses.field(default_factory=Authority)
    log_window: tuple = OPEN
    ct_windows: dict = dataclasses.field(default_factory=dict)
    # the files
    version: str = "0.3"
    media_type: str = None
    bundle: object = None
    text: object = None
    root: object = None
    root_text: object = None
    # what is asked
    artifact: bytes = ARTIFACT
    identity: str = IDENTITY
    issuer: str = ISSUER
    by_digest: bool = False
    key_file: object = None
    asks_name: bool = False  # a name is demanded although a key signed
    file_name: str = "bundle.sigstore.json"
    witness_policy: str = None

    def __post_init__(self):
        if self.entries is None:
            self.entries = (rekor.Entry(generation=self.generation),)
        if self.tokens is None:
            self.tokens = () if self.entries and self.entries[0].promise else (Token(),)
        self.signing_key = key(self.managed or self.leaf_kind, "signer")
        self.anchor_key = key(self.anchor_kind, "anchor")
        self.issuing_key = key(self.issuing_kind, "issuing")

    def authority_chain(self):
        anchor = Certificate(
            self.anchor_key, "anchor", self.anchor_key, "anchor", EPOCH - YEAR, EPOCH + 9 * YEAR,
            {**x509.ca_extensions(self.anchor_key, self.anchor_key), **self.anchor})
        anchor = dataclasses.replace(anchor, **self.anchor_fields)
        chain, above, above_name = [anchor.der()], self.anchor_key, "anchor"
        if self.middle is not None:
            owner = key("p384", "middle")
            extensions = {**x509.ca_extensions(owner, above, 1, x509.CODE_SIGNING), **self.middle}
            middle = Certificate(owner, "middle", above, above_name, EPOCH - YEAR,
                                 EPOCH + 3 * YEAR, extensions)
            chain.insert(0, middle.der())
            above, above_name = owner, "middle"
        issuing = Certificate(
            self.issuing_key, "issuing", above, above_name, EPOCH - YEAR, EPOCH + 3 * YEAR,
            {**x509.ca_extensions(self.issuing_key, above, 0, x509.CODE_SIGNING), **self.issuing})
        issuing = dataclasses.replace(issuing, **self.issuing_fields)
        chain.insert(0, issuing.der(by=self.issuing_by))
        return chain

    def certificate(self):
        leaf = Certificate(
            self.signing_key, "", self.issuing_key, "issuing", EPOCH, EPOCH + 600,
            {**x509.leaf_extensions(self.signing_key, self.issuing_key), **self.leaf})
        leaf = dataclasses.replace(leaf, **self.leaf_fields)
        tbs = leaf.tbs()
        scts = x509.sct_list([s.write(tbs, self.issuing_key) for s in self.scts])
        scts = self.sct_bytes(scts) if self.sct_bytes else scts
        written = leaf.der(scts if self.scts or self.sct_bytes else b"", by=self.leaf_by)
        return self.leaf_der(written) if self.leaf_der else written

    def content(self):
        """The bundle's content, and what the log records of it."""
        signer = self.signing_key
        digest_name = self.sign_digest or NATURAL_HASH.get(signer.kind, "sha256")
        made = None if self.managed else self.certificate()
        logged = rekor.Logged(b"", digest_name, b"", signer, made and x509.pem(made), made)
        if self.dsse:
            logged.payload = self.payload
            if self.payload is None:
                logged.payload = json.dumps(self.statement or statement()).encode()
            logged.payload_type = self.payload_type
            message = pae(self.payload_type, logged.payload)
            signature = signer.sign(message, self.sign_digest)
        else:
            message = self.signed
            signature = (signer.sign(message, self.sign_digest) if self.sign_digest
                         else signer.sign_prehashed(message))
        logged.signature = self.signature(signature) if self.signature else signature
        logged.digest = hashlib.new(digest_name, message).digest()
        return logged

    def written_content(self, logged):
        if self.dsse:
            return "dsseEnvelope", {
                "payload": b64(logged.payload), "payloadType": self.payload_type,
                "signatures": [{"sig": b64(logged.signature)}]}
        return "messageSignature", {
            "messageDigest": {"algorithm": ALGORITHMS[logged.digest_name],
                              "digest": b64(logged.digest)},
            "signature": b64(logged.signature)}

    def default_entry_kind(self, entry):
        if entry.generation == 2:
            return "hashedrekord 0.0.2"
        return "dsse 0.0.1" if self.dsse else "hashedrekord 0.0.1"

    def written_bundle(self):
        logged = self.content()
        if self.managed:
            hint = self.hint if self.hint is not None else b64(self.signing_key.spki_hash)
            material = {"publicKey": {"hint": hint}}
        elif self.version == "0.3":
            material = {"certificate": {"rawBytes": b64(logged.certificate)}}
        else:
            material = {"x509CertificateChain": {
                "certificates": [{"rawBytes": b64(logged.certificate)}]}}
        material["tlogEntries"] = [e.write(logged, self.default_entry_kind(e))
                                   for e in self.entries]
        tokens = [(token if token.by else dataclasses.replace(token, by=self.tsa))
                  .write(logged.signature) for token in self.tokens]
        if tokens:
            material["timestampVerificationData"] = {
                "rfc3161Timestamps": [{"signedTimestamp": b64(one)} for one in tokens]}
        kind, content = self.written_content(logged)
        default = BUNDLE_TYPE if self.version == "0.3" else OLD_BUNDLE_TYPE + self.version
        return {"mediaType": self.media_type or default, "verificationMaterial": material,
                kind: content}

    def _logs(self):
        other = rekor.Entry(host="other.matrix.example", key_name="other log")
        seen, logs = set(), [log_instance(other.key, other.id, other.base_url, OPEN)]
        for entry in self.entries:
            if entry.id in seen:
                continue
            seen.add(entry.id)
            logs.append(log_instance(entry.key, entry.id, entry.base_url, self.log_window))
            if entry.checkpoint_id:
                logs[-1]["checkpointKeyId"] = {"keyId": b64(entry.checkpoint_id)}
        return logs

    def written_root(self):
        """Several of everything, the right one never first."""
        other = key("p384", "other anchor")
        strange = Certificate(other, "other anchor", other, "other anchor", EPOCH - YEAR,
                              EPOCH + 9 * YEAR, x509.ca_extensions(other, other)).der()
        chain = self.authority_chain()
        chain = self.ca_listed(chain) if self.ca_listed else chain
        ct_logs = [key(kind, name) for kind, name in (
            ("p256", "ct other"), ("p256", "ct one"), ("p256", "ct two"), ("rsa2048", "ct rsa"))]
        return {
            "mediaType": ROOT_TYPE, "tlogs": self._logs(),
            "certificateAuthorities": [
                authority([strange], OPEN, "https://other.matrix.example"),
                authority(chain, self.ca_window, "https://ca.matrix.example")],
            "ctlogs": [log_instance(one, one.spki_hash, f"https://{one.name.replace(' ', '-')}"
                                    ".matrix.example", self.ct_windows.get(one.name, OPEN))
                       for one in ct_logs],
            "timestampAuthorities": [
                authority(OTHER_TSA.listed(), OTHER_TSA.window, "https://other.matrix.example"),
                authority(self.tsa.listed(), self.tsa.window, "https://tsa.matrix.example")]}

    def _question(self):
        if (self.managed and not self.asks_name) or self.key_file is not None:
            return {"key": self.signing_key.pem if self.key_file is None else self.key_file}
        return {"identity": self.identity, "issuer": self.issuer}

    def files(self):
        bundle = copy.deepcopy(self.written_bundle())
        root = self.written_root()
        bundle = self.bundle(bundle) if self.bundle else bundle
        root = self.root(root) if self.root else root
        text = json.dumps(bundle).encode()
        root_text = json.dumps(root).encode()
        return {"name": self.file_name, "bundle": self.text(text) if self.text else text,
                "root": self.root_text(root_text) if self.root_text else root_text,
                "artifact": self.artifact, "by_digest": self.by_digest,
                "policy": self.witness_policy, **self._question()}


OTHER_TSA = Authority("other TSA")
