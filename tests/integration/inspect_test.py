"""mayfly inspect on each kind of file that it shows, whole and damaged. TAP on standard output."""

import base64
import json
import pathlib
import re
import struct
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import run_module  # noqa: E402
from main_job_test import strict_json  # noqa: E402
from openssl import openssl  # noqa: E402

NOTHING = "Nothing of this was verified"


def der_of(pem):
    return openssl("x509", "-outform", "DER", data=pem)


def promise(bench):
    """The CT log's own answer for the issuing CA, as JSON and as bytes."""
    chain = [b"-----BEGIN" + part for part in
             (bench.instance.folder / "ca" / "ca-chain.pem").read_bytes().split(b"-----BEGIN")[1:]]
    body = json.dumps({"chain": [base64.b64encode(der_of(pem)).decode() for pem in chain]})
    request = urllib.request.Request(f"{bench.instance.facts['ct']}/ct/v1/add-chain",
                                     data=body.encode(), method="POST",
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    sct = json.loads(text)
    extensions = base64.b64decode(sct["extensions"])
    raw = (b"\0" + base64.b64decode(sct["id"]) + struct.pack(">QH", sct["timestamp"], len(extensions)) +
           extensions + base64.b64decode(sct["signature"]))
    return text, raw


def kinds(bench):
    """Name, content, kind, what people read of it, and a member of the document."""
    folder = bench.instance.folder
    _, bundle = bench.signed("shown", "shown")
    chain = (folder / "ca" / "ca-chain.pem").read_bytes()
    leaf = json.loads(bundle.read_text())["verificationMaterial"]["certificate"]["rawBytes"]
    text, raw = promise(bench)
    log_id = base64.b64decode(json.loads(text)["id"]).hex()
    token = bench.run("token", *bench.at, "--raw").expect(0).out.encode()
    who, issuer = bench.instance.facts["identity"], bench.instance.facts["issuer"]
    listed = struct.pack(">HH", len(raw) + 2, len(raw)) + raw
    return [
        ("bundle.json", bundle.read_bytes(), "bundle", [who, issuer, "log_index"], "log_entries"),
        ("root.json", (folder / "trusted_root.json").read_bytes(), "trusted_root",
         ["http://rekor.mayfly.internal", "Ed25519", "valid_from", "CN=mayfly issuing CA",
          "timestamp authority"], "certificate_authorities"),
        ("chain.pem", chain, "certificate", ["O=mayfly, CN=mayfly root", "authority", "yes"],
         "certificates"),
        ("noted.pem", b"a note before it\n" + chain, "certificate", ["CN=mayfly root"],
         "certificates"),
        ("leaf.der", base64.b64decode(leaf), "certificate",
         [who, issuer, "ECDSA P-256", "sct_log_id", log_id], "certificates"),
        ("checkpoint", (folder / "log" / "public" / "checkpoint").read_bytes(), "checkpoint",
         ["rekor.mayfly.internal", "tree_size", "root_hash", "signature_bytes"], "signatures"),
        ("sct.json", text, "sct", [log_id, "leaf_index", "ECDSA with SHA-256"], "scts"),
        ("sct.bin", raw, "sct", [log_id, "leaf_index"], "scts"),
        ("scts.bin", listed, "sct", [log_id, "leaf_index"], "scts"),
        ("token.jwt", token, "token", [who, issuer, "exp", "ES256", "it is not shown"], "claims"),
    ]


def test_each_kind_is_shown_without_a_verdict(bench):
    for name, content, kind, texts, member in kinds(bench):
        path = bench.file(name, content)
        said = bench.run("inspect", path).expect(0, NOTHING, *texts)
        assert re.match(f"kind +{kind}\n", said.out) and not said.err, said
        document = strict_json(bench.run("inspect", "--json", path).expect(0).out)
        assert document["schema"] == "mayfly.inspect/1" and document["kind"] == kind, document
        assert document["note"] == "nothing was verified" and document[member], document
        assert not re.search("verified(?! )|valid\\b", json.dumps(document).replace(
            "nothing was verified", "").replace("email_verified", "")), document


def test_a_half_of_each_is_refused(bench):
    for name, content, _, _, _ in kinds(bench):
        path = bench.file(f"half-{name}", content[:len(content) // 2])
        for form in ([], ["--json"]):
            said = bench.run("inspect", *form, path).expect(1, f"half-{name}")
            assert NOTHING not in said.out and (not form or not said.out), said


def test_names_of_claims_cannot_drive_a_terminal(bench):
    values = {"\x1b[31mtext": "x", "\x1b[32mnumber": 1, "\x1b[33mflag": True, "\x1b[34mobject": {},
              "\x1b[35mlist": [1, "x"]}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
             for part in ({"alg": "none", "\x1b[36mnumber": 2}, values)]
    said = bench.run("inspect", bench.file("driving.jwt", ".".join([*parts, "AAAA"]))).expect(0)
    assert "\x1b" not in said.out + said.err, said
    assert said.out.count("\\x1b[3") == 7 and re.search(r"\\x1b\[32mnumber +1\n", said.out), said


def test_the_signature_of_a_token_stays_unshown(bench):
    token = bench.run("token", *bench.at, "--raw").expect(0).out.strip()
    signature = token.split(".")[2]
    decoded = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    shapes = {"whole": token, "spaced": f"\n {token}\r\n", "two": ".".join(token.split(".")[:2]),
              "four": f"{token}.x", "header": "." + token, "claims": token.replace(".", ".!", 1)}
    for name, text in shapes.items():
        path = bench.file(f"token-{name}", text)
        for form in ([], ["--json"]):
            said = bench.run("inspect", *form, path)
            assert said.status == (0 if name in ("whole", "spaced") else 1), said
            for secret in (signature, decoded.hex(), base64.b64encode(decoded).decode()):
                assert secret[:20] not in said.out + said.err, said


def test_claims_of_every_type_and_hostile_text(bench):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"exp": 1700000000, "aud": ["one", "two"], "nested": {"a": [1, 2]}, "flag": False,
              "none": None, "half": 0.5, "text": "line\nkind  bundle\x1b[2J", "\x1b[31mname": "x"}
    path = bench.file("claims.jwt", f"{part({'alg': 'none'})}.{part(claims)}.")
    said = bench.run("inspect", path).expect(0, "1700000000 (2023-11-14T22:13:20Z)", "one", "two",
                                             "(1 values: see --json)", "false", "none", NOTHING)
    assert "\x1b" not in said.out and "\nkind  bundle" not in said.out, said
    assert re.search("signature +none", said.out), said
    document = strict_json(bench.run("inspect", "--json", path).expect(0).out)
    assert document["claims"] == claims, document


def test_what_is_of_no_kind_is_refused(bench):
    key = (bench.instance.folder / "ca" / "ca.key").read_text()
    rows = [("words", "some words\n", "none of what can be shown"), ("zeros", bytes(64), "zeros"),
            ("private.pem", key, 'PEM block 1 is "PRIVATE KEY", not "CERTIFICATE"'),
            ("empty", "", "empty"), ("number", "0123456789", "none of what can be shown"),
            ("other.json", '{"mediaType": "text/plain"}', "not a Sigstore bundle"),
            ("no-signature", "log.example\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
             "none of what can be shown")]
    for name, content, says in rows:
        said = bench.run("inspect", bench.file(name, content)).expect(1, name, says)
        assert key.split("\n")[1] not in said.out + said.err, said


if __name__ == "__main__":
    sys.exit(run_module(globals()))
