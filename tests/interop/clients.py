"""One adapter per client: the same three acts, whoever performs them.

sign() writes a bundle, verify() answers by exit status, REFUSALS says how the
client words each refusal: a refusal for another reason is not the one that was
asked for. The wordings belong to the versions pinned in peer_cache.py.
"""

import dataclasses
import hashlib
import json
import os
import pathlib

import peer_cache
import toolchains

HERE = pathlib.Path(__file__).resolve().parent


def required():
    """Whether a peer or fixture that is missing is a failure; scripts/test --require-interop."""
    return os.environ.get("MAYFLY_REQUIRE_INTEROP") == "1"


@dataclasses.dataclass(frozen=True)
class Trust:
    """What a client is given to trust and to call; signing_config may be absent."""

    trusted_root: pathlib.Path
    signing_config: pathlib.Path = None
    instance: pathlib.Path = None


@dataclasses.dataclass(frozen=True)
class Claim:
    """What is to be verified, and who is expected to have signed it."""

    bundle: pathlib.Path
    file: pathlib.Path
    identity: str
    issuer: str


class Cosign:
    name = "cosign"
    REFUSALS = {
        "tampered file": r"invalid signature|digest.*(mismatch|does not match)",
        "wrong identity": r"expected SAN value",
        "wrong issuer": r"expected issuer value",
        "no timestamp": r"verified signed timestamps: 0 < 1",
    }

    def __init__(self, runner, cache, scratch):
        self.run = runner.run
        self.program = peer_cache.PEERS[self.name].folder(cache) / "cosign"
        home = pathlib.Path(scratch) / "cosign-home"
        (home / "tuf").mkdir(parents=True, exist_ok=True)
        # Its caches and settings must not leak in from the user's own home.
        self.env = {"HOME": str(home), "TUF_ROOT": str(home / "tuf"), "COSIGN_YES": "true"}

    def sign(self, label, trust, token_file, file, bundle):
        return self.run(label, [
            self.program, "sign-blob", "--yes", "--bundle", bundle,
            "--identity-token", token_file, "--signing-config", trust.signing_config,
            "--trusted-root", trust.trusted_root, file], self.env)

    def verify(self, label, trust, claim):
        return self.run(label, [
            self.program, "verify-blob", "--bundle", claim.bundle,
            "--trusted-root", trust.trusted_root, "--certificate-identity", claim.identity,
            "--certificate-oidc-issuer", claim.issuer, "--use-signed-timestamps",
            claim.file], self.env)


class SigstorePython:
    name = "sigstore-python"
    REFUSALS = {
        "tampered file": r"message digest mismatch|[Ss]ignature is invalid",
        "wrong identity": r"Certificate's SANs do not match",
        "wrong issuer": r"Certificate's OIDCIssuer does not match",
        "no timestamp": r"inclusion promise or\s+signed timestamp",
    }
    NOWHERE = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json", "caUrls": [],
        "oidcUrls": [], "rekorTlogUrls": [], "tsaUrls": [],
        "rekorTlogConfig": {"selector": "ANY"}, "tsaConfig": {"selector": "ANY"}}

    def __init__(self, runner, cache, scratch):
        self.run = runner.run
        self.python = peer_cache.PEERS[self.name].folder(cache) / "bin" / "python"
        self.scratch = pathlib.Path(scratch)
        home = self.scratch / "python-home"
        home.mkdir(parents=True, exist_ok=True)
        # Wide columns: its log wraps lines to the terminal, which would break up the reasons.
        self.env = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "COLUMNS": "1000",
                    "XDG_DATA_HOME": str(home)}

    def _trust_config(self, trust):
        """This client takes both files as one."""
        signing = self.NOWHERE
        if trust.signing_config:
            signing = json.loads(trust.signing_config.read_text())
        path = self.scratch / "client_trust_config.json"
        path.write_text(json.dumps({
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": json.loads(trust.trusted_root.read_text()),
            "signingConfig": signing}))
        return path

    def _command(self, trust, *arguments):
        return [self.python, "-m", "sigstore", "--trust-config", self._trust_config(trust),
                *arguments]

    def sign(self, label, trust, token_file, file, bundle):
        token = token_file.read_text().strip()
        facts = json.loads((trust.instance / "instance.json").read_text())
        # It refuses a token whose audience is not its client id, by default "sigstore".
        return self.run(label, self._command(
            trust, "sign", "--oidc-client-id", facts["audience"], "--bundle", bundle, file),
            {**self.env, "SIGSTORE_IDENTITY_TOKEN": token})

    def verify(self, label, trust, claim):
        return self.run(label, self._command(
            trust, "verify", "identity", "--bundle", claim.bundle, "--cert-identity",
            claim.identity, "--cert-oidc-issuer", claim.issuer, claim.file), self.env)


class SigstoreJs:
    name = "sigstore-js"
    REFUSALS = {
        "tampered file": r"SIGNATURE_ERROR",
        "wrong identity": r"certificate identity error",
        "wrong issuer": r"invalid certificate extension - expected issuer=",
        "no timestamp": r"expected 1 timestamps, got 0",
    }

    def __init__(self, runner, cache, _scratch):
        self.run = runner.run
        self.env = {"MAYFLY_SIGSTORE_JS": str(peer_cache.PEERS[self.name].folder(cache)),
                    **peer_cache.tool_environment(toolchains.NODE, cache)}

    def sign(self, label, trust, token_file, file, bundle):
        return self.run(label, ["node", HERE / "js" / "sign.mjs", "--instance", trust.instance,
                                "--token", token_file, "--bundle", bundle, file], self.env)

    def verify(self, label, trust, claim):
        return self.run(label, [
            "node", HERE / "js" / "verify.mjs", "--trusted-root", trust.trusted_root,
            "--bundle", claim.bundle, "--identity", claim.identity, "--issuer", claim.issuer,
            claim.file], self.env)


class Mayfly:
    name = "mayfly"
    REFUSALS = {
        "tampered file": r"not verified: (log_entry|artifact): the bundle is for another file",
        "wrong identity": r"not verified: identity: signed by .*, not by ",
        "wrong issuer": r"not verified: identity: .*issuer",
        "no timestamp": r"not verified: timestamp: there is no timestamp",
    }

    def __init__(self, runner, program):
        self.run = runner.run
        self.program = program

    def token(self, label, trust, out):
        result = self.run(label, [self.program, "token", "--instance", trust.instance, "--raw"])
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(result.stdout.strip())
        return result

    def sign(self, label, trust, _token_file, file, bundle):
        return self.run(label, [self.program, "sign", "--instance", trust.instance,
                                "--bundle", bundle, "--overwrite", file])

    def verify(self, label, trust, claim):
        return self.run(label, [
            self.program, "verify", "--trusted-root", trust.trusted_root,
            "--identity", claim.identity, "--issuer", claim.issuer, "--bundle", claim.bundle,
            claim.file])

    def verify_digest(self, label, trust, claim):
        """The other way to say what and whom to trust: by digest, and by instance."""
        digest = hashlib.sha256(claim.file.read_bytes()).hexdigest()
        return self.run(label, [
            self.program, "verify", "--instance", trust.instance, "--identity", claim.identity,
            "--issuer", claim.issuer, "--bundle", claim.bundle, f"sha256:{digest}"])


PEER_CLIENTS = (Cosign, SigstorePython, SigstoreJs)
