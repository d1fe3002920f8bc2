"""Entries of Rekor v1: promises, indexes, the three kinds that are read, and the others."""

import base64
import hashlib

from case import UNREADABLE, VERIFIED, Group
from certificates import EPOCH, YEAR
from edits import both, drop, flip64, put
from keys import key
from rekor import TREE_ID, Entry, b64
from tokens import Token

case = Group("rekor v1")
SET = "rekor-spec, SET: signed over body, time, log ID and the entry's index"
BODY = "client-spec 4.4: body against bundle"
TWO_INDEXES = "rekor-spec: global index and index in the tree"
DEMAND = "sigstore_bundle.proto: proof and checkpoint of every version"
STAMPED = (Token(),)


def entry(**changes):
    return (Entry(generation=1, **changes),)


for index, size in ((0, 1), (0, 2), (2, 3), (4, 5), (6, 13), (1023, 1024)):
    case(f"entry {index} of {size}", VERIFIED, "RFC 9162 2.1.3.2",
         entries=entry(index=index, size=size))
case("promise, proof and token", VERIFIED,
     "sigstore_bundle.proto: proof and checkpoint; SET or timestamp", generation=1, tokens=STAMPED)
case("proof and token, no promise", VERIFIED, "sigstore_bundle.proto: SET or TSA",
     entries=entry(promise=False), tokens=STAMPED)
case("no promise, no token", "timestamp", "client-spec 4.2.1: unsigned time is none",
     entries=entry(promise=False), tokens=())
case("promise, no proof", "log_entry", DEMAND, generation=1, bundle=drop("entry.inclusionProof"))
case("promise, proof without checkpoint", "log_entry", DEMAND, generation=1,
     bundle=drop("proof.checkpoint"))
case("promise changed", "log_entry", SET, generation=1,
     bundle=put("entry.inclusionPromise.signedEntryTimestamp", flip64))
case("promise changed beside a token", "log_entry", "docs/reasons.md: invalid SET: fail",
     generation=1, tokens=STAMPED, bundle=put("entry.inclusionPromise.signedEntryTimestamp",
     flip64))
case("promise by another key", "log_entry", SET, entries=entry(promise_by=key("p256", "stranger")))
for title, said in (("index", {"logIndex": 5004}), ("index in the tree", {"logIndex": 3}),
                    ("time", {"integratedTime": EPOCH + 6}),
                    ("body", {"body": b64(b"{}")}), ("log ID", {"logID": "00" * 32})):
    case(f"promise of another {title}", "log_entry", SET, entries=entry(signed=said))
case("time changed", "log_entry", SET, generation=1,
     bundle=put("entry.integratedTime", str(EPOCH +6)))
case("time missing under a promise", "log_entry", SET, entries=entry(time=0),
     bundle=drop("entry.integratedTime"))
case("time of 0 under a promise", "log_entry", "rekor-spec, SET: an integratedTime",
     entries=entry(time=0))
case("empty promise", "timestamp", "proto3 JSON: an empty value equals absent", generation=1,
     bundle=put("entry.inclusionPromise.signedEntryTimestamp", ""))
case("index changed under a promise", "log_entry", SET,
     generation=1, bundle=put("entry.logIndex", "5004"))
case("index changed without a promise", VERIFIED,
     "rekor-spec: without a promise nobody signed the global index", entries=entry(
         promise=False),
     tokens=STAMPED, bundle=put("entry.logIndex", "77"))
case("index of the proof is the global one", "log_entry", TWO_INDEXES, generation=1,
     bundle=put("proof.logIndex", "5003"))
case("index of the proof is a neighbour's", "log_entry", TWO_INDEXES, generation=1,
     bundle=put("proof.logIndex", "2"))
case("index above 2^31", VERIFIED, "proto3 JSON: indexes in production are above 2^31",
     entries=entry(promise=False), tokens=STAMPED, bundle=put("entry.logIndex", "4294967299"))
case("proof's root changed", "log_entry", "RFC 9162 2.1.3.2", generation=1,
     bundle=put("proof.rootHash", flip64))
case("proof's size changed", "log_entry", "tlog-checkpoint: signed by the log's key", generation=1,
     bundle=put("proof.treeSize", "8"))
case("proof's root absent", "log_entry", "rekor-spec: v1 proofs carry root and size", generation=1,
     bundle=drop("proof.rootHash"))
case("proof's size absent", "log_entry", "rekor-spec: v1 proofs carry root and size", generation=1,
     bundle=drop("proof.treeSize"))
for title, verdict, pair in (
        ("ends at the log's time", VERIFIED, (EPOCH - YEAR, EPOCH + 5)),
        ("ended a second before", "timestamp", (EPOCH - YEAR, EPOCH + 4)),
        ("begins at the log's time", VERIFIED, (EPOCH + 5, None)),
        ("begins a second later", "timestamp", (EPOCH + 6, None))):
    case(
        f"log window {title}", verdict,
        "sigstore_trustroot.proto: integratedTime in the log's window", generation=1,
        log_window=pair)

# --- origins and addresses
for title, verdict, origin in (
        ("without a tree", "log_entry", "rekor1.matrix.example"),
        ("of another host", "log_entry", f"elsewhere.example - {TREE_ID}"),
        ("with a word for the tree", "log_entry", "rekor1.matrix.example - tree"),
        ("with another tree", VERIFIED, "rekor1.matrix.example - 1")):
    case(f"origin {title}", verdict, "tlog-checkpoint: v1 origin \"HOST - TREEID\"",
         entries=entry(origin=origin))
case("checkpoint with the old line of time", VERIFIED, "rekor-spec: Timestamp: <ns>",
     entries=entry(extra_text="Timestamp: 1772366405000000000\n"))
case("log's address missing", VERIFIED, "sigstore_trustroot.proto: v1 does not need baseUrl",
     generation=1, root=drop("tlogs.1.baseUrl"))
case("log's address of another host", "log_entry", "tlog-checkpoint: v1 name is the log's host",
     generation=1, root=put("tlogs.1.baseUrl", "https://elsewhere.example"))

# --- versions of the bundle
case("bundle 0.1 with promise and proof", VERIFIED,
     "sigstore_bundle.proto: proof and checkpoint; SET or timestamp", generation=1, version="0.1")
case("bundle 0.2 with promise and proof", VERIFIED,
     "sigstore_bundle.proto: proof and checkpoint; SET or timestamp", generation=1, version="0.2")
case("bundle 0.1 without promise", UNREADABLE, "sigstore_bundle.proto: 0.1: required",
     entries=entry(promise=False), tokens=STAMPED, version="0.1")
case("bundle 0.1 without proof", "log_entry", DEMAND, generation=1, version="0.1",
     bundle=drop("entry.inclusionProof"))
case("bundle 0.2 called 0.1, proof taken off", "log_entry",
     "sigstore_bundle.proto: mediaType is unsigned", generation=1, version="0.2",
     bundle=both(drop("entry.inclusionProof"),
                 put("mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.1")))

# --- hashedrekord 0.0.1
for title, edit in (
    ("of another file", put("spec.data.hash.value", hashlib.sha256(b"x").hexdigest())),
    ("of another algorithm", put("spec.data.hash", {"algorithm": "sha512", "value": "00" * 64})),
    ("of another signature", put("spec.signature.content", flip64)),
    ("of another certificate",
     put("spec.signature.publicKey.content", b64(key("p256", "signer").pem))),
    ("of kind dsse", put("kind", "dsse")),
    ("of version 0.0.2", put("apiVersion", "0.0.2")),
    ("without spec", drop("spec"))):
    case(f"body {title}", "log_entry", BODY, entries=entry(body=edit))
case("body is no JSON", "log_entry", BODY, entries=entry(raw_body=lambda _: b"body"))
case("body with a member twice", "log_entry", "RFC 8259 4: names should be unique",
     entries=entry(raw_body=lambda body: body.replace(
         b'"kind":"hashedrekord"', b'"kind":"hashedrekord","kind":"hashedrekord"')))
case("body shown is not the leaf", "log_entry", BODY,
     entries=entry(shown_body=lambda body: body +b" "))
case(
    "body with blanks and in another order", VERIFIED, "rekor-spec: body used as is",
    entries=entry(
        raw_body=lambda body: body.replace(
            b'{"apiVersion":"0.0.1","kind":"hashedrekord",',
            b'{ "kind":"hashedrekord", "apiVersion":"0.0.1",')))

# --- envelopes
case("dsse 0.0.1", VERIFIED, "rekor-spec: types dsse and intoto", generation=1, dsse=True)
case("dsse 0.0.1, key P-384", VERIFIED, "rekor-spec: types dsse and intoto",
     generation=1, dsse=True, leaf_kind="p384")
case("dsse 0.0.1, key Ed25519", VERIFIED, "algorithm-registry: DSSE: pure", generation=1, dsse=True,
     leaf_kind="ed25519")
case("dsse 0.0.1 with another envelope hash", VERIFIED,
      "rekor-spec: envelopeHash is not checked", dsse=True,
     entries=entry(body=put("spec.envelopeHash.value", "00" * 32)))
for title, edit in (
        ("of another payload", put("spec.payloadHash.value", "00" * 32)),
        ("of another signature", put("spec.signatures.0.signature", flip64)),
        ("of another certificate", put("spec.signatures.0.verifier", b64(key("p256",
         "signer").pem))),
        ("of two signatures", put("spec.signatures", lambda one: one * 2)),
        ("of no signature", put("spec.signatures", []))):
    case(f"dsse 0.0.1 {title}", "log_entry", BODY, dsse=True, entries=entry(body=edit))
case("intoto 0.0.2", VERIFIED, "rekor-spec: types dsse and intoto",
     dsse=True, entries=entry(kind="intoto 0.0.2"))
ENVELOPE = "spec.content.envelope"
for title, edit in (
        ("with the signature's Base64 once only",
         put(f"{ENVELOPE}.signatures.0.sig", lambda sig: base64.b64decode(sig).decode())),
        ("of another payload", put("spec.content.payloadHash.value", "00" * 32)),
        ("of another payload type", put(f"{ENVELOPE}.payloadType", "text/plain")),
        ("of another certificate", put(f"{ENVELOPE}.signatures.0.publicKey",
                                       b64(key("p256", "signer").pem))),
        ("of two signatures", put(f"{ENVELOPE}.signatures", lambda one: one * 2))):
    case(f"intoto 0.0.2 {title}", "log_entry", BODY, dsse=True,
         entries=entry(kind="intoto 0.0.2", body=edit))
case("intoto 0.0.2 with another envelope hash", VERIFIED,
     "rekor-spec: it depends on the signer's spelling", dsse=True,
     entries=entry(kind="intoto 0.0.2", body=put("spec.content.hash.value", "00" * 32)))
case("intoto 0.0.1", "log_entry", "rekor-spec: carries no signature", dsse=True,
     entries=entry(kind="intoto 0.0.1"))
case("hashedrekord 0.0.1 of an envelope", "log_entry", "rekor-spec: reject cross use", dsse=True,
     entries=entry(kind="hashedrekord 0.0.1"))
case("kind said to be intoto of a dsse body", "log_entry",
     "client-spec 4.4: entry against bundle", dsse=True, entries=entry(claimed_kind="intoto 0.0.2"))
for kind in ("rekord 0.0.1", "helm 0.0.1", "hashedrekord 0.0.0"):
    case(f"kind {kind}", "log_entry", "client-spec 4.4: others: unsupported",
         entries=entry(claimed_kind=kind))
