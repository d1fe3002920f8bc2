"""`mayfly verify` by Sigstore's public trusted roots: which one is taken, and what is said of it.
TAP on standard output."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import BIN, CONFORMANCE, MAYFLY, Skipped, run_module  # noqa: E402

CASES = CONFORMANCE / "bundle-verify"
ARTIFACT = CONFORMANCE / "a.txt"
SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "public-roots"
SHARE = BIN.parent / "share" / "mayfly" / "trust"
BUILDER = ("https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/"
           "workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main")
WHO = ["--identity", BUILDER, "--issuer", "https://token.actions.githubusercontent.com"]
PUBLIC, STAGING = "happy-path-v0.3", "rekor2-happy-path"


def root(name):
    """The newest that the build has."""
    found = sorted(SHARE.glob(f"{name}-*.json"))
    if not found or not CASES.is_dir():
        raise Skipped(f"the build came without public roots ({SHARE}), or there is no {CASES}")
    return found[-1]


def date_of(path):
    return path.stem[-10:]


def verify(bench, case, *more, env=None, program=None):
    argv = ["verify", *more, *WHO, "--bundle", CASES / case / "bundle.sigstore.json", ARTIFACT]
    home = {"HOME": str(bench.folder / "nobody"), "XDG_STATE_HOME": "", "XDG_DATA_HOME": ""}
    return bench.run(*argv, env={**home, **(env or {})}, program=program)


def test_what_was_signed_in_public_verifies_without_an_option(bench):
    date = date_of(root("public-good"))
    for more in ([], ["--public"]):
        verify(bench, PUBLIC, *more).expect(
            0, "verified", f"(trusted root: public-good of {date})")
    said = json.loads(verify(bench, PUBLIC, "--json").expect(0).out)["results"][0]["trusted_root"]
    assert said == {"path": said["path"], "name": "public-good", "date": date}, said
    assert pathlib.Path(said["path"]).samefile(root("public-good")), said


def test_staging_is_another_world(bench):
    date = date_of(root("staging"))
    verify(bench, STAGING, "--staging").expect(0, f"(trusted root: staging of {date})")
    verify(bench, STAGING).expect(1, "no entry is of a log that the trusted root names",
                                  "(trusted root: public-good of")
    verify(bench, PUBLIC, "--staging").expect(1, "no entry is of a log")


def test_a_logs_word_is_no_timestamp(bench):
    root("public-good")
    verify(bench, PUBLIC, "--require-timestamp").expect(
        1, "timestamp: there is no timestamp by an authority, only the log's word")


def test_an_instance_goes_before_the_public_root(bench):
    root("public-good")
    path, _ = bench.signed("own", "own")
    state = {"XDG_STATE_HOME": str(bench.folder / "state")}
    shutil.copytree(bench.instance.folder, bench.folder / "state" / "mayfly",
                    ignore=lambda _, names: set(names) - {"trusted_root.json", "instance.json"})
    bench.run("verify", *bench.who, path, env=state).expect(0, "verified")
    verify(bench, PUBLIC, env=state).expect(1, "no entry is of a log")
    verify(bench, PUBLIC, "--public", env=state).expect(0, "verified")
    # Made by keys that came after every one of the public root's.
    bench.run("verify", "--public", *bench.who, path).expect(
        1, "the bundle is newer than every key in it, so a newer root may be needed")


def test_the_newest_file_counts(bench):
    good = root("public-good")
    data = bench.folder / "data"
    folder = data / "mayfly" / "trust"
    folder.mkdir(parents=True)
    env = {"XDG_DATA_HOME": str(data)}
    for name in ("public-good-1999-01-01.json", "public-good-2999-13-01.json", "public-good-.json",
                 "public-good-2999-01-01.json.new", "public-good-2999-01-1.json",
                 "xpublic-good-2999-01-01.json", "public-good-good-2999-01-01.json"):
        (folder / name).write_text("{}")
    verify(bench, PUBLIC, env=env).expect(0, f"of {date_of(good)})")
    newer = folder / "public-good-2998-12-31.json"
    shutil.copy(root("staging"), newer)
    verify(bench, PUBLIC, env=env).expect(1, "no entry is of a log")
    verify(bench, STAGING, env=env).expect(0, "public-good of 2998-12-31")
    newer.write_text("{}")  # no silent way back to an older one
    verify(bench, PUBLIC, env=env).expect(6, "trusted root", str(newer))


def test_what_others_may_write_is_passed_over(bench):
    data = bench.folder / "others"
    folder = data / "mayfly" / "trust"
    folder.mkdir(parents=True)
    env = {"XDG_DATA_HOME": str(data)}
    path = folder / "public-good-2998-12-31.json"
    shutil.copy(root("staging"), path)
    verify(bench, STAGING, env=env).expect(0, "public-good of 2998-12-31")
    for which, mode in ((path, 0o666), (folder, 0o777), (folder, 0o775)):
        before = which.stat().st_mode & 0o777
        which.chmod(mode)
        verify(bench, STAGING, env=env).expect(1, f"public-good of {date_of(root('public-good'))}",
                                               f"{path} is passed over: others own or may write")
        which.chmod(before)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        verify(bench, STAGING, env=env).expect(1, f"public-good of {date_of(root('public-good'))}")


def test_a_program_that_came_without_one(bench):
    alone = bench.folder / "alone" / "bin" / "mayfly"
    alone.parent.mkdir(parents=True)
    shutil.copy(MAYFLY, alone)
    said = verify(bench, PUBLIC, "--public", program=alone)
    if said.status == 0:
        raise Skipped("mayfly is installed on this machine, with its roots")
    said.expect(6, "came without the public-good trusted root", "--trusted-root")
    verify(bench, PUBLIC, program=alone).expect(6, "there is nothing to trust")
    share = alone.parents[1] / "share" / "mayfly" / "trust"
    share.mkdir(parents=True)
    shutil.copy(root("public-good"), share)
    verify(bench, PUBLIC, program=alone).expect(0, "verified")


def test_whom_to_trust_is_said_once(bench):
    for more in (["--public", "--staging"], ["--public", "--trusted-root", "x"],
                 ["--staging", *map(str, bench.at)]):
        verify(bench, PUBLIC, *more).expect(2, "both say whom to trust")


def take(out, *more, env=None):
    return subprocess.run([sys.executable, SCRIPT, out, *more], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, env={**os.environ, **(env or {})})


def test_a_build_without_the_package_goes_on_and_one_with_another_does_not(bench):
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(bench.home), "PIP_CONFIG_FILE": "/dev/null",
               "HOME": str(bench.home)}
    said = take(bench.folder / "none", env=nowhere)
    assert said.returncode == 0 and not said.stdout, said
    assert "there is no public trusted root" in said.stderr, said
    other = bench.file("sigstore.whl", "another")
    said = take(bench.folder / "none", "--wheel", other)
    assert said.returncode == 1 and "is not sigstore" in said.stderr, said
    assert not list(bench.folder.glob("none/*")), "wrote something"


if __name__ == "__main__":
    sys.exit(run_module(globals()))
