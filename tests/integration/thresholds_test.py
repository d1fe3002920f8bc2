"""What `mayfly verify` demands: what the trusted root names, more where it is told so, less only where
it is told so by an option that says insecure; and nothing older than a floor. TAP on standard output."""

import json
import pathlib
import shutil
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import run_module  # noqa: E402


class Signed:
    """A signed file, whose bundle and trusted root can be changed."""

    def __init__(self, bench, name):
        self.bench = bench
        self.path, self.bundle = bench.signed(name, name)
        self.root = bench.folder / f"{name}.root.json"
        shutil.copy(bench.instance.trusted_root, self.root)

    def without(self, *names):
        """The root, with none of these."""
        root = json.loads(self.root.read_text())
        for name in names:
            root[name] = []
        self.root.write_text(json.dumps(root))
        return self

    def forgetting(self, name):
        """The root, without this member, as if it had been misspelt."""
        root = json.loads(self.root.read_text())
        root[name[:-1]] = root.pop(name)
        self.root.write_text(json.dumps(root))
        return self

    def stripped(self):
        """The bundle, without its log entry."""
        bundle = json.loads(self.bundle.read_text())
        bundle["verificationMaterial"]["tlogEntries"] = []
        self.bundle.write_text(json.dumps(bundle))
        return self

    def verify(self, *more):
        return self.bench.run("verify", "--trusted-root", self.root, *self.bench.who, *more,
                              self.path)

    def checks(self, *more):
        said = json.loads(self.verify("--json", *more).out)["results"][0]
        return said, {check["name"]: (check["result"], check.get("note"))
                      for check in said["checks"]}


def test_a_root_without_logs_demands_no_entry(bench):
    signed = Signed(bench, "no-log")
    signed.stripped().verify().expect(1, "log_entry: there is no log entry")
    signed.without("tlogs").verify().expect(
        0, "verified", ", log_entry not checked: the trusted root names none")
    said, checks = signed.checks()
    assert said["ok"] and "log_index" not in said, said
    assert checks["log_entry"] == ("not_checked", "not checked: the trusted root names none"), checks
    signed.verify("--require-log").expect(1, "log_entry: there is no log entry")
    # The entry of a log that nobody trusts is nobody's word.
    other = Signed(bench, "strange-log").without("tlogs")
    other.verify().expect(0, "log_entry not checked")
    other.verify("--require-log").expect(1, "no entry is of a log that the trusted root names")
    other.verify("--min-log-index", "1").expect(1, "floor: there is no log entry")


def test_a_root_without_ct_logs_demands_no_sct(bench):
    signed = Signed(bench, "no-ct").without("ctlogs")
    said = signed.verify().expect(0, ", sct not checked: the trusted root names none")
    assert "log entry " in said.out, said
    signed.verify("--require-sct").expect(1, "sct: no SCT is by a log that the trusted root names")


def test_a_list_that_is_not_there_waives_nothing(bench):
    Signed(bench, "forgot-logs").forgetting("tlogs").verify().expect(
        1, "log_entry: no entry is of a log that the trusted root names")
    Signed(bench, "forgot-ct").forgetting("ctlogs").verify().expect(1, "sct: no SCT is by a log")


def test_without_an_authority_there_is_no_time(bench):
    signed = Signed(bench, "no-tsa").without("timestampAuthorities")
    signed.verify().expect(1, "timestamp: the trusted root names no timestamp authority")
    Signed(bench, "no-ca").without("certificateAuthorities").verify().expect(
        1, "certificate: the trusted root names no certificate authority")


def test_only_what_says_insecure_asks_for_less(bench):
    signed = Signed(bench, "ignored").stripped()
    signed.verify("--insecure-ignore-tlog").expect(0, ", log_entry not checked: told to ignore it")
    signed.verify("--insecure-ignore-sct").expect(1, "log_entry: there is no log entry")
    _, checks = signed.checks("--insecure-ignore-tlog", "--insecure-ignore-sct")
    assert checks["log_entry"] == checks["sct"] == (
        "not_checked", "not checked: told to ignore it"), checks
    for more in (["--insecure-ignore-tlog", "--require-log"],
                 ["--insecure-ignore-tlog", "--min-log-index", "3"],
                 ["--insecure-ignore-tlog", "--witness-policy", "p"],
                 ["--insecure-ignore-sct", "--require-sct"]):
        signed.verify(*more).expect(2, "contradict each other", more[0], more[1])
    # A changed file is refused whatever is ignored.
    signed.path.write_text("changed")
    signed.verify("--insecure-ignore-tlog", "--insecure-ignore-sct").expect(1, "not verified")


def test_what_was_signed_too_early(bench):
    signed = Signed(bench, "late")
    signed.verify("--signed-after", "2026-01-01").expect(0, "verified")
    said = json.loads(signed.verify("--json").out)["results"][0]
    signed.verify("--signed-after", said["signed_at"][0]).expect(0, "verified")
    signed.verify("--signed-after", "2999-01-01T00:00:00Z").expect(
        1, "floor: it was signed before 2999-01-01T00:00:00Z")
    assert json.loads(signed.verify("--json", "--signed-after", "2999-01-01").out)[
        "results"][0]["reason"] == "below_floor"
    index = said["log_index"]
    signed.verify("--min-log-index", index).expect(0, "verified")
    signed.verify("--min-log-index", index + 1).expect(
        1, f"floor: log entry {index} is older than entry {index + 1}")
    for bad in ("yesterday", "2026-13-01", "2026-01-01T", ""):
        signed.verify("--signed-after", bad).expect(2, "--signed-after")
    signed.verify("--min-log-index", "-1").expect(2, "--min-log-index")


def test_a_device_is_not_walked_back(bench):
    old, new = Signed(bench, "release-1"), Signed(bench, "release-2")
    third = Signed(bench, "release-3")
    floor = bench.folder / "floor.json"
    with_floor = ["--floor-file", floor]
    old.verify(*with_floor).expect(0, "verified")
    first = json.loads(floor.read_text())
    assert first["format"] == 1 and len(first["logs"]) == 1, first
    old.verify(*with_floor).expect(0, "verified")
    new.verify(*with_floor).expect(0, "verified")
    raised = json.loads(floor.read_text())
    assert raised["logs"][0]["index"] == first["logs"][0]["index"] + 1, (first, raised)
    assert raised["signed_after"] >= first["signed_after"], (first, raised)
    text = floor.read_text()
    old.verify(*with_floor).expect(1, "not verified: floor: ")
    third.path.write_text("changed")
    third.verify(*with_floor).expect(1, "not verified")
    assert floor.read_text() == text, "raised by what did not verify"
    # Two of one release: the older of them goes on verifying.
    one, two = Signed(bench, "pair-1"), Signed(bench, "pair-2")
    bench.verify(*with_floor, one.path, two.path).expect(0)
    bench.verify(*with_floor, one.path, two.path).expect(0)
    new.verify(*with_floor).expect(1, "not verified: floor: ")
    assert not list(bench.folder.glob("floor.json.*")), "left something behind"


def test_a_key_has_no_floor(bench):
    signed = Signed(bench, "by-key")
    for more in (["--signed-after", "2026-01-01"], ["--min-log-index", "1"],
                 ["--floor-file", bench.folder / "key-floor.json"]):
        bench.run("verify", *bench.at, "--key", signed.root, *more, signed.path).expect(
            2, more[0], "proves nothing with --key")


def test_a_floor_that_cannot_be_read_or_raised(bench):
    signed = Signed(bench, "floored")
    for text, why in (("", "the text is empty"), ("{}", "format"), ('{"format":2,"logs":[]}', "format 2"),
                      ('{"format":1}', "logs"), ('{"format":1,"logs":[],"more":1}', "more"),
                      ('{"format":1,"logs":[],"signed_after":"today"}', "signed_after"),
                      ('{"format":1,"logs":[{"log_id":"00","index":1}]}', "logs[0]: log_id"),
                      ('{"format":1,"logs":[{"log_id":"' + "00" * 32 + '","index":-1}]}', "logs[0]")):
        path = bench.file("bad-floor.json", text)
        signed.verify("--floor-file", path).expect(6, "floor file", "bad-floor.json", why)
        assert path.read_text() == text
    gone = bench.folder / "gone-floor.json"
    gone.symlink_to(bench.folder / "gone")
    signed.verify("--floor-file", gone).expect(6, "floor file", "gone-floor.json")
    assert gone.is_symlink(), "a floor that is gone was begun anew"
    lost = bench.folder / "nowhere" / "floor.json"
    said = signed.verify("--floor-file", lost).expect(3, "floor file")
    assert json.loads(signed.verify("--json", "--floor-file", lost).expect(3).out)["ok"] is False, said
    good = bench.folder / "mode-floor.json"
    signed.verify("--floor-file", good).expect(0)
    assert stat.S_IMODE(good.stat().st_mode) & 0o022 == 0, oct(good.stat().st_mode)


if __name__ == "__main__":
    sys.exit(run_module(globals()))
