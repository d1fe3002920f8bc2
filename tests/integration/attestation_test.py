"""`mayfly verify` of attestations: of which type, and what they say. On public bundles. TAP on standard
output."""

import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import CONFORMANCE, Skipped, run_module  # noqa: E402

CASES = CONFORMANCE / "bundle-verify"
ARTIFACT = CONFORMANCE / "a.txt"
PROVENANCE = "https://slsa.dev/provenance/v1"
WHO = ["--identity", "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/"
       ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
       "--issuer", "https://token.actions.githubusercontent.com"]


def bundle_of(case):
    path = CASES / case / "bundle.sigstore.json"
    if not path.is_file():
        raise Skipped(f"no {path}")
    return path


def verify(bench, bundle, *more, case="rekor2-dsse-happy-path"):
    return bench.run("verify", "--trusted-root", CASES / case / "trusted_root.json", *WHO, "--bundle",
                     bundle, *more, ARTIFACT)


def test_an_attestation_of_the_type_that_is_demanded(bench):
    bundle = bundle_of("rekor2-dsse-happy-path")
    for text in (PROVENANCE, "slsaprovenance1"):
        verify(bench, bundle, "--predicate-type", text, "-v").expect(0, "statement    passed")
    for text in ("slsaprovenance", "spdx", PROVENANCE + "/", "https://slsa.dev/provenance/V1"):
        verify(bench, bundle, "--predicate-type", text).expect(
            1, f"not verified: statement: predicate type is '{PROVENANCE}', not '")
    said = json.loads(verify(bench, bundle, "--json").expect(0).out)["results"][0]
    assert said["predicate_type"] == PROVENANCE, said
    assert {"name": "statement", "result": "not_checked",
            "note": "not checked: no attestation was asked for"} in said["checks"], said
    said = json.loads(verify(bench, bundle, "--json", "--predicate-type", "spdx").out)["results"][0]
    assert said["reason"] == "statement_mismatch", said


def test_prints_what_was_signed_and_nothing_else(bench):
    bundle = bundle_of("rekor2-dsse-happy-path")
    payload = json.loads(bundle.read_text())["dsseEnvelope"]["payload"]
    said = verify(bench, bundle, "--print-payload").expect(0)
    assert said.out.encode() == base64.b64decode(payload) + b"\n" and not said.err, said
    said = verify(bench, bundle, "--print-payload", "--issuer", "https://example.org",
                  "--predicate-type", "spdx").expect(1, "not verified")
    assert not said.out, said


def test_a_plain_signature_is_no_attestation(bench):
    bundle = bundle_of("rekor2-happy-path")
    verify(bench, bundle, case="rekor2-happy-path").expect(0, "verified")
    for more in (["--print-payload"], ["--predicate-type", "slsaprovenance1"]):
        said = verify(bench, bundle, *more, case="rekor2-happy-path").expect(
            1, "statement: it is a plain signature, not an attestation")
        assert not said.out, said


def test_of_a_list_those_of_another_type_are_passed_over(bench):
    whole = [json.dumps(json.loads(bundle_of(case).read_text()))
             for case in ("rekor2-happy-path", "rekor2-dsse-happy-path")]
    path = bench.file("list.jsonl", "\n".join(whole) + "\n")
    said = verify(bench, path, "--predicate-type", "slsaprovenance1").expect(
        0, "bundle in line 2, 1 others and 0 unreadable lines passed over")
    assert "statement" not in said.err, said
    verify(bench, path, "--predicate-type", "spdx").expect(1, "not verified")


def test_what_contradicts(bench):
    bundle = bundle_of("rekor2-dsse-happy-path")
    verify(bench, bundle, "--print-payload", "--json").expect(2, "both take standard output")
    for more in (["--print-payload"], ["--predicate-type", "spdx"]):
        verify(bench, bundle, "--checksums", bundle, *more).expect(2, "is no attestation")


if __name__ == "__main__":
    sys.exit(run_module(globals(), up=False))
