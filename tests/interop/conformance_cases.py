"""The verification cases of the Sigstore conformance suite, as found in the fixtures.

A case is a fixture by path or by digest. What it needs of a client is read from the
fixture itself, so a new fixture needs no line here. UNKNOWN_YET is the one list to
shorten when the client learns a format.
"""

import dataclasses
import hashlib
import json
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_FIXTURES = HERE.parent.parent.parent / "shared" / "fixtures"
DEFAULT_IDENTITY = ("https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon"
                    "/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main")
DEFAULT_ISSUER = "https://token.actions.githubusercontent.com"
EXPECTED_CASES = 140

# Format that the client does not read yet -> what its refusal must mention.
UNKNOWN_YET = {
    "managed key": r"--key|public ?key|publicKey",
    "bundle v0.1": r"version=0\.1|v?0\.1\b",
    "intoto 0.0.2": r"(?i)intoto|in-toto|dsse",
    "dsse 0.0.1": r"(?i)dsse",
    "hashedrekord 0.0.1": r"0\.0\.1|(?i:rekor v1)",
}
KNOWN = {"bundle v0.3", "bundle v0.2", "hashedrekord 0.0.2", "message signature", "DSSE"}


def fixtures_root():
    return pathlib.Path(os.environ.get("MAYFLY_FIXTURES") or DEFAULT_FIXTURES)


def production_root():
    return fixtures_root() / "sigstore-tuf" / "targets" / "trusted_root.json"


@dataclasses.dataclass(frozen=True)
class Case:
    folder: pathlib.Path
    by: str  # "path" or "digest"

    @property
    def name(self):
        return f"{self.folder.name} by {self.by}"

    @property
    def must_fail(self):
        return self.folder.name.endswith("_fail")

    @property
    def bundle(self):
        return self.folder / "bundle.sigstore.json"

    @property
    def artifact(self):
        own = self.folder / "artifact"
        return own if own.is_file() else self.folder.parent / "a.txt"

    def _text(self, name, default):
        path = self.folder / name
        return path.read_text().strip() if path.is_file() else default

    def arguments(self):
        """In the order that the protocol fixes."""
        arguments = ["verify-bundle", "--bundle", str(self.bundle)]
        if (self.folder / "key.pub").is_file():
            arguments += ["--key", str(self.folder / "key.pub")]
        else:
            arguments += ["--certificate-identity", self._text("identity", DEFAULT_IDENTITY),
                          "--certificate-oidc-issuer", self._text("issuer", DEFAULT_ISSUER)]
        if (self.folder / "trusted_root.json").is_file():
            arguments += ["--trusted-root", str(self.folder / "trusted_root.json")]
        if self.by == "path":
            return [*arguments, str(self.artifact)]
        return [*arguments, f"sha256:{hashlib.sha256(self.artifact.read_bytes()).hexdigest()}"]

    def formats(self):
        """The formats that the case asks of a client; what cannot be read asks for none."""
        try:
            bundle = json.loads(self.bundle.read_bytes())
            material = bundle["verificationMaterial"]
            entries = [entry["kindVersion"] for entry in material.get("tlogEntries", [])]
        except (ValueError, KeyError, TypeError):
            return set()
        asked = {f"{kind['kind']} {kind['version']}" for kind in entries}
        asked.add("DSSE" if "dsseEnvelope" in bundle else "message signature")
        asked.add(f"bundle v{_version(bundle.get('mediaType', ''))}")
        if "publicKey" in material or (self.folder / "key.pub").is_file():
            asked.add("managed key")
        return asked

    def unknown(self):
        return sorted(self.formats() - KNOWN)


def _version(media_type):
    """Both spellings: ...bundle.v0.3+json and ...bundle+json;version=0.3."""
    return media_type.replace("+json;version=", ".v").removesuffix("+json").rpartition(".v")[2]


def all_cases():
    folders = sorted((fixtures_root() / "conformance" / "bundle-verify").glob("*/"))
    return [Case(folder, by) for folder in folders for by in ("path", "digest")
            if (folder / "bundle.sigstore.json").is_file()]
