#!/usr/bin/env python3
"""Real peers against a private instance, both ways and across. Prints TAP.

    run_interop.py --bin DIR [--cache DIR] [--require] [--logs DIR]

Every client signs a file with the instance's servers; every client verifies every
bundle and refuses a changed file, another identity and another issuer; certprofile
reads every certificate that the run has seen. Peers come from `peers build`; one
that is missing is a failure with --require (or MAYFLY_REQUIRE_INTEROP=1), else a
skip that names it.
"""

import argparse
import pathlib
import re
import shutil
import sys
import tempfile

import clients
import commands
import instance
import peer_cache

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import tap  # noqa: E402

PROGRAMS = ("mayfly", "mayfly-ca", "mayfly-log")
ARTIFACT = b"what the build made\n"


class Suite:
    def __init__(self, out, chosen, scratch, logs):
        self.tap = out
        self.chosen = chosen
        self.scratch = scratch
        self.logs = logs
        self.runner = commands.Runner(logs)
        self.mayfly = clients.Mayfly(self.runner, chosen.bin / "mayfly")
        self.instance = instance.Instance(chosen.bin / "mayfly", scratch / "instance",
                                          logs / "instance.log")
        self.peers = []
        self.bundles = {}  # client name -> its bundle over the artifact
        self.artifact = scratch / "artifact.bin"
        self.tampered = scratch / "tampered.bin"
        self.artifact.write_bytes(ARTIFACT)
        self.tampered.write_bytes(ARTIFACT.replace(b"build", b"thief"))

    def check(self, name, problem):
        """problem is "" for a pass, else the reason."""
        if problem:
            self.tap.failed(name, problem)
        else:
            self.tap.passed(name)
        return not problem

    def find_peers(self):
        for kind in clients.PEER_CLIENTS:
            if self.has_peer(kind.name):
                self.peers.append(kind(self.runner, self.chosen.cache, self.scratch))

    def has_peer(self, name):
        peer = peer_cache.PEERS[name]
        if peer.ready(self.chosen.cache):
            return True
        self.missing(name, peer.why_missing(self.chosen.cache))
        return False

    def missing(self, name, why):
        if self.chosen.require:
            self.tap.failed(f"{name} is there", why)
        else:
            self.tap.skipped(f"all tests with {name}", why)

    def run(self):
        self.find_peers()
        try:
            self.instance.start()
        except (instance.InstanceError, OSError, ValueError) as error:
            self.tap.failed("the instance starts", str(error))
            self.instance.stop()
            return
        try:
            self.tap.passed("the instance starts")
            self.sign_with_every_client()
            self.verify_every_bundle()
            self.profile_certificates()
        finally:
            self.check("the instance runs until it is told to stop, then ends cleanly",
                       self.instance.stop())

    @property
    def trust(self):
        return clients.Trust(self.instance.trusted_root, self.instance.signing_config,
                             self.instance.folder)

    def claim(self, bundle, **changes):
        facts = self.instance.facts
        values = {"bundle": bundle, "file": self.artifact, "identity": facts["identity"],
                  "issuer": facts["issuer"], **changes}
        return clients.Claim(**values)

    def sign_with_every_client(self):
        for client in (self.mayfly, *self.peers):
            bundle = self.scratch / f"{client.name}.sigstore.json"
            problem = self.sign_once(client, bundle)
            if self.check(f"{client.name} signs with the instance", problem):
                self.bundles[client.name] = bundle

    def sign_once(self, client, bundle):
        # A token each: a CA may take a token only once.
        token = self.scratch / "token.jwt"
        given = self.mayfly.token(f"token-for-{client.name}", self.trust, token)
        if not given.ok:
            return f"`mayfly token` failed: {given.describe()}"
        made = client.sign(f"{client.name}-signs", self.trust, token, self.artifact, bundle)
        if not made.ok:
            return f"{made.describe()}\n--- instance\n{self.instance.tail()}"
        return "" if bundle.is_file() else f"no bundle was written: {made.describe()}"

    def verify_every_bundle(self):
        for signer, bundle in self.bundles.items():
            for client in (self.mayfly, *self.peers):
                self.verify_both_ways(client, signer, bundle)
            self.verify_by_digest(signer, bundle)

    def verify_by_digest(self, signer, bundle):
        what = f"mayfly {{}} a digest with the bundle of {signer}"
        good = self.mayfly.verify_digest(f"mayfly-verifies-digest-{signer}", self.trust,
                                         self.claim(bundle))
        self.check(what.format("verifies"), "" if good.ok else good.describe())
        bad = self.mayfly.verify_digest(f"mayfly-refuses-digest-{signer}", self.trust,
                                        self.claim(bundle, file=self.tampered))
        self.check(what.format("refuses"),
                   refusal_problem(bad, self.mayfly.REFUSALS["tampered file"]))

    def verify_both_ways(self, client, signer, bundle):
        what = f"{client.name} {{}} the bundle of {signer}"
        label = f"{client.name}-verifies-{signer}"
        accepted = client.verify(label, self.trust, self.claim(bundle))
        problem = "" if accepted.ok else accepted.describe()
        if not self.check(what.format("verifies"), problem):
            return  # a refusal proves nothing of a client that refuses the good one too
        facts = self.instance.facts
        changes = {"tampered file": {"file": self.tampered},
                   "wrong identity": {"identity": f"{facts['identity']}.other"},
                   "wrong issuer": {"issuer": f"{facts['issuer']}/other"}}
        for fault, change in changes.items():
            result = client.verify(f"{label}-{fault}", self.trust, self.claim(bundle, **change))
            self.check(what.format(f"refuses a {fault} with"),
                       refusal_problem(result, client.REFUSALS[fault]))

    def profile_certificates(self):
        if not self.has_peer("certprofile"):
            return
        program = peer_cache.PEERS["certprofile"].folder(self.chosen.cache) / "certprofile"
        for name, paths in self.certificate_sources():
            result = self.runner.run(f"certprofile-{name}", [
                program, "--trusted-root", self.instance.trusted_root, *paths])
            self.tap.note(result.stdout.replace(f"{self.scratch}/", ""))
            self.check(f"certificates keep their profile: {name}",
                       "" if result.ok else result.describe())

    def certificate_sources(self):
        yield "the trusted root", [self.instance.trusted_root]
        for signer, bundle in self.bundles.items():
            yield f"the bundle of {signer}", [bundle]
        files = [path for path in sorted(self.instance.folder.rglob("*"))
                 if path.suffix in (".pem", ".crt") and path.is_file()
                 and b"BEGIN CERTIFICATE" in path.read_bytes()]
        if files:
            yield "the instance's own files", files


def refusal_problem(result, reason):
    """A peer says no with status 1; anything else is trouble, not a verdict."""
    if result.timed_out or result.status != 1:
        return f"wanted exit status 1: {result.describe()}"
    if not re.search(reason, result.text):
        return f"refused, but not for the reason {reason!r}: {result.describe()}"
    return ""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of our programs")
    parser.add_argument("--cache", type=pathlib.Path, default=peer_cache.default_cache())
    parser.add_argument("--require", action="store_true", default=clients.required())
    parser.add_argument("--logs", type=pathlib.Path, help="default: a temporary folder, "
                        "kept when a test fails")
    return parser.parse_args()


def main():
    chosen = parse_arguments()
    out = tap.Tap()
    missing = [name for name in PROGRAMS if not (chosen.bin / name).is_file()]
    if missing:
        return out.nothing_to_run(f"no {', '.join(missing)} in {chosen.bin}", chosen.require)
    # /tmp and a short name: a Unix socket's path has 108 bytes.
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-interop-", dir="/tmp"))
    logs = chosen.logs or scratch / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    Suite(out, chosen, scratch, logs).run()
    status = out.finish()
    if status:
        out.note(f"logs and files of this run: {logs} {scratch}")
    else:
        shutil.rmtree(scratch)
    return status


if __name__ == "__main__":
    sys.exit(main())
