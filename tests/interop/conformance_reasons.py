"""Why `mayfly` refuses each fixture of the conformance suite: exit status, and what it says.

A fixture refused for another reason than its own defect would prove nothing, so each has a row.
"""

import re

ENTRY = r"not verified: log_entry: "
CHECKPOINT = ENTRY + r"checkpoint: "
TIMESTAMP = r"not verified: timestamp: "
UNREADABLE = r"not verified: \S*bundle\.sigstore\.json: "
# Two defects below make the signed text another one, and the signature is checked first.
UNSIGNED_TEXT = CHECKPOINT + r"signature by \S+: signature does not verify"
OTHER_CONTENT = ENTRY + r"body: the entry is not of this signature"
OTHER_SIGNATURE = ENTRY + r"body: the entry is of another signature"
OTHER_FILE = ENTRY + r"the bundle is for another file"
MATERIAL = UNREADABLE + r"verificationMaterial: "
WHEN = r"not verified: certificate: certificate: not valid at "

REASONS = {
    "bundle-empty-certificate-chain": (1, MATERIAL + r"x509CertificateChain has 0 certificates"),
    "bundle-from-wrong-instance": (1, ENTRY + r"no entry is of a log that the trusted root names"),
    "bundle-invalid-base64-signature":
        (1, UNREADABLE + r"messageSignature: signature: character 8 is not base64"),
    "bundle-negative-log-index": (1, MATERIAL + r"tlogEntries\[0\]: logIndex: is negative"),
    "bundle-with-root-cert":
        (1, MATERIAL + r"x509CertificateChain: certificates\[1\]: a root certificate must not"),
    "checkpoint-bad-keyhint": (1, CHECKPOINT + r"no signature by rekor\.sigstore\.dev"),
    "checkpoint-wrong-roothash": (1, ENTRY + r"inclusion proof: rootHash is not the checkpoint's"),
    "dsse-invalid-sig": (1, OTHER_SIGNATURE),
    "dsse-mismatch-envelope": (1, OTHER_SIGNATURE),
    "dsse-mismatch-sig": (1, OTHER_SIGNATURE),
    "inclusion-proof-corrupted-hash":
        (1, ENTRY + r"inclusion proof: inclusion proof does not lead to the tree's root"),
    "incorrect-public-key": (1, ENTRY + r"body: the entry is of another certificate"),
    "integrated-time-in-future":
        (1, WHEN + r"2026-05-07T15:34:11Z: its validity ended 2026-05-07T15:28:10Z"),
    "intoto-expired-certificate": (1, WHEN + r"2023-02-01T00:00:00Z: its validity begins 2030"),
    "intoto-log-entry-mismatch": (1, ENTRY + r"body: spec: content: envelope: signatures\[0\]: "),
    "intoto-missing-inclusion-proof": (1, ENTRY + r"inclusion proof is missing"),
    "intoto-set-outside-signing-cert-validity":
        (1, WHEN + r"2023-02-02T00:00:00Z: its validity ended"),
    "intoto-tsa-timestamp-outside-cert-validity":
        (1, WHEN + r"2023-02-02T00:00:00Z: its validity ended"),
    "invalid-checkpoint-signature": (1, UNSIGNED_TEXT),
    "invalid-ct-key": (1, r"not verified: sct: no SCT is by a log that the trusted root names"),
    "invalid-inclusion-proof": (1, ENTRY + r"checkpoint is missing"),
    "managed-key-no-key": (1, r"not verified: format: signed with a key that no certificate gives"),
    # Its key is spelled wrongly, which is seen before it could be the wrong one.
    "managed-key-wrong-key": (6, r"key: \S+: PUBLIC KEY: base64 ends in bits that are not zero"),
    "set-invalid-signature": (1, ENTRY + r"inclusion promise: signature does not verify"),
    "signature-mismatch": (1, OTHER_SIGNATURE),
    "wrong-hashedrekord-artifact": (1, OTHER_SIGNATURE),
    "wrong-hashedrekord-cert-and-sig": (1, OTHER_SIGNATURE),
    "wrong-hashedrekord-entry": (1, OTHER_SIGNATURE),
    "wrong-material": (1, OTHER_FILE),
    "bundle-malformed-json": (1, UNREADABLE + r"line 1, column 4754: a string has no end"),
    "bundle-unknown-version": (1, UNREADABLE + r"mediaType: .*version=99\.9"),
    "message-digest-mismatch": (1, OTHER_FILE),
    "rekor2-checkpoint-missing-log-signature": (1, CHECKPOINT + r"has no signature line"),
    "rekor2-checkpoint-missing-origin": (1, UNSIGNED_TEXT),
    "rekor2-checkpoint-missing-root-hash": (1, UNSIGNED_TEXT),
    "rekor2-checkpoint-missing-size": (1, UNSIGNED_TEXT),
    "rekor2-checkpoint-no-matching-signature": (1, CHECKPOINT + r"no signature by "),
    "rekor2-dsse-invalid-sig": (1, OTHER_CONTENT),
    "rekor2-dsse-mismatch-envelope": (1, OTHER_CONTENT),
    "rekor2-dsse-mismatch-sig": (1, OTHER_CONTENT),
    "rekor2-no-inclusion-proof": (1, ENTRY + r"inclusion proof is missing"),
    "rekor2-no-timestamp": (1, TIMESTAMP + r"there is no timestamp"),
    "rekor2-timestamp-outside-trust-root-tsa-validity":
        (1, TIMESTAMP + r"time lies outside the authority's window"),
    "rekor2-timestamp-outside-tsa-cert-validity":
        (1, TIMESTAMP + r"certificate: not valid at 2025-08-07T15:38:32Z: its validity ended"),
    "rekor2-timestamp-payload-mismatch":
        (1, TIMESTAMP + r"message imprint is not that of this signature"),
    "rekor2-timestamp-untrusted-tsa-with-embedded-cert":
        (1, TIMESTAMP + r"signed by another certificate"),
    "rekor2-timestamp-untrusted-tsa-without-embedded-cert":
        (1, TIMESTAMP + r"signed by another certificate"),
    "rekor2-timestamp-with-incorrect-time":
        (1, UNREADABLE + r"verificationMaterial: rfc3161Timestamps\[0\]: signedTimestamp: "),
    "trust-root-tlog-missing-validity-start":
        (6, r"trusted root: \S+: tlogs\[1\]: publicKey: validFor: start is missing"),
}


def problem(name, result):
    """"" where the result is this fixture's refusal, else what is wrong with it."""
    if result.status == 0:
        return "accepted a fixture that must be refused"
    if name.removesuffix("_fail") not in REASONS:
        return "no reason is written down for it in conformance_reasons.py"
    status, reason = REASONS[name.removesuffix("_fail")]
    if result.status != status:
        return f"wanted exit status {status}"
    return "" if re.search(reason, result.text) else f"not for the reason {reason!r}"
