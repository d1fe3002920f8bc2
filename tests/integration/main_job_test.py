"""The main job on a whole instance: a token, a signature, a verification, and what bad input gets.
TAP on standard output."""

import base64
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import MAYFLY, free_port_base, run_module, sha256  # noqa: E402

BIG = 100 * 1000 * 1000
BIG_MEMORY_KB = 64 * 1024  # well below the input, well above a program with its libraries


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def strict_json(text):
    """As the standard has it, and no name twice in one object."""
    def members(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"a member twice: {names}"
        return dict(pairs)

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, object_pairs_hook=members, parse_constant=refuse)


def test_status_of_a_running_instance(bench):
    bench.run("status", "--dir", bench.instance.folder).expect(0, "running", "fulcio", "answers")
    state = strict_json(bench.run("status", "--dir", bench.instance.folder, "--json").expect(0).out)
    assert state["running"] and all(state["services"].values()), state
    assert state["process"] == bench.instance.process.pid, state


class Unwell(http.server.BaseHTTPRequestHandler):
    """A service that answers, and is not well: its words are for a terminal."""

    def do_GET(self):
        full = b'{"status":"NOT_SERVING","reasons":["the disk is full","\\u001b[31mred"]}'
        body = full if self.path.startswith("/told") else b"no"
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_status_tells_unwell_from_silent(bench):
    path = bench.instance.folder / "instance.json"
    before = path.read_text()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Unwell)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{server.server_port}"
    facts = {**json.loads(before), "rekor": f"{at}/told", "ct": at,
             "oidc": "http://127.0.0.1:1/\x1b[32mgreen"}
    try:
        path.write_text(json.dumps(facts))
        said = bench.run("status", "--dir", bench.instance.folder)
        state = strict_json(bench.run("status", "--dir", bench.instance.folder, "--json").out)
    finally:
        path.write_text(before)
        server.shutdown()
        server.server_close()
    assert said.status == 4 and "\x1b" not in said.out + said.err, said
    for line in (r"fulcio +answers +http://\S+", r"oidc +SILENT +http://127.0.0.1:1/\\x1b\[32mgreen",
                 rf"rekor +unwell +{at}/told  the disk is full; \\x1b\[31mred",
                 rf"ct +unwell +{at}  answers with status 503"):
        assert re.search(f"(?m)^ +{line}$", said.out), (line, said)
    assert state["services"] == {"fulcio": True, "rekor": False, "ct": False, "oidc": False}, state


def test_token_shows_its_claims(bench):
    facts = bench.instance.facts
    shown = bench.run("token", *bench.at).expect(0).out
    for text in (facts["issuer"], facts["identity"], facts["audience"], "expires"):
        assert text in shown, shown
    raw = bench.run("token", *bench.at, "--raw").expect(0)
    assert raw.out.count("\n") == 1 and raw.out.count(".") == 2 and not raw.err, raw
    claims = claims_of(raw.out.strip())
    assert claims["iss"] == facts["issuer"] and claims["aud"] == facts["audience"], claims
    other = bench.run("token", *bench.at, "--raw", "--subject", "ada@example.org").expect(0)
    assert claims_of(other.out.strip())["sub"] == "ada@example.org", other


def test_sign_and_verify_a_file(bench):
    path, bundle = bench.signed("tool.tgz", "a release\n")
    bench.verify(path).expect(0, "verified", bench.instance.facts["identity"], "log entry")
    bench.verify("--bundle", bundle, f"sha256:{sha256(path)}").expect(0, "verified")
    # A file of such a name, whoever put it there, does not stand for the digest.
    other = f"sha256:{'ab' * 32}"
    shutil.copy(path, bench.folder / other)
    bench.verify("--bundle", bundle, other).expect(1, "another file")
    bench.verify("--bundle", bundle, f"./{other}").expect(0, "verified")
    for text in (f"sha512:{'ab' * 64}", f"sha384:{'ab' * 48}"):
        shutil.copy(path, bench.folder / text)
        shutil.copy(bundle, bench.folder / f"{text}.sigstore.json")
        bench.verify(text).expect(2, "name the bundle with --bundle")
    for text in (f"SHA256:{'ab' * 32}", "sha512:ab", "Sha384:"):
        bench.verify("--bundle", bundle, text).expect(2, text, "is not a digest")
    root = ["--trusted-root", bench.instance.trusted_root]
    bench.run("verify", *root, *bench.who, path).expect(0, "verified")
    quiet = bench.verify("--quiet", path).expect(0)
    assert not quiet.out and not quiet.err, quiet
    bench.verify("--verbose", path).expect(0, "timestamp", "sct", "passed")


def test_an_empty_file_signs_and_verifies(bench):
    path, _ = bench.signed("empty", "")
    bench.verify(path).expect(0, "verified")


def test_inspect_gives_no_verdict(bench):
    _, bundle = bench.signed("seen", "seen")
    bench.run("inspect", bundle).expect(0, bench.instance.facts["identity"], "Nothing", "verified")
    said = strict_json(bench.run("inspect", "--json", bundle).expect(0).out)
    assert said["schema"] == "mayfly.inspect/1" and said["sha256"] == sha256(bench.folder / "seen")
    assert len(said["log_entries"]) == 1 and len(said["timestamps"]) == 1, said
    # Several of what there may be several of, and none of it.
    several = json.loads(bundle.read_text())
    material = several["verificationMaterial"]
    material["tlogEntries"] *= 2
    material["timestampVerificationData"]["rfc3161Timestamps"] *= 3
    path = bench.file("several.json", json.dumps(several))
    said = strict_json(bench.run("inspect", "--json", path).expect(0).out)
    assert len(said["log_entries"]) == 2 and len(said["timestamps"]) == 3, said
    assert said["log_entries"][0]["log_index"] > 0, said
    assert bench.run("inspect", path).expect(0).out.count("log_index") == 2
    del material["tlogEntries"], material["timestampVerificationData"]
    path = bench.file("bare.json", json.dumps(several))
    said = strict_json(bench.run("inspect", "--json", path).expect(0).out)
    assert said["log_entries"] == [] and said["timestamps"] == [], said


def test_inspect_of_a_bundle_whose_parts_are_damaged(bench):
    _, bundle = bench.signed("damaged", "damaged")
    whole = json.loads(bundle.read_text())
    for name, text in (("certificate", ["certificate", "rawBytes"]),
                       ("timestamp 0", ["timestampVerificationData", "rfc3161Timestamps", 0,
                                        "signedTimestamp"])):
        said = json.loads(json.dumps(whole))
        part = said["verificationMaterial"]
        for step in text[:-1]:
            part = part[step]
        part[text[-1]] = "MAA="
        path = bench.file("damaged.json", json.dumps(said))
        bench.run("inspect", path).expect(1, "damaged.json", name)
        assert not bench.run("inspect", "--json", path).expect(1).out


def test_json_results(bench):
    path = bench.file("as-json", "as json")
    said = strict_json(bench.sign("--json", path).expect(0).out)
    assert said["schema"] == "mayfly.sign/1" and said["ok"], said
    assert said["results"][0]["result"] == "signed", said
    said = strict_json(bench.verify("--json", path).expect(0).out)
    checks = {check["name"]: check["result"] for check in said["results"][0]["checks"]}
    assert said["schema"] == "mayfly.verify/1" and said["ok"], said
    for name in ("log_entry", "timestamp", "certificate", "sct", "identity", "signature",
                 "artifact"):
        assert checks[name] == "passed", said
    path.write_bytes(b"changed")
    said = strict_json(bench.verify("--json", path).expect(1).out)
    assert said["ok"] is False and said["results"][0]["ok"] is False, said


def test_a_repeated_sign_is_no_error(bench):
    path, bundle = bench.signed("twice", "twice")
    before = bundle.read_bytes()
    bench.sign(path).expect(0, "signed already")
    assert bundle.read_bytes() == before
    bench.sign("--overwrite", path).expect(0, "signed")
    assert bundle.read_bytes() != before
    bench.verify(path).expect(0)


GITHUB = {
    "repository": "acme/tool", "repository_id": "1", "repository_visibility": "public",
    "repository_owner": "acme", "repository_owner_id": "2", "ref": "refs/heads/main",
    "sha": "52f2f0c1e7a5d7e4b1c9b8a7f6e5d4c3b2a19081", "workflow": "release",
    "workflow_ref": "acme/tool/.github/workflows/release.yml@refs/heads/main",
    "workflow_sha": "52f2f0c1e7a5d7e4b1c9b8a7f6e5d4c3b2a19081",
    "job_workflow_ref": "shared/ci/.github/workflows/sign.yml@refs/heads/main",
    "job_workflow_sha": "52f2f0c1e7a5d7e4b1c9b8a7f6e5d4c3b2a19081",
    "event_name": "push", "run_id": "17", "run_attempt": "1",
    "runner_environment": "github-hosted",
}
GITLAB = {
    "project_path": "group/tool", "project_id": "1", "namespace_path": "group",
    "namespace_id": "2", "pipeline_id": "3", "pipeline_source": "push", "job_id": "4",
    "runner_id": 5, "runner_environment": "self-hosted", "ref": "main", "ref_type": "branch",
    "sha": "52f2f0c1e7a5d7e4b1c9b8a7f6e5d4c3b2a19081", "project_visibility": "private",
    "ci_config_sha": "52f2f0c1e7a5d7e4b1c9b8a7f6e5d4c3b2a19081",
}
CONFIG = "group/tool//.gitlab-ci.yml@refs/heads/main"


def job_token(bench, path, subject, claims):
    file = bench.file("claims.json", json.dumps(claims))
    raw = bench.run("token", *bench.at, "--issuer-path", path, "--subject", subject, "--claims",
                    file, "--raw").expect(0).out.strip()
    return bench.file("job.jwt", raw)


def test_a_repeated_job_of_a_build_service_is_no_error(bench):
    rows = [
        ("/github", "repo:acme/tool:ref:refs/heads/main", GITHUB, [
            # The same workflow in another's repository, another workflow, another's token.
            ("repo:evil/tool:ref:refs/heads/main", {"repository": "evil/tool"}),
            ("repo:acme/tool:ref:refs/heads/main",
             {"job_workflow_ref": "acme/tool/.github/workflows/other.yml@refs/heads/main"}),
            ("repo:acme/tool:pull_request", {}),
        ]),
        ("/gitlab", "project_path:group/tool:ref_type:branch:ref:main", GITLAB, [
            ("project_path:group/other:ref_type:branch:ref:main",
             {"project_path": "group/other"}),
        ]),
    ]
    for path, subject, claims, others in rows:
        if path == "/gitlab":
            host = bench.instance.facts["issuer"].removeprefix("http://")
            claims = {**claims, "ci_config_ref_uri": f"{host}/{CONFIG}"}
        file = bench.file("job" + path.replace("/", "-"), path)
        token = job_token(bench, path, subject, claims)
        bench.sign("--identity-token", token, file).expect(0, ": signed ")
        # Another attempt at another commit: another token, the same job.
        again = {**claims, "run_attempt": "2", "job_id": "9"}
        again = {name: value for name, value in again.items() if name in claims}
        token = job_token(bench, path, subject, again)
        bench.sign("--identity-token", token, file).expect(0, "signed already")
        for other_subject, changed in others:
            token = job_token(bench, path, other_subject, {**claims, **changed})
            bench.sign("--identity-token", token, file).expect(
                3, "already there", "another signer", "--overwrite")
        file.write_text("changed")
        token = job_token(bench, path, subject, claims)
        bench.sign("--identity-token", token, file).expect(3, "already there", "another file")


def test_several_files_in_one_run(bench):
    paths = [bench.file(f"many-{n}", f"many {n}") for n in range(5)]
    said = bench.sign(*paths).expect(0)
    assert said.out.count(": signed ") == 5, said
    assert bench.verify(*paths).expect(0).out.count(": verified ") == 5
    # One that cannot be read does not keep the others from being signed.
    more = [bench.file("more-0", "m0"), bench.folder / "more-missing", bench.file("more-1", "m1")]
    bench.sign(*more).expect(3, "more-missing")
    bench.verify(more[0], more[2]).expect(0)
    paths[1].write_bytes(b"changed")
    said = bench.verify(*paths, bench.folder / "more-missing").expect(1, "many-1", "more-missing")
    assert said.out.count(": verified ") == 4, said


def test_sign_refuses_its_input(bench):
    signed, _ = bench.signed("mine", "mine")
    theirs = bench.file("theirs", "theirs")
    shutil.copy(f"{signed}.sigstore.json", f"{theirs}.sigstore.json")
    kept = sha256(f"{theirs}.sigstore.json")
    folder = bench.folder / "folder"
    folder.mkdir()
    token = bench.run("token", *bench.at, "--raw").expect(0).out.strip()
    rows = [
        ([bench.folder / "absent"], 3, ["absent", "No such file"]),
        ([folder], 3, ["folder", "is a directory"]),
        ([theirs], 3, ["theirs.sigstore.json", "already there", "--overwrite"]),
        (["--bundle", bench.folder / "nowhere" / "b", signed], 3, ["nowhere"]),
        (["--bundle", "b", signed, theirs], 2, ["--bundle", "one file"]),
        (["--identity-token", token, signed], 2, ["SIGSTORE_ID_TOKEN"]),
        ([f"--identity-token={token}", signed], 2, ["SIGSTORE_ID_TOKEN"]),
        (["--identity-token", f"@{token}", signed], 2, ["not the token itself", "@FILE"]),
        ([f"--identity-token=@{token}", "--json", signed], 2, ["not the token itself"]),
        (["--identity-token", "absent", "--overwrite", signed], 3, ["absent", "No such file"]),
        (["--idntity-token", "x", signed], 2, ["--idntity-token", "--identity-token"]),
        (["--overwrit", signed], 2, ["--overwrit", "did you mean --overwrite"]),
        ([], 2, ["no file"]),
    ]
    for args, status, texts in rows:
        said = bench.sign(*args).expect(status, *texts)
        assert token not in said.err + said.out, "the token is in a message"
    bench.run("sign", "--instance", "no-instance", signed).expect(3, "no-instance", "mayfly up")
    assert sha256(f"{theirs}.sigstore.json") == kept
    for name in ("absent", "folder"):
        assert not (bench.folder / f"{name}.sigstore.json").exists(), name


def test_an_instance_or_files_never_both(bench):
    path = bench.file("whose", "whose")
    token = bench.file("whose.jwt", bench.run("token", *bench.at, "--raw").expect(0).out)
    root = ["--trusted-root", bench.instance.trusted_root]
    config = ["--signing-config", bench.instance.folder / "signing_config.json"]
    given = ["--identity-token", token]
    elsewhere = {"MAYFLY_INSTANCE": str(bench.folder / "nowhere")}
    rows = [
        (["sign", *bench.at, *root, path], ["--instance and --trusted-root", "whom to trust"]),
        (["sign", *bench.at, *config, path], ["--instance and --signing-config", "which services"]),
        (["sign", *bench.at, *config, *root, path], ["--instance and --trusted-root"]),
        (["sign", *config, *given, path], ["--signing-config says", "give --trusted-root as well"]),
        (["sign", *root, *given, path], ["--trusted-root says", "give --signing-config as well"]),
        (["sign", *config, *root, path], ["no token", "--identity-token"]),
        (["verify", *bench.at, *root, *bench.who, path],
         ["--instance and --trusted-root", "whom to trust"]),
    ]
    for args, texts in rows:
        for environment in ({}, elsewhere, {"MAYFLY_INSTANCE": str(bench.instance.folder)}):
            bench.run(*args, env=environment).expect(2, *texts)
    assert not pathlib.Path(f"{path}.sigstore.json").exists()
    # Options come before the environment.
    bench.run("sign", *config, *root, *given, path, env=elsewhere).expect(0, ": signed ")
    bench.run("verify", *root, *bench.who, path, env=elsewhere).expect(0, "verified")
    bench.run("verify", *bench.at, *bench.who, path, env=elsewhere).expect(0, "verified")
    bench.run("verify", *bench.who, path, env={"MAYFLY_INSTANCE": str(bench.instance.folder)}
              ).expect(0, "verified")
    bench.run("verify", *bench.who, path, env=elsewhere).expect(3, "nowhere", "mayfly up --dir")


def test_where_a_bundle_is_looked_for(bench):
    path, bundle = bench.signed("beside", "beside")
    kept = bundle.read_bytes()
    for ending in (".sigstore", ".bundle", ".sigstore.json"):
        bundle.unlink()
        bundle = pathlib.Path(f"{path}{ending}")
        bundle.write_bytes(kept)
        bench.verify(path).expect(0, "verified")
    pathlib.Path(f"{path}.bundle").write_bytes(kept)
    bench.verify(path).expect(0, "verified")
    pathlib.Path(f"{path}.bundle").write_bytes(kept + b" ")
    bench.verify(path).expect(2, "beside.sigstore.json", "beside.bundle", "differ", "--bundle")
    pathlib.Path(f"{path}.bundle").unlink()
    _, other = bench.signed("apart", "apart")
    for ending in (".sigstore.jsonl", ".intoto.jsonl"):
        lines = bench.file(f"beside{ending}", b"{}\n\n" + other.read_bytes() + kept)
        bench.verify(path).expect(2, "beside.sigstore.json", f"beside{ending}", "--bundle")
        bench.verify("--bundle", bundle, path).expect(0, "verified")
        bundle.rename(bench.folder / "kept")
        bench.verify(path).expect(0, "verified", "line 4, 1 others and 1 unreadable")
        lines.write_bytes(other.read_bytes())
        bench.verify(path).expect(1, f"beside{ending}", "none of 1 bundles is about this file")
        (bench.folder / "kept").rename(bundle)
        lines.unlink()
    bench.verify(path).expect(0, "verified")


def test_verify_refuses_its_input(bench):
    path, bundle = bench.signed("subject", "subject")
    text = bundle.read_text()
    other, _ = bench.signed("other", "other")
    tampered = bench.file("tampered", "subject, tampered with")
    truncated = bench.file("truncated.json", text[:len(text) // 2])
    twice = bench.file("twice.json", text.replace("{", '{"mediaType":"x",', 1))
    garbage = bench.file("garbage.json", b"\xff\x00\xfe")
    empty = bench.file("empty.json", "")
    array = bench.file("array.json", "[]")
    trailing = bench.file("trailing.json", text + "{}")
    deep = bench.file("deep.json", "[" * 100000)
    old = bench.file("old.json", text.replace("v0.3+json", "v9.9+json"))
    rows = [
        (["--bundle", bundle, other], 1, ["other", "another file"]),
        (["--bundle", bundle, tampered], 1, ["tampered", "another file"]),
        (["--bundle", bundle, f"sha256:{sha256(other)}"], 1, ["another file"]),
        (["--bundle", truncated, path], 1, ["truncated.json", "a string has no end"]),
        (["--bundle", twice, path], 1, ["twice.json", "mediaType", "twice"]),
        (["--bundle", garbage, path], 1, ["garbage.json", "expected a value"]),
        (["--bundle", empty, path], 1, ["empty.json", "the text is empty"]),
        (["--bundle", array, path], 1, ["array.json", "not a JSON object"]),
        (["--bundle", trailing, path], 1, ["trailing.json", "something follows the value"]),
        (["--bundle", deep, path], 1, ["deep.json", "deeper than 32 levels"]),
        (["--bundle", old, path], 1, ["v9.9", "is not a Sigstore bundle that we know"]),
        (["--bundle", bench.folder / "absent.json", path], 3, ["absent.json", "No such file"]),
        (["--bundle", bench.folder, path], 3, [str(bench.folder), "directory"]),
        ([bench.folder / "absent"], 3, ["absent", "No such file"]),
        ([bench.folder], 3, [str(bench.folder), "is a directory"]),
        ([tampered], 3, ["tampered.sigstore.json", "--bundle"]),
        ([f"sha256:{sha256(path)}"], 2, ["name the bundle with --bundle"]),
        (["--bundle", bundle, "sha256:12ab"], 2, ["sha256:12ab", "64"]),
        (["--identty", "x", path], 2, ["--identty", "--identity"]),
        (["--bundle"], 2, ["--bundle needs FILE"]),
    ]
    for args, status, texts in rows:
        bench.verify(*args).expect(status, *texts)


# Of no key that signs here.
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExRRST79+PsrRBnGAI4cMu6Omz2Jh
fwlMW+gIutNKVRaMyS4rQKvgngc5p8UbLj55pVHhIoAxi/SRgURZI0J3Xw==
-----END PUBLIC KEY-----
"""


def test_a_key_in_place_of_a_name(bench):
    path, bundle = bench.signed("keyed", "keyed")
    key = bench.file("key.pub", PUBLIC_KEY)
    broken = bench.file("broken.pub", PUBLIC_KEY.replace("M", "?", 1))
    absent = bench.folder / "absent.pub"
    by_key = [*bench.at, "--key"]
    bench.run("verify", *by_key, key, path).expect(
        1, "format: signed with a certificate", "--identity and --issuer")
    bench.run("verify", *by_key, key, *bench.who, path).expect(2, "--key goes without --identity")
    bench.run("verify", *by_key, absent, path).expect(6, "absent.pub", "cannot open")
    bench.run("verify", *by_key, broken, path).expect(6, "broken.pub")
    # The bundle's claim to be signed with a key does not take it past its log entry.
    forged = json.loads(bundle.read_text())
    forged["verificationMaterial"]["publicKey"] = {"hint": "any"}
    del forged["verificationMaterial"]["certificate"]
    claims = bench.file("claims.json", json.dumps(forged))
    bench.run("verify", *by_key, key, "--bundle", claims, path).expect(
        1, "log_entry: body: the entry is not of this signature")
    bench.verify("--bundle", claims, path).expect(1, "signed with a key that no certificate")


def test_verify_refuses_who_and_whom_to_trust(bench):
    path, _ = bench.signed("by-dev", "by dev")
    facts = bench.instance.facts
    root = bench.instance.trusted_root.read_text()
    bad_root = bench.file("bad-root.json", root[:100])
    rows = [
        ([*bench.at, "--identity", "eve@example.org", "--issuer", facts["issuer"]], 1,
         ["identity: signed by", "not by \"eve@example.org\""]),
        ([*bench.at, "--identity", facts["identity"].upper(), "--issuer", facts["issuer"]], 1,
         ["identity: signed by", facts["identity"].upper()]),
        ([*bench.at, "--identity", facts["identity"], "--issuer", "https://example.org"], 1,
         ["identity: token is from issuer", "https://example.org"]),
        ([*bench.at, "--identity", "", "--issuer", ""], 2, ["--identity was given an empty value"]),
        (bench.at, 2, ["--identity", "--issuer", "mayfly inspect"]),
        ([*bench.at, "--identity", facts["identity"]], 2, ["say who should have signed it"]),
        ([*bench.who, "--trusted-root", "absent-root"], 6, ["absent-root", "No such file"]),
        ([*bench.who, "--trusted-root", bad_root], 6,
         ["bad-root.json", "expected a member's name"]),
        ([*bench.who, "--trusted-root", path], 6, ["by-dev", "expected a value"]),
    ]
    for args, status, texts in rows:
        said = bench.run("verify", *args, path).expect(status, *texts)
        assert ": verified" not in said.out, said


def test_a_bundle_of_100_megabytes(bench):
    path, bundle = bench.signed("with-big", "with big")
    big = bench.folder / "big.json"
    with open(big, "wb") as out:
        out.write(bundle.read_bytes())
        out.truncate(BIG)
    said = bench.verify("--bundle", big, path)
    assert said.status in (1, 3) and "big.json" in said.err, said
    assert said.memory_kb < BIG_MEMORY_KB, f"{said.memory_kb} kB used"
    big.unlink()


def test_other_verbs_refuse_their_input(bench):
    rows = [
        (["inspect", "absent"], 3, ["absent", "No such file"]),
        (["inspect", bench.file("half.json", "{")], 1, ["half.json", "expected a member's name"]),
        (["token", *bench.at, "--claims", "absent"], 3, ["absent", "No such file"]),
        (["signn", "x"], 2, ["unknown command", "signn"]),
        (["status", "--dir", "nothing-here"], 4, ["nothing-here", "no instance is running"]),
        (["down", "--dir", "nothing-here"], 3, ["nothing-here", "no instance is running"]),
    ]
    for args, status, texts in rows:
        bench.run(*args).expect(status, *texts)


def test_only_verbs_that_use_the_network_load_it(bench):
    path, bundle = bench.signed("offline", "offline")
    watch = {"LD_DEBUG": "files"}
    for args in (["verify", *bench.at, *bench.who, path], ["inspect", bundle], ["version"]):
        said = bench.run(*args, env=watch).expect(0, "libcrypto")
        assert "libcurl" not in said.err and "libssl" not in said.err, args
    bench.run("sign", *bench.at, "--overwrite", path, env=watch).expect(0, "libcurl", "libssl")


def test_up_sends_nobody_to_a_log_that_says_nothing(bench):
    blocked = bench.folder / "blocked"
    (blocked / "services.log").mkdir(parents=True)
    port = ["--port-base", str(free_port_base())]
    for more in ([], ["--detach"]):
        said = bench.run("up", "--dir", blocked, *port, *more).expect(3, "services.log", "cannot")
        assert "read why" not in said.err, said
    alone = bench.folder / "alone"
    alone.mkdir()
    shutil.copy(MAYFLY, alone)
    process = subprocess.run([alone / "mayfly", "up", "--dir", bench.folder / "new", *port],
                             capture_output=True, text=True, env={"PATH": "/nowhere"},
                             stdin=subprocess.DEVNULL, timeout=60)
    assert process.returncode == 3 and "install all of mayfly's" in process.stderr, process
    assert "read why" not in process.stderr, process


if __name__ == "__main__":
    sys.exit(run_module(globals()))
