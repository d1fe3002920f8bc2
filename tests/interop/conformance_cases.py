"""The verification cases of the Sigstore conformance suite, as found in the fixtures.

A case is a fixture by path or by digest. What the client is asked is read from the
fixture itself, so a new fixture needs no line here.
"""

import dataclasses
import hashlib
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_FIXTURES = HERE.parent.parent.parent / "shared" / "fixtures"
DEFAULT_IDENTITY = ("https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon"
                    "/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main")
DEFAULT_ISSUER = "https://token.actions.githubusercontent.com"
EXPECTED_CASES = 140


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


def all_cases():
    folders = sorted((fixtures_root() / "conformance" / "bundle-verify").glob("*/"))
    return [Case(folder, by) for folder in folders for by in ("path", "digest")
            if (folder / "bundle.sigstore.json").is_file()]
