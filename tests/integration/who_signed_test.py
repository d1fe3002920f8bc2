"""Who signed: every way to say it, through `mayfly verify`. Bundles made by others where the fixtures
are there, and an instance whose tokens bear claims of GitHub and GitLab jobs. TAP on standard output."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import Skipped, run_module  # noqa: E402
from conformance_cases import (DEFAULT_IDENTITY, DEFAULT_ISSUER, fixtures_root,  # noqa: E402
                               production_root)

BEACON = "sigstore-conformance/extremely-dangerous-public-oidc-beacon"
WORKFLOW = ".github/workflows/extremely-dangerous-oidc-beacon.yml"
COMMIT = "52f2f0c1e7a5d7e4b1c9b8a7f6e5d4c3b2a19081"
GITHUB = {
    "repository": "acme/tool", "repository_id": "1", "repository_visibility": "public",
    "repository_owner": "acme", "repository_owner_id": "2", "ref": "refs/tags/v1.2", "sha": COMMIT,
    "workflow": "release", "workflow_ref": "acme/tool/.github/workflows/release.yml@refs/tags/v1.2",
    "workflow_sha": COMMIT, "job_workflow_ref": "acme/ci/.github/workflows/sign.yml@refs/heads/main",
    "job_workflow_sha": COMMIT, "event_name": "push", "run_id": "17", "run_attempt": "1",
    "runner_environment": "github-hosted",
}
SIGNER = "https://github.com/acme/ci/.github/workflows/sign.yml@refs/heads/main"
SOURCE = "source-repository-uri=https://github.com/acme/tool"


def say_yes(bench, run, rows):
    for args in rows:
        run(*args).expect(0, "verified")


def say_no(bench, run, rows):
    for args, status, texts in rows:
        said = run(*args).expect(status, *texts)
        assert ": verified" not in said.out, said


def real(bench):
    """A bundle that GitHub's runner signed and the public instance logged."""
    if not production_root().is_file():
        raise Skipped(f"no fixtures in {fixtures_root()}")
    folder = fixtures_root() / "conformance"
    bundle = folder / "bundle-verify" / "happy-path-v0.3" / "bundle.sigstore.json"
    return lambda *args: bench.run("verify", "--trusted-root", production_root(), "--bundle", bundle,
                                   *args, folder / "a.txt")


def test_a_run_on_github_is_named_by_its_repository(bench):
    run = real(bench)
    say_yes(bench, run, [
        ["--repo", BEACON],
        [f"--repo={BEACON}", "--repo", "o/r"],
        ["--repo", BEACON, "--signer-workflow", WORKFLOW],
        ["--repo", BEACON, "--signer-workflow", f"{WORKFLOW}@refs/heads/main"],
        ["--signer-workflow", f"{BEACON}/{WORKFLOW}@refs/heads/*"],
        ["--repo", BEACON, "--require", "source-repository-ref=refs/heads/main",
         "--require", "build-trigger=workflow_dispatch", "--require", "github-workflow-ref=refs/**"],
        ["--identity", DEFAULT_IDENTITY, "--issuer", DEFAULT_ISSUER, "--repo", BEACON],
        ["--certificate-identity", DEFAULT_IDENTITY, "--certificate-oidc-issuer", DEFAULT_ISSUER],
        ["--certificate-identity", "x", "--identity", DEFAULT_IDENTITY, "--issuer", DEFAULT_ISSUER],
        ["--identity-glob", "https://github.com/sigstore-conformance/**", "--issuer", DEFAULT_ISSUER],
    ])
    say_no(bench, run, [
        (["--repo", BEACON[:-1]], 1, ["differs      repository", f"would match  --repo {BEACON}"]),
        (["--repo", BEACON.replace("s", "S", 1)], 1, ["upper and lower case count"]),
        (["--gitlab", BEACON], 1, ["host \"github.com\", not \"gitlab.com\""]),
        (["--repo", BEACON, "--tag", "v*"], 1,
         ["demanded     --tag 'v*'", "would match  --require source-repository-ref=refs/heads/main"]),
        (["--repo", BEACON, "--signer-workflow", ".github/workflows/other.yml"], 1,
         ["differs      workflow"]),
        (["--repo", BEACON, "--require", "token-subject=**"], 1,
         ["the certificate has no token-subject"]),
        (["--repo", BEACON, "--identity", "dev@example.org"], 1, ["signed by"]),
        (["--identity-glob", "https://github.com/sigstore/**", "--issuer", DEFAULT_ISSUER], 1,
         ["signed by", f"would match  --identity {DEFAULT_IDENTITY}"]),
        (["--identity-glob", "https://github.com/sigstore-conformance/*", "--issuer",
          DEFAULT_ISSUER], 1, ["signed by"]),
    ])


def test_demands_that_say_too_little_give_no_verdict(bench):
    run = real(bench)
    who = "say who should have signed it (--repo, --identity and --issuer, or --key)"
    say_no(bench, run, [
        ([], 2, [who, "mayfly inspect"]),
        (["--identity", DEFAULT_IDENTITY], 2, [who]),
        (["--issuer", DEFAULT_ISSUER], 2, [who]),
        (["--identity-glob", "https://github.com/a/**"], 2, [who]),
        (["--tag", "v*"], 2, [who]),
        (["--issuer", DEFAULT_ISSUER, "--require", "build-trigger=**"], 2, [who]),
        (["--issuer", DEFAULT_ISSUER, "--require", "source-repository-identifier=*1*"], 2,
         ["--require: \"*1*\" would match anybody: an identifier takes no wildcard"]),
        *[(["--issuer", DEFAULT_ISSUER, "--identity-glob", glob], 2,
           [f"--identity-glob: \"{glob}\" would match anybody: a wildcard goes behind"])
          for glob in ("https://github.com/**", "https:**", "**@refs/heads/main",
                       "**/.github/workflows/**", "https://*.com/**")],
        (["--issuer", DEFAULT_ISSUER, "--tag", "**"], 2, [who]),
        (["--repo", ""], 2, ["--repo was given an empty value"]),
        (["--repo", "acme/*"], 2, ["--repo: \"acme/*\" is not OWNER/NAME"]),
        (["--repo", f"https://github.com/{BEACON}"], 2, ["leave out https://"]),
        (["--identity-glob", "https://github.com/sigstore**", "--issuer", DEFAULT_ISSUER], 2,
         ["would also match \"https://github.com/sigstore-evil"]),
        (["--identity-glob", "**", "--issuer", DEFAULT_ISSUER], 2, ["would match anybody"]),
        (["--repo", BEACON, "--tag", ""], 2, ["--tag was given an empty value"]),
        (["--repo", BEACON, "--require", "tag=v1"], 2, ["there is no extension \"tag\""]),
        (["--repo", BEACON, "--key", "key.pub"], 2, ["--key goes without --repo"]),
    ])


def test_regular_expressions_warn_of_their_holes(bench):
    run = real(bench)
    issuer = ["--issuer-regexp", r"^https://token\.actions\.githubusercontent\.com$"]
    sound = rf"^https://github\.com/{BEACON}/[^@]+@refs/heads/main$"
    for name in ("--identity-regexp", "--certificate-identity-regexp"):
        said = run(name, sound, *issuer).expect(0, "verified")
        assert "warning" not in said.err, said
    run("--identity-regexp", sound, "--certificate-oidc-issuer-regexp", issuer[1]).expect(0)
    for expression, texts in ((BEACON, ["no ^ at the front and no $ at the end"]),
                              (f"^https://github.com/{BEACON}/.*$", ["the '.' in"]),
                              (rf"^https://github\.com/{BEACON}/.*@refs/heads/main$",
                               ["in front of '@'", "[^@]*"]),
                              (".*", ["anybody matches"])):
        pinned = [*issuer, "--repo", BEACON]
        said = run("--identity-regexp", expression, *pinned).expect(0, "verified", *texts)
        assert "mayfly: warning: --identity-regexp" in said.err, said
        said = run("--json", "--identity-regexp", expression, *pinned).expect(0)
        told = " ".join(json.loads(said.out)["results"][0]["demands"][0]["warnings"])
        assert all(text in told for text in texts), said
    say_no(bench, run, [
        (["--identity-regexp", sound.replace("main", "mai"), *issuer], 1,
         ["the regular expression does not match", f"would match  --identity {DEFAULT_IDENTITY}"]),
        (["--identity-regexp", sound.replace("github", "GitHub"), *issuer], 1, ["does not match"]),
        (["--identity-regexp", "^https://github/\\s", *issuer], 2, ["a backslash before"]),
        (["--identity-regexp", "^(([a-z:/.@-])+)+[!?]x$", *issuer], 1, ["more steps or memory"]),
        (["--identity-regexp", "(?i)" + BEACON, *issuer], 2, ["byte 1", "not taken"]),
        (["--identity-regexp", BEACON + "|", *issuer], 2, ["an empty alternative"]),
        (["--identity-regexp", BEACON], 2, ["say who should have signed it"]),
        (["--identity-regexp", ".*", *issuer], 2, ["would match anybody"]),
        (["--identity-regexp", "^.*$|^x$", *issuer], 2, ["would match anybody"]),
        (["--identity-regexp", sound, "--issuer-regexp", ".*"], 2, ["would match anybody's tokens"]),
        (["--identity-regexp", "", *issuer], 2, ["--identity-regexp was given an empty value"]),
    ])


def test_only_regular_expressions_load_their_library(bench):
    path, _ = bench.signed("plain", "plain")
    watch = {"LD_DEBUG": "files"}
    said = bench.run("verify", *bench.at, *bench.who, path, env=watch).expect(0, "libcrypto")
    assert "libpcre2" not in said.err, said
    bench.run("verify", *bench.at, "--identity-regexp", "^dev@", *bench.who[2:], path,
              env=watch).expect(0, "libpcre2")


def signed_by(bench, name, path, subject, claims):
    file = bench.file("claims.json", json.dumps(claims))
    token = bench.run("token", *bench.at, "--issuer-path", path, "--subject", subject, "--claims",
                      file, "--raw").expect(0).out
    signed = bench.file(name, name)
    bench.sign("--identity-token", bench.file("job.jwt", token), signed).expect(0, ": signed ")
    return signed


def test_claims_of_a_job_can_be_demanded(bench):
    path = signed_by(bench, "by-github", "/github", "repo:acme/tool:ref:refs/tags/v1.2", GITHUB)
    issuer = ["--issuer", f"{bench.instance.facts['issuer']}/github"]

    def run(*args):
        return bench.run("verify", *bench.at, *args, path)

    say_yes(bench, run, [
        [*issuer, "--require", SOURCE, "--tag", "v*"],
        [*issuer, "--require", SOURCE, "--tag", "v2*", "--tag", "v1.2"],
        [*issuer, "--require", "token-subject=repo:acme/tool:ref:refs/tags/**"],
        [*issuer, "--identity", SIGNER, "--identity", "dev@example.org"],
        [*issuer, "--issuer", "https://idp.example.org", "--identity", SIGNER],
        [*issuer, "--identity-glob", "https://github.com/acme/*/.github/workflows/*@refs/heads/*"],
        [*issuer, "--require", "build-signer-uri=https://github.com/acme/ci/**", "--require", SOURCE],
    ])
    say_no(bench, run, [
        # GitHub's own issuer, and no other that says the same of the repository.
        (["--repo", "acme/tool"], 1, ["token is from issuer", "not \"" + DEFAULT_ISSUER]),
        (["--signer-workflow", "acme/ci/.github/workflows/sign.yml"], 1, ["token is from issuer"]),
        # The workflow's repository is not the one that was built, and the other way round.
        ([*issuer, "--require", SOURCE.replace("tool", "ci")], 1, ["differs      repository"]),
        ([*issuer, "--identity-glob", "https://github.com/acme/tool/**"], 1, ["signed by"]),
        ([*issuer, "--require", SOURCE, "--tag", "1.2"], 1, ["would match  --tag v1.2"]),
        ([*issuer, "--require", SOURCE, "--require", "deployment-environment=**"], 1,
         ["the certificate has no deployment-environment"]),
        ([*issuer, "--require", SOURCE + "/"], 1, ["a '/' at the end counts"]),
        ([*issuer, "--require", SOURCE.replace("tool", "t%6fol")], 1, ["percent signs"]),
    ])


def test_a_branch_that_is_named_like_a_tag_is_a_branch(bench):
    branch = "refs/heads/x@refs/tags/v1.2"
    claims = {**GITHUB, "ref": branch,
              "job_workflow_ref": f"acme/tool/.github/workflows/release.yml@{branch}"}
    path = signed_by(bench, "by-branch", "/github", "repo:acme/tool:ref", claims)
    issuer = ["--issuer", f"{bench.instance.facts['issuer']}/github"]

    def run(*args):
        return bench.run("verify", *bench.at, *issuer, *args, path)

    say_yes(bench, run, [["--require", SOURCE]])
    say_no(bench, run, [
        (["--require", SOURCE, "--tag", "**"], 1, ["source-repository-ref"]),
        (["--identity-glob", "https://github.com/acme/**@refs/tags/*"], 1, ["signed by"]),
        (["--identity-glob", "https://github.com/acme/tool/.github/workflows/*@refs/tags/**"], 1,
         ["signed by"]),
    ])


def test_json_shows_demands_and_what_was_found(bench):
    path, _ = bench.signed("as-json", "as json")
    facts = bench.instance.facts
    args = ["verify", "--json", *bench.at, "--issuer", facts["issuer"], "--identity"]
    said = json.loads(bench.run(*args, facts["identity"], path).expect(0).out)["results"][0]
    assert "would_match" not in said, said
    assert [(d["option"], d["field"], d["found"], d["holds"]) for d in said["demands"]] == [
        ("--identity", "identity", facts["identity"], True),
        ("--issuer", "issuer", facts["issuer"], True)], said
    said = json.loads(bench.run(*args, "eve@example.org", "--tag", "v*", path).expect(1).out)
    said = said["results"][0]
    assert said["reason"] == "identity_mismatch", said
    assert said["would_match"] == ["--identity", facts["identity"]], said
    assert [(d["demanded"], d["test"], d["found"], d["holds"]) for d in said["demands"]] == [
        ("eve@example.org", "exact", facts["identity"], False),
        (facts["issuer"], "exact", facts["issuer"], True),
        ("refs/tags/v*", "glob", None, False)], said
    # Nothing is known of the signer of a file that somebody changed.
    path.write_text("changed")
    said = json.loads(bench.run(*args, facts["identity"], path).expect(1).out)["results"][0]
    assert said["demands"] and all("found" not in d for d in said["demands"]), said


if __name__ == "__main__":
    sys.exit(run_module(globals()))
