"""Entries of Rekor v2: trees, proofs, bodies, several entries, windows of logs."""

from case import UNREADABLE, VERIFIED, Group
from certificates import EPOCH, YEAR
from edits import both, copy_of, drop, flip64, put
from keys import key
from rekor import Entry, b64, spoiled
from tokens import Token

case = Group("rekor v2")
PROOF = "RFC 9162 2.1.3.2: the proof leads to the root"
BODY = "client-spec 4.4: the leaf is of this bundle"
PRESENT = "rekor-v2-spec: inclusion proof mandatory"
COUNT = "docs/reasons.md: unknown ignored, distinct ones counted"
WINDOW = "sigstore_trustroot.proto: verified time against the log's window"
COPIES = "docs/reasons.md: index, root and size of the proof are those of entry and checkpoint"
SECOND = Entry(host="rekor3.matrix.example", key_name="log three", index=2, size=4)


def entry(**changes):
    return (Entry(**changes),)


for index, size in ((0, 1), (0, 2), (1, 2), (2, 3), (0, 5), (4, 5), (6, 7), (7, 8), (8, 9),
                    (127, 255), (255, 256), (256, 257), (0, 1025), (1024, 1025)):
    case(f"entry {index} of {size}", VERIFIED, PROOF, entries=entry(index=index, size=size))
for at, what in ((0, "first"), (2, "last")):
    case(f"{what} hash of the proof changed", "log_entry", PROOF,
         bundle=put(f"proof.hashes.{at}", flip64))
    case(f"{what} hash of the proof missing", "log_entry", PROOF,
         bundle=drop(f"proof.hashes.{at}"))
case("a hash too many", "log_entry", PROOF, bundle=put("proof.hashes.3", b64(bytes(32))))
case("hashes in another order", "log_entry", PROOF,
     bundle=put("proof.hashes", lambda hashes: hashes[::-1]))
case("no hashes", "log_entry", PROOF, bundle=drop("proof.hashes"))
case("65 hashes", UNREADABLE, "RFC 9162 2.1.3.2: at most one hash a level",
     bundle=put("proof.hashes", [b64(bytes(32))] * 65))
case("hash of 31 bytes", UNREADABLE, "proto3 JSON: hashes",
     bundle=put("proof.hashes.0", b64(bytes(31))))
case("index of a neighbour", "log_entry", PROOF,
     bundle=both(put("entry.logIndex", "2"), put("proof.logIndex", "2")))
case("index of the tree's size", "log_entry", "RFC 9162 2.1.3.2: treeSize > logIndex",
     bundle=both(put("entry.logIndex", "7"), put("proof.logIndex", "7")))
case("index of the entry alone changed", "log_entry", PROOF, bundle=put("entry.logIndex", "2"))
case("index of the proof alone changed", "log_entry", COPIES, bundle=put("proof.logIndex", "2"))
case("size of the proof changed", "log_entry", COPIES, bundle=put("proof.treeSize", "8"))
case("root of the proof changed", "log_entry", COPIES, bundle=put("proof.rootHash", flip64))
case("root of 31 bytes", UNREADABLE, "proto3 JSON: rootHash",
     bundle=put("proof.rootHash", b64(bytes(31))))
case("root and size of the proof absent", VERIFIED,
     "CLIENTS.md: copies inside the proof should be ignored",
     bundle=both(drop("proof.rootHash"), drop("proof.treeSize")))
case("index of the proof absent", VERIFIED,
     "CLIENTS.md: copies inside the proof should be ignored", bundle=drop("proof.logIndex"))
case("no inclusion proof", "log_entry", PRESENT, bundle=drop("entry.inclusionProof"))
case("no checkpoint", "log_entry", PRESENT, bundle=drop("proof.checkpoint"))
case("empty checkpoint", "log_entry", PRESENT, bundle=put("proof.checkpoint.envelope", ""))
case("inclusion promise", "log_entry", "CLIENTS.md: Rekor v2 returns no SET",
     entries=entry(promise=True), tokens=(Token(),))
case("no body", "log_entry", "docs/reasons.md: the entry has no body",
     bundle=drop("entry.canonicalizedBody"))

# --- bodies
DATA, SIGNATURE = "spec.hashedRekordV002.data", "spec.hashedRekordV002.signature"
for title, edit in (
        ("of another digest", put(f"{DATA}.digest", flip64)),
        ("of another algorithm", put(f"{DATA}.algorithm", "SHA2_512")),
        ("of another signature", put(f"{SIGNATURE}.content", flip64)),
        ("of another certificate",
         put(f"{SIGNATURE}.verifier.x509Certificate.rawBytes", flip64)),
        ("of other key details", put(f"{SIGNATURE}.verifier.keyDetails", "PKIX_ED25519_PH")),
        ("of a bare key", put(f"{SIGNATURE}.verifier",
                              {"keyDetails": "PKIX_ECDSA_P256_SHA_256",
                               "publicKey": {"rawBytes": b64(key("p256", "signer").spki)}})),
        ("with a further member", put("spec.hashedRekordV002.note", "x")),
        ("of another kind", put("kind", "dsse")), ("of another version", put("apiVersion",
         "0.0.1"))):
    case(f"body {title}", "log_entry", BODY, entries=entry(body=edit))
case("body with blanks", "log_entry", "rekor-v2-spec: byte exact, no whitespace",
     entries=entry(raw_body=lambda body: body.replace(b",", b", ", 1)))
case("body with members in another order", "log_entry", "rekor-v2-spec: keys sorted",
     entries=entry(raw_body=lambda body: body.replace(
         b'{"apiVersion":"0.0.2","kind":"hashedrekord",',
         b'{"kind":"hashedrekord","apiVersion":"0.0.2",')))
case("body shown is not the leaf", "log_entry", BODY, entries=entry(
    shown_body=lambda body: body.replace(b"0.0.2", b"0.0.3")))
case("leaf is not the body shown", "log_entry", BODY, entries=entry(
    raw_body=lambda body: body + b" ", shown_body=lambda body: body[:-1]))
for kind in ("hashedrekord 0.0.1", "dsse 0.0.2", "hashedrekord 0.0.3", "hashedrekord 0.0.2 ",
             "Hashedrekord 0.0.2", "intoto 0.0.2"):
    name, _, version = kind.partition(" ")
    case(f"kind said to be '{kind}'", "log_entry", "client-spec 4.4: known kinds, exactly",
         bundle=put("entry.kindVersion", {"kind": name, "version": version}))
case("kind missing", "log_entry", "rekor-v2-spec: kindVersion hashedrekord/0.0.2",
     bundle=drop("entry.kindVersion"))

# --- several entries
UNKNOWN_ID = put("entry.logId.keyId", b64(bytes(32)))
case("no entries", "log_entry", "client-spec 4: log 1", bundle=drop("material.tlogEntries"))
case("empty list of entries", "log_entry", "client-spec 4: log 1",
     bundle=put("material.tlogEntries", []))
case("unknown log", "log_entry", "client-spec 4.4: entry against bundle", bundle=UNKNOWN_ID)
case("log's ID of 31 bytes", UNREADABLE, "proto3 JSON: 32 bytes",
     bundle=put("entry.logId.keyId", b64(bytes(31))))
case("log's ID missing", "log_entry", "client-spec 4.4: entry against bundle",
     bundle=drop("entry.logId"))
case("two logs", VERIFIED, COUNT, entries=(Entry(), SECOND))
case("a known and an unknown log", VERIFIED, COUNT, entries=(Entry(), SECOND), bundle=UNKNOWN_ID)
case("Rekor v1 and v2", VERIFIED, COUNT, entries=(Entry(), Entry(generation=1)))
case(
    "two entries, one of another signature", "log_entry",
    "docs/reasons.md: each entry of a known log must hold",
    entries=(Entry(),
             Entry(
                 host="rekor3.matrix.example", key_name="log three",
                 body=put(f"{SIGNATURE}.content", flip64))))
case("an entry twice", "log_entry", "client-spec 4.4: duplicate (log, index)",
     bundle=copy_of("entry", "material.tlogEntries"))
case("32 entries, 31 of unknown logs", VERIFIED, "sigstore-go's limits: 32 entries", bundle=both(
    *[put(f"material.tlogEntries.{i}", {"logId": {"keyId": b64(bytes([i] * 32))}})
      for i in range(1, 32)]))
case("33 entries", UNREADABLE, "sigstore-go's limits: 32 entries", bundle=both(
    *[put(f"material.tlogEntries.{i}", {"logId": {"keyId": b64(bytes([i] * 32))}})
      for i in range(1, 33)]))

# --- time
case("unsigned time far off", VERIFIED, "CLIENTS.md: integratedTime in v2 must be ignored",
     bundle=put("entry.integratedTime", "4102444800"))
case("time of 0", VERIFIED, "proto3 JSON: \"0\" equals absent",
     bundle=put("entry.integratedTime", "0"))
for title, verdict, pair in (
        ("ends at the time of signing", VERIFIED, (EPOCH - YEAR, EPOCH + 5)),
        ("ended a second before", "timestamp", (EPOCH - YEAR, EPOCH + 4)),
        ("begins at the time of signing", VERIFIED, (EPOCH + 5, None)),
        ("begins a second later", "timestamp", (EPOCH + 6, None))):
    case(f"log window {title}", verdict, WINDOW, log_window=pair)

# --- keys and addresses of the log
case("log key P-256", VERIFIED, "CLIENTS.md: ECDSA", entries=entry(key_kind="p256"))
case("log key RSA", VERIFIED, "CLIENTS.md: RSA, PKCS #1 v1.5", entries=entry(key_kind="rsa2048"))
for title, url in (("without scheme", "rekor2.matrix.example"),
                   ("with port", "https://rekor2.matrix.example:8443"),
                   ("with path", "https://rekor2.matrix.example/api/"),
                   ("of http", "http://rekor2.matrix.example")):
    case(
        f"log's address {title}", VERIFIED,
        "sigstore_trustroot.proto: host of baseUrl, which may lack its scheme", entries=entry(
            base_url=url))
case("log's address missing", "log_entry",
     "sigstore_trustroot.proto: v2 verification needs baseUrl", root=drop("tlogs.1.baseUrl"))
case("log's address of another host", "log_entry", "tlog-checkpoint: name equals the host",
     root=put("tlogs.1.baseUrl", "https://elsewhere.example"))
case("log key is another's", "log_entry", "tlog-checkpoint: signed by the log's key",
     root=put("tlogs.1.publicKey.rawBytes", b64(key("ed25519", "stranger").spki)))
case("log key of a kind not known", "log_entry",
     "sigstore_trustroot.proto: unsupported key: as absent",
     root=put("tlogs.1.publicKey.keyDetails", "ML_DSA_44"))
case("checkpoint key ID of its own", VERIFIED, "sigstore_trustroot.proto: checkpointKeyId",
     entries=entry(checkpoint_id=b"\1\2\3\4", note_key_id=b"\1\2\3\4"))
case("checkpoint key ID of its own, note with the usual one", "log_entry",
     "sigstore_trustroot.proto: checkpointKeyId", entries=entry(checkpoint_id=b"\1\2\3\4"))
case("signature of the note changed", "log_entry", "tlog-checkpoint: signed by the log's key",
     entries=entry( lines=lambda lines, text: [spoiled(lines[0])]))
case("other bytes signed than the artifact's", "log_entry",
     "client-spec 4.4: digest in the body is the artifact's", signed=b"other bytes\n")
