#!/usr/bin/env python3
"""Checks the peers themselves on material that others have made. Prints TAP.

    run_controls.py [--cache DIR] [--require]

A peer that accepts everything, or refuses everything, would make the interop suite
worthless; here each accepts genuine bundles and refuses defective ones for the right
reason, without any program of ours.
"""

import argparse
import pathlib
import re
import shutil
import sys
import tempfile

import clients
import commands
import conformance_cases
import peer_cache

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import tap  # noqa: E402

GENUINE = ("rekor2-happy-path", "rekor2-checkpoint-cosigned", "bundle-with-sct-with-extensions")


def trouble(result, status, reason=""):
    if result.timed_out or result.status != status:
        return f"wanted exit status {status}: {result.describe()}"
    if not re.search(reason, result.text):
        return f"not for the reason {reason!r}: {result.describe()}"
    return ""


class Controls:
    def __init__(self, out, chosen, scratch):
        self.tap = out
        self.chosen = chosen
        self.scratch = scratch
        self.runner = commands.Runner(scratch / "logs")
        self.fixtures = conformance_cases.fixtures_root() / "conformance" / "bundle-verify"

    def check(self, name, problem):
        if problem:
            self.tap.failed(name, problem)
        else:
            self.tap.passed(name)

    def ready(self, name):
        if peer_cache.PEERS[name].ready(self.chosen.cache):
            return True
        why = peer_cache.PEERS[name].why_missing(self.chosen.cache)
        if self.chosen.require:
            self.tap.failed(f"{name} is there", why)
        else:
            self.tap.skipped(f"controls of {name}", why)
        return False

    def verify(self, client, fixture, **changes):
        folder = self.fixtures / fixture
        values = {"bundle": folder / "bundle.sigstore.json", "file": self.fixtures / "a.txt",
                  "identity": conformance_cases.DEFAULT_IDENTITY,
                  "issuer": conformance_cases.DEFAULT_ISSUER, **changes}
        return client.verify(f"{client.name}-{fixture}",
                             clients.Trust(folder / "trusted_root.json"), clients.Claim(**values))

    def peer(self, kind):
        client = kind(self.runner, self.chosen.cache, self.scratch)
        for fixture in GENUINE:
            self.check(f"{client.name} verifies {fixture}",
                       trouble(self.verify(client, fixture), 0))
        tampered = self.scratch / "tampered"
        tampered.write_text("something else\n")
        changes = {"tampered file": {"file": tampered},
                   "wrong identity": {"identity": conformance_cases.DEFAULT_IDENTITY + ".other"},
                   "wrong issuer": {"issuer": conformance_cases.DEFAULT_ISSUER + "/other"}}
        for fault, change in changes.items():
            result = self.verify(client, GENUINE[0], **change)
            self.check(f"{client.name} refuses a {fault}",
                       trouble(result, 1, client.REFUSALS[fault]))
        self.check(f"{client.name} refuses a bundle with no timestamp",
                   trouble(self.verify(client, "rekor2-no-timestamp_fail"), 1,
                           client.REFUSALS["no timestamp"]))

    def profile(self, *arguments):
        program = peer_cache.PEERS["certprofile"].folder(self.chosen.cache) / "certprofile"
        return self.runner.run("certprofile", [program, *arguments])

    def certprofile(self):
        good = self.fixtures / GENUINE[0]
        root, bundle = good / "trusted_root.json", good / "bundle.sigstore.json"
        self.check("certprofile accepts genuine certificates",
                   trouble(self.profile("--trusted-root", root, root, bundle), 0))
        other = conformance_cases.production_root()
        self.check("certprofile refuses a leaf that another authority issued",
                   trouble(self.profile("--trusted-root", other, bundle), 1, "no chain"))
        self.check("certprofile refuses an object identifier that Go cannot hold",
                   trouble(self.profile(self.large_oid()), 1, r"OID"))
        self.check("certprofile refuses a file that holds no certificate",
                   trouble(self.profile(self.fixtures / "README.md"), 2))

    def large_oid(self):
        path = self.scratch / "large-oid.pem"
        self.runner.run("openssl", [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", self.scratch / "large-oid.key", "-out", path, "-days", "1",
            "-subj", "/CN=large", "-addext", f"2.25.{2 ** 64}=DER:0500"])
        return path

    def run(self):
        for kind in clients.PEER_CLIENTS:
            if self.ready(kind.name):
                self.peer(kind)
        if self.ready("certprofile"):
            self.certprofile()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, default=peer_cache.default_cache())
    parser.add_argument("--require", action="store_true", default=clients.required())
    chosen = parser.parse_args()
    out = tap.Tap()
    if not conformance_cases.all_cases():
        return out.nothing_to_run(f"no conformance fixtures in "
                                  f"{conformance_cases.fixtures_root()}", chosen.require)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-controls-"))
    Controls(out, chosen, scratch).run()
    status = out.finish()
    if status:
        out.note(f"logs of this run: {scratch / 'logs'}")
    else:
        shutil.rmtree(scratch)
    return status


if __name__ == "__main__":
    sys.exit(main())
