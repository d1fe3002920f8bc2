"""Transparency logs: Merkle trees (RFC 6962), entry bodies and promises of Rekor v1 and v2
(rekor-v2-spec, rekor-spec), checkpoints and signed notes (C2SP)."""

import base64
import dataclasses
import hashlib
import json

from certificates import EPOCH
from keys import KEY_DETAILS, key

DASH = "\u2014"
FIRST_GLOBAL = 5000  # where the v1 log's shard begins among all its shards
TREE_ID = 1193050959916656506


def b64(data):
    return base64.b64encode(data).decode()


def canonical(value):
    """RFC 8785 for what logs hold: ASCII strings, whole numbers, sorted members."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


# --- trees -------------------------------------------------------------------------------------

def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def _node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(n):
    """The largest power of two below n."""
    return 1 << ((n - 1).bit_length() - 1)


def tree_root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return _node(tree_root(leaves[:k]), tree_root(leaves[k:]))


def inclusion(leaves, index):
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return inclusion(leaves[:k], index) + [tree_root(leaves[k:])]
    return inclusion(leaves[k:], index - k) + [tree_root(leaves[:k])]


# --- bodies ------------------------------------------------------------------------------------

@dataclasses.dataclass
class Logged:
    """What an entry is of."""

    digest: bytes
    digest_name: str
    signature: bytes
    signer: object  # the key
    certificate_pem: str = None
    certificate: bytes = None
    payload: bytes = None
    payload_type: str = None

    @property
    def pem(self):
        return self.certificate_pem.encode() if self.certificate_pem else self.signer.pem


def hashedrekord_1(c):
    return {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
        "data": {"hash": {"algorithm": c.digest_name, "value": c.digest.hex()}},
        "signature": {"content": b64(c.signature), "publicKey": {"content": b64(c.pem)}}}}


def dsse_1(c):
    sha256 = hashlib.sha256(c.payload).hexdigest()
    return {"apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"envelope").hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": sha256},
        "signatures": [{"signature": b64(c.signature), "verifier": b64(c.pem)}]}}


def intoto_2(c):
    """The signature's Base64 is Base64 once more (rekor-spec)."""
    sha256 = hashlib.sha256(c.payload).hexdigest()
    return {"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": {
        "envelope": {"payloadType": c.payload_type, "signatures": [
            {"publicKey": b64(c.pem), "sig": b64(b64(c.signature).encode())}]},
        "hash": {"algorithm": "sha256", "value": hashlib.sha256(b"envelope").hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": sha256}}}}


def intoto_1(c):
    sha256 = hashlib.sha256(c.payload).hexdigest()
    return {"apiVersion": "0.0.1", "kind": "intoto", "spec": {
        "content": {"hash": {"algorithm": "sha256", "value": sha256}}, "publicKey": b64(c.pem)}}


def hashedrekord_2(c):
    details = KEY_DETAILS.get(c.signer.kind, "PKIX_ECDSA_P256_SHA_256")
    if c.signer.kind == "ed25519":
        details += "_PH"
    verifier = {"keyDetails": details}
    if c.certificate:
        verifier["x509Certificate"] = {"rawBytes": b64(c.certificate)}
    else:
        verifier["publicKey"] = {"rawBytes": b64(c.signer.spki)}
    algorithm = {"sha256": "SHA2_256", "sha384": "SHA2_384", "sha512": "SHA2_512"}[c.digest_name]
    return {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
        "data": {"algorithm": algorithm, "digest": b64(c.digest)},
        "signature": {"content": b64(c.signature), "verifier": verifier}}}}


BODIES = {"hashedrekord 0.0.1": hashedrekord_1, "dsse 0.0.1": dsse_1, "intoto 0.0.2": intoto_2,
          "intoto 0.0.1": intoto_1, "hashedrekord 0.0.2": hashedrekord_2}


# --- the log -----------------------------------------------------------------------------------

def note_id(signer, name):
    """C2SP signed-note: Ed25519 keys are bound to the name; ECDSA and RSA as Rekor does it."""
    if signer.kind == "ed25519":
        return hashlib.sha256(name.encode() + b"\n\x01" + signer.raw).digest()
    if signer.is_rsa:
        return hashlib.sha256(name.encode() + b"\n\xffPKIX-RSA-PKCS#1v1.5" + signer.spki).digest()
    return signer.spki_hash


def note_line(name, key_id, signature):
    return f"{DASH} {name} {b64(key_id[:4] + signature)}\n"


def line_parts(line):
    """Name, key ID and signature of a signature line."""
    _, name, text = line.split()
    payload = base64.b64decode(text)
    return name, payload[:4], payload[4:]


def spoiled(line):
    """The same with one bit of the signature turned."""
    name, key_id, signature = line_parts(line)
    return note_line(name, key_id, signature[:-1] + bytes([signature[-1] ^ 1]))


def cosignature(witness_name, text, seconds=EPOCH + 6):
    """C2SP tlog-cosignature, cosignature/v1, by a witness of this name."""
    witness = key("ed25519", witness_name)
    key_id = hashlib.sha256(witness_name.encode() + b"\n\x04" + witness.raw).digest()
    signature = witness.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
    return note_line(witness_name, key_id, seconds.to_bytes(8, "big") + signature)


@dataclasses.dataclass
class Entry:
    """A log entry of the bundle, and what may be wrong with it."""

    generation: int = 2
    kind: str = None  # "hashedrekord 0.0.2"
    claimed_kind: str = None
    host: str = None
    key_kind: str = None
    key_name: str = "log"
    index: int = 3
    size: int = 7
    promise: bool = None  # v1 entries have one
    time: int = EPOCH + 5
    signed: dict = None  # what the promise says instead
    promise_by: object = None
    base_url: str = None
    log_id: bytes = None
    checkpoint_id: bytes = None
    origin: str = None
    note_name: str = None
    note_key_id: bytes = None
    note_by: object = None
    note_size: str = None
    note_root: bytes = None
    extra_text: str = ""
    text: object = None  # edits the note's text before it is signed
    lines: object = None  # edits the list of signature lines; is given the text as well
    note: object = None  # edits the whole note
    body: object = None  # edits the body before it is hashed
    raw_body: object = None  # the same, of its bytes
    shown_body: object = None  # edits the bytes that the bundle shows
    other_leaves: object = None

    def __post_init__(self):
        v1 = self.generation == 1
        self.host = self.host or ("rekor1.matrix.example" if v1 else "rekor2.matrix.example")
        self.key = key(self.key_kind or ("p256" if v1 else "ed25519"), self.key_name)
        self.base_url = f"https://{self.host}" if self.base_url is None else self.base_url
        self.promise = v1 if self.promise is None else self.promise
        self.id = self.log_id or (self.key.spki_hash if v1 else note_id(self.key, self.host))

    def checkpoint(self, leaves):
        default = f"{self.host} - {TREE_ID}" if self.generation == 1 else self.host
        origin = default if self.origin is None else self.origin
        root = tree_root(leaves) if self.note_root is None else self.note_root
        size = str(self.size) if self.note_size is None else self.note_size
        text = f"{origin}\n{size}\n{b64(root)}\n{self.extra_text}"
        text = self.text(text) if self.text else text
        name = self.note_name or self.host
        signature = (self.note_by or self.key).sign(text.encode())
        lines = [note_line(name, self.note_key_id or self.id, signature)]
        lines = self.lines(lines, text) if self.lines else lines
        note = text + "\n" + "".join(lines)
        return self.note(note) if self.note else note

    def _promise(self, shown, global_index):
        said = {"body": b64(shown), "integratedTime": self.time, "logID": self.id.hex(),
                "logIndex": global_index, **(self.signed or {})}
        return (self.promise_by or self.key).sign(canonical(said))

    def write(self, content, default_kind):
        kind = self.kind or default_kind
        body = BODIES[kind](content)
        body = canonical(self.body(body) if self.body else body)
        body = self.raw_body(body) if self.raw_body else body
        leaves = [leaf_hash(f"entry {i}".encode()) for i in range(self.size)]
        leaves[self.index] = leaf_hash(body)
        shown = self.shown_body(body) if self.shown_body else body
        index = self.index + (FIRST_GLOBAL if self.generation == 1 else 0)
        name, version = (self.claimed_kind or kind).rsplit(" ", 1)
        entry = {
            "logIndex": str(index), "logId": {"keyId": b64(self.id)},
            "kindVersion": {"kind": name, "version": version},
            "inclusionProof": {
                "logIndex": str(self.index), "rootHash": b64(tree_root(leaves)),
                "treeSize": str(self.size), "hashes": list(map(b64, inclusion(leaves, self.index))),
                "checkpoint": {"envelope": self.checkpoint(leaves)}},
            "canonicalizedBody": b64(shown)}
        if self.generation == 1:
            entry["integratedTime"] = str(self.time)
        if self.promise:
            entry["inclusionPromise"] = {"signedEntryTimestamp": b64(self._promise(shown, index))}
        return entry
