"""Why `mayfly` refuses each fixture of the conformance suite: exit status, and what it says.

A fixture refused for another reason than its own defect would prove nothing. A fixture without
a row (its format is not read yet) must still end in a verdict; write its row when it is read.
"""

import re

ENTRY = r"not verified: log_entry: "
CHECKPOINT = ENTRY + r"checkpoint: "
TIMESTAMP = r"not verified: timestamp: "
UNREADABLE = r"not verified: \S*bundle\.sigstore\.json: "
# Two defects below make the signed text another one, and the signature is checked first.
UNSIGNED_TEXT = CHECKPOINT + r"signature by \S+: signature does not verify"
OTHER_CONTENT = ENTRY + r"body: the entry is not of this signature"

REASONS = {
    "bundle-malformed-json": (1, UNREADABLE + r"line 1, column 4754: a string has no end"),
    "bundle-unknown-version": (1, UNREADABLE + r"mediaType: .*version=99\.9"),
    "message-digest-mismatch": (1, ENTRY + r"the bundle is for another file"),
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
    status, reason = REASONS.get(name.removesuffix("_fail"), (1, r"not verified: "))
    if result.status == 0:
        return "accepted a fixture that must be refused"
    if result.status != status:
        return f"wanted exit status {status}"
    return "" if re.search(reason, result.text) else f"not for the reason {reason!r}"
