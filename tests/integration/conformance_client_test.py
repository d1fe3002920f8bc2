"""The conformance suite's client protocol against a whole instance: sign-bundle, then verify-bundle
of what it wrote. TAP on standard output."""

import hashlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import MAYFLY, PRIVATE, SECONDS, run_module  # noqa: E402

CLIENT = pathlib.Path(__file__).resolve().parent.parent / "interop" / "conformance-client"


def client(bench, *args):
    environment = {**PRIVATE, "MAYFLY": str(MAYFLY), "HOME": str(bench.home),
                   "XDG_STATE_HOME": str(bench.home)}
    return subprocess.run([str(CLIENT), *map(str, args)], capture_output=True, text=True,
                          errors="replace", cwd=bench.folder, env=environment,
                          stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)


def expect(result, status, *texts):
    said = result.stdout + result.stderr
    assert result.returncode == status, f"expected {status}, got {result.returncode}: {said}"
    for text in texts:
        assert text in said, f"expected {text!r}: {said}"


def token(bench):
    return bench.run("token", *bench.at, "--raw").expect(0).out.strip()


def signing(bench, path, bundle):
    """In the order that the protocol fixes."""
    return ["--identity-token", token(bench), "--bundle", bundle,
            "--trusted-root", bench.instance.trusted_root,
            "--signing-config", bench.instance.signing_config, path]


def verifying(bench, bundle, artifact, identity=None):
    facts = bench.instance.facts
    return ["verify-bundle", "--bundle", bundle,
            "--certificate-identity", identity or facts["identity"],
            "--certificate-oidc-issuer", facts["issuer"],
            "--trusted-root", bench.instance.trusted_root, artifact]


def test_a_signed_bundle_verifies(bench):
    path, bundle = bench.file("release", "a release\n"), bench.folder / "release.bundle.json"
    expect(client(bench, "sign-bundle", *signing(bench, path, bundle)), 0)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    expect(client(bench, *verifying(bench, bundle, path)), 0)
    expect(client(bench, *verifying(bench, bundle, f"sha256:{digest}")), 0)
    expect(client(bench, *verifying(bench, bundle, path, "eve@example.org")), 1, "identity")
    other = bench.file("other", "another\n")
    expect(client(bench, *verifying(bench, bundle, other)), 1)


def test_the_bundle_is_what_the_suite_demands(bench):
    path, bundle = bench.file("shape", "shape\n"), bench.folder / "shape.bundle.json"
    expect(client(bench, "sign-bundle", *signing(bench, path, bundle)), 0)
    said = json.loads(bundle.read_text())
    assert said["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json", said
    material = said["verificationMaterial"]
    assert set(material["certificate"]) == {"rawBytes"}, material  # the leaf alone, no root
    kinds = [entry["kindVersion"] for entry in material["tlogEntries"]]
    assert kinds == [{"kind": "hashedrekord", "version": "0.0.2"}], kinds


def test_a_bundle_that_is_there_is_replaced(bench):
    # The suite signs several times into one file.
    path, bundle = bench.file("again", "again\n"), bench.folder / "again.bundle.json"
    bundle.write_text("{}")
    for _ in range(2):
        expect(client(bench, "sign-bundle", *signing(bench, path, bundle)), 0)
        expect(client(bench, *verifying(bench, bundle, path)), 0)


def test_what_it_does_not_do_is_refused_by_name(bench):
    path, bundle = bench.file("no", "no\n"), bench.folder / "no.bundle.json"
    full = signing(bench, path, bundle)
    rows = [
        (["--in-toto", *full], 2, "--in-toto: DSSE is not supported"),
        (full[:4] + full[-1:], 2, "signing needs --signing-config and --trusted-root"),
        (full[:4] + full[6:], 2, "signing needs --signing-config and --trusted-root"),
        (["--identity-token", "not-a-token", *full[2:]], 2, "identity token"),
        ([*full[:-1], bench.folder / "absent"], 3, "absent"),
    ]
    for arguments, status, text in rows:
        expect(client(bench, "sign-bundle", *arguments), status, text)
        assert not bundle.exists(), arguments
    assert full[1] not in client(bench, "sign-bundle", "--in-toto", *full).stderr


if __name__ == "__main__":
    sys.exit(run_module(globals()))
