"""`mayfly verify --checksums`: one signature over a list, and the files by the list. TAP on standard
output."""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import run_module, sha256  # noqa: E402


def release(bench, name, lines=None):
    """A folder with two files and a signed list, made by the tools that people use."""
    folder = bench.folder / name
    (folder / "doc").mkdir(parents=True)
    (folder / "tool.tgz").write_text("the tool\n")
    (folder / "doc" / "guide.txt").write_text("the guide\n")
    files = ["tool.tgz", "./doc/guide.txt"]
    if lines is None:
        lines = subprocess.run(["sha256sum", *files], cwd=folder, capture_output=True, text=True,
                               check=True).stdout
    (folder / "SHA256SUMS").write_bytes(lines if isinstance(lines, bytes) else lines.encode())
    bench.sign(folder / "SHA256SUMS").expect(0, "signed")
    return folder


def check(bench, folder, *args):
    return bench.verify("--checksums", folder / "SHA256SUMS", *args)


def test_files_of_a_signed_list(bench):
    folder = release(bench, "plain")
    listed = f"listed in {folder}/SHA256SUMS"
    said = check(bench, folder, folder / "tool.tgz", folder / "doc/guide.txt").expect(0)
    lines = said.out.splitlines()
    assert len(lines) == 3 and "SHA256SUMS: verified  signed by" in lines[0], said
    assert lines[1:] == [f"{folder}/tool.tgz: verified  {listed}",
                         f"{folder}/doc/guide.txt: verified  {listed}"], said
    said = check(bench, folder, "--json", folder / "tool.tgz").expect(0)
    first, second = json.loads(said.out)["results"]
    assert first["ok"] and first["checks"], first
    assert second == {"file": str(folder / "tool.tgz"), "ok": True,
                      "listed_in": str(folder / "SHA256SUMS"),
                      "sha256": sha256(folder / "tool.tgz")}, second
    assert not check(bench, folder, "-q", folder / "tool.tgz").expect(0).out


def test_the_other_forms(bench):
    for number, tool in enumerate((["sha512sum"], ["sha256sum", "--tag"], ["sha512sum", "--tag"],
                                   ["sha256sum", "--binary"])):
        folder = bench.folder / f"form-{number}"
        folder.mkdir()
        (folder / "a b").write_text("spaced")
        (folder / "back\\slash").write_text("escaped")
        lines = subprocess.run([*tool, "a b", "back\\slash"], cwd=folder, capture_output=True,
                               check=True).stdout
        (folder / "SHA256SUMS").write_bytes(lines)
        bench.sign(folder / "SHA256SUMS").expect(0, "signed")
        check(bench, folder, folder / "a b", folder / "back\\slash").expect(0, "verified")
        (folder / "a b").write_text("changed")
        check(bench, folder, folder / "a b", folder / "back\\slash").expect(
            1, "a b: not verified:", "has another digest: the file changed")


def reasons(said):
    return [result.get("reason") for result in json.loads(said.out)["results"]]


def test_what_is_not_listed_is_not_verified(bench):
    folder = release(bench, "strangers")
    (folder / "TOOL.tgz").write_text("the tool\n")
    (folder / "doc" / "tool.tgz").write_text("the tool\n")
    for name in ("TOOL.tgz", "doc/tool.tgz", "doc/../tool.tgz", "SHA256SUMS"):
        said = check(bench, folder, folder / name, folder / "tool.tgz")
        said.expect(1, f"{name}: not verified: is not listed in ", "tool.tgz: verified")
    assert reasons(check(bench, folder, "--json", folder / "TOOL.tgz")) == [None, "not_listed"]
    check(bench, folder, f"sha256:{sha256(folder / 'tool.tgz')}").expect(1, "is not listed in")
    (folder / "tool.tgz").unlink()
    check(bench, folder, folder / "tool.tgz").expect(3, "tool.tgz", "No such file")
    check(bench, folder).expect(2, "no file was named")


def test_without_a_verified_list_no_file_is(bench):
    folder = release(bench, "forged")
    path = folder / "SHA256SUMS"
    whole = path.read_text()
    (folder / "tool.tgz").write_text("another tool\n")
    changed = whole.replace(whole[:64], sha256(folder / "tool.tgz"))
    path.write_text(changed)
    said = check(bench, folder, folder / "tool.tgz").expect(
        1, "SHA256SUMS: not verified: log_entry", "tool.tgz: not verified: the list of checksums")
    assert ": verified" not in said.out, said
    assert reasons(check(bench, folder, "--json", folder / "tool.tgz")) == [
        "log_entry_invalid", "list_not_verified"]
    path.write_text(whole)
    check(bench, folder, folder / "tool.tgz").expect(1, "has another digest")
    bench.run("verify", *bench.at, "--identity", "eve@example.org", "--issuer",
              bench.instance.facts["issuer"], "--checksums", path, folder / "doc/guide.txt").expect(
                  1, "SHA256SUMS: not verified: identity", "guide.txt: not verified: the list")
    moved = bench.folder / "elsewhere.json"
    shutil.move(f"{path}.sigstore.json", moved)
    check(bench, folder, folder / "doc/guide.txt").expect(3, "there is no bundle beside it")
    check(bench, folder, "--bundle", moved, folder / "doc/guide.txt",
          folder / "doc/guide.txt").expect(0, "verified")
    bench.verify("--checksums", bench.folder / "absent", folder / "tool.tgz").expect(
        3, "absent", "No such file")


def test_a_signed_file_that_is_no_list(bench):
    """Signed, so it is the signer's; read strictly all the same."""
    digest = hashlib.sha256(b"the tool\n").hexdigest()
    for number, (lines, text) in enumerate((
            (f"{digest}  tool.tgz\n{'0' * 64}  tool.tgz\n", "'tool.tgz' is listed twice"),
            (f"{digest}  tool.tgz\n\n", "line 2: is neither DIGEST  NAME nor"),
            (f"{digest}  tool.tgz\r\n", "line 1: a carriage return"),
            ("0" * 32 + "  tool.tgz\n", "digests of 32 digits are not checked here"),
            (b"\x00", "line 1: is neither"))):
        folder = release(bench, f"no-list-{number}", lines)
        said = check(bench, folder, folder / "tool.tgz").expect(3, text, "tool.tgz: the list of checksums is not")
        assert ": verified" not in said.out, said


if __name__ == "__main__":
    sys.exit(run_module(globals()))
