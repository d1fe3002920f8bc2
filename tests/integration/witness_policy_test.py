"""`mayfly verify --witness-policy`: on a public bundle whose head three real witnesses cosigned, and
on an own instance's, cosigned here by a key that openssl made. TAP on standard output."""

import base64
import hashlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import CONFORMANCE, Skipped, run_module  # noqa: E402
from openssl import b64, openssl  # noqa: E402
from witness_support import Witness as MayflyWitness, init_witness  # noqa: E402

PUBLIC = CONFORMANCE / "bundle-verify" / "rekor2-dsse-happy-path"
BUILDER = ("https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/"
           "workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main")
ACTIONS = "https://token.actions.githubusercontent.com"

LOG = ("log log2025-alpha3.rekor.sigstage.dev+d3d3a70c+"
       "AZQ93VXPMmj9uZj7U/7CefQ9yy8RgYFv6mKzOseipjqp\n")
OTHER_LOG = "log PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n"
MOLE = ("witness mole witness.stagemole.eu+67f7aea0+"
        "BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv\n")
GEOMYS = ("witness geomys witness.navigli.sunlight.geomys.org+a3e00fe2+"
          "BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G\n")
LITTLE = ("witness little transparency.dev/DEV:witness-little-garden+d8042a87+"
          "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM\n")


def verify_public(bench, policy, *more):
    if not PUBLIC.is_dir():
        raise Skipped(f"no {PUBLIC}")
    path = bench.file("witnesses.policy", policy)
    return bench.run("verify", "--trusted-root", PUBLIC / "trusted_root.json", "--identity", BUILDER,
                     "--issuer", ACTIONS, "--bundle", PUBLIC / "bundle.sigstore.json",
                     "--witness-policy", path, *more,
                     PUBLIC.parent.parent / "a.txt")


def test_a_quorum_of_real_witnesses(bench):
    quorum = LOG + MOLE + GEOMYS + LITTLE + "group g 2 mole geomys little\nquorum g\n"
    verify_public(bench, quorum, "-v").expect(0, "verified", "witness      passed")
    said = json.loads(verify_public(bench, quorum, "--json").expect(0).out)["results"][0]
    assert said["witnesses"] == ["mole", "geomys"], said
    assert {"name": "witness", "result": "passed"} in said["checks"], said


def test_no_quorum(bench):
    for policy, text in (
            (LITTLE + "quorum little\n", "witness little has not cosigned the checkpoint"),
            (MOLE + LITTLE + "group g all mole little\nquorum g\n",
             "the quorum g needs 2 of its 2 members and has 1 (without: little)"),
            (OTHER_LOG + MOLE + "quorum mole\n",
             "the policy names other logs, not log2025-alpha3.rekor.sigstage.dev")):
        verify_public(bench, policy).expect(1, "not verified: witness: " + text)
    said = json.loads(verify_public(bench, LITTLE + "quorum little\n", "--json").expect(1).out)
    said = said["results"][0]
    assert said["reason"] == "witness_quorum_missing" and said["witnesses"] == [], said
    results = {check["name"]: check["result"] for check in said["checks"]}
    assert results["log_entry"] == "passed" and results["timestamp"] == "not_reached", said


def test_a_policy_that_is_not_usable_gives_no_verdict(bench):
    """Nobody is told that a file does not verify because a policy was mistyped."""
    for policy, text in (("quorum mole\n", "line 1: no witness or group 'mole'"),
                         (MOLE, "there is no quorum line"),
                         ("x" * 600000 + "\n", "larger than")):
        verify_public(bench, policy).expect(6, "witness policy: ", "witnesses.policy", text)
    path, bundle = bench.signed("absent", "absent")
    bench.verify("--witness-policy", bench.folder / "nowhere", path).expect(6, "nowhere")


class Witness:
    """An Ed25519 key of openssl's, and the lines of C2SP tlog-cosignature by hand."""

    def __init__(self, folder, name):
        self.name, self.pem = name, folder / f"{name}.pem"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.pem)
        raw = openssl("pkey", "-in", self.pem, "-pubout", "-outform", "DER")[-32:]
        self.material = b"\x04" + raw
        self.id = hashlib.sha256(name.encode() + b"\n" + self.material).digest()[:4]

    @property
    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{b64(self.material)}"

    def cosign(self, note, seconds=1763900000):
        text = note.split("\n\n")[0] + "\n"
        message = self.pem.with_suffix(".message")
        message.write_text(f"cosignature/v1\ntime {seconds}\n{text}")
        signature = openssl("pkeyutl", "-sign", "-inkey", self.pem, "-rawin", "-in", message)
        return note + f"— {self.name} {b64(self.id + seconds.to_bytes(8, 'big') + signature)}\n"


def test_an_own_instance(bench):
    """Lines added to the head leave the log's own signature whole; one that is forged does not."""
    path, bundle = bench.signed("tool", "tool")
    one, two = Witness(bench.folder, "one.example"), Witness(bench.folder, "two.example")
    policy = bench.file("own.policy", f"witness 1 {one.vkey}\nwitness 2 {two.vkey}\n"
                                      "group g all 1 2\nquorum g\n")
    demand = ["--witness-policy", policy, path]
    bench.verify(*demand).expect(1, "witness: the quorum g", "(without: 1, 2)")
    whole = json.loads(bundle.read_text())
    proof = whole["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    plain = proof["checkpoint"]["envelope"]

    def with_head(note):
        proof["checkpoint"]["envelope"] = note
        bundle.write_text(json.dumps(whole))

    with_head(one.cosign(plain))
    bench.verify(*demand).expect(1, "has 1 (without: 2)")
    both = two.cosign(one.cosign(plain))
    with_head(both)
    bench.verify(*demand).expect(0, "verified")
    forged = two.cosign(one.cosign(plain)).replace("— two.example ", "— one.example ")
    with_head(forged)
    bench.verify(*demand).expect(1, "without: 2")
    line = both.splitlines()[-1].split(" ")[2]
    signature = bytearray(base64.b64decode(line))
    signature[20] ^= 1
    with_head(both.replace(line, b64(bytes(signature))))
    bench.verify(*demand).expect(1, "witness: cosignature by two.example+", "does not verify")
    bench.verify(path).expect(0, "verified")  # who demands no witness does not ask them


def test_an_own_instance_and_a_real_witness(bench):
    """mayfly-witness cosigns the head that a bundle carries, and mayfly verify demands it."""
    path, bundle = bench.signed("witnessed", "witnessed")
    identity = json.loads((bench.instance.folder / "log" / "identity.json").read_text())
    origin, raw = identity["origin"], base64.b64decode(identity["publicKey"])[-32:]
    log_id = hashlib.sha256(origin.encode() + b"\n\x01" + raw).digest()[:4].hex()
    (bench.folder / "w").mkdir()
    vkey = init_witness(bench.folder / "w" / "witness")
    witness = MayflyWitness(bench.folder / "w" / "witness",
                            [f"{origin}+{log_id}+{b64(bytes([1]) + raw)}"])
    policy = bench.file("real.policy", f"witness real {vkey}\nquorum real\n")
    said = witness.start()
    assert said is None, said
    try:
        whole = json.loads(bundle.read_text())
        proof = whole["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
        note = proof["checkpoint"]["envelope"]
        status, _, line = witness.add(0, [], note)
        assert status == 200, line
        bench.verify("--witness-policy", policy, path).expect(1, "witness real has not cosigned")
        proof["checkpoint"]["envelope"] = note + line
        bundle.write_text(json.dumps(whole))
        bench.verify("--witness-policy", policy, path).expect(0, "verified")
    finally:
        witness.kill()


if __name__ == "__main__":
    sys.exit(run_module(globals()))
