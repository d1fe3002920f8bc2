"""What a case is: a name, the verdict, the text that decides, and how the story differs.

The texts, by their short names: client-spec, rekor-spec, rekor-v2-spec, algorithm-registry
(sigstore/architecture-docs); sigstore_bundle.proto, sigstore_trustroot.proto (sigstore/
protobuf-specs); certificate-specification, oid-info (sigstore/fulcio, docs); CLIENTS.md (sigstore/
rekor-tiles); signed-note, tlog-checkpoint, tlog-policy, static-ct-api (C2SP); in-toto Statement
(in-toto/attestation, v1); RFCs and X.690; and docs/reasons.md, where these leave the choice to us.
"""

import dataclasses

VERIFIED = "verified"
UNREADABLE = "rejected"  # no bundle at all: exit status 1, and no step is reached
TRUST = "trust"  # an unusable trusted root or key: exit status 6
STEPS = ("format", "log_entry", "witness", "timestamp", "certificate", "sct", "identity",
         "signature", "artifact")


@dataclasses.dataclass(frozen=True)
class Case:
    group: str
    title: str
    verdict: str  # VERIFIED, the step that fails, UNREADABLE or TRUST
    why: str  # the text that decides
    changes: dict
    unchecked: tuple = ()  # steps that nothing demands here

    @property
    def name(self):
        return f"{self.group}: {self.title}"


class Group:
    """Collects the cases of one subject."""

    def __init__(self, name):
        self.name = name
        self.cases = []

    def __call__(self, title, verdict, why, unchecked=(), **changes):
        assert verdict in (VERIFIED, UNREADABLE, TRUST, *STEPS), verdict
        self.cases.append(Case(self.name, title, verdict, why, changes, unchecked))
