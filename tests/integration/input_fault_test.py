"""Files that are not what they should be: unreadable, missing, folders, pipes, devices, empty, cut,
and folders that may not be written. TAP on standard output."""

import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import Skipped, run_module  # noqa: E402

NOBODY = 65534


def nobody(bench):
    """Somebody who may not read everything: root's own tests would see no refusal."""
    if os.geteuid() != 0:
        return None
    bench.folder.chmod(0o755)
    try:
        works = bench.run("version", user=NOBODY).status == 0
    except OSError:
        works = False
    if not works:
        raise Skipped(f"user {NOBODY} cannot run the program where it is built")
    return NOBODY


def services(bench):
    """The instance's files for signing, where everybody may read them."""
    folder = bench.folder / "open"
    if not folder.exists():
        folder.mkdir()
        for name in ("trusted_root.json", "signing_config.json"):
            shutil.copy(bench.instance.folder / name, folder / name)
        (folder / "token.jwt").write_text(bench.run("token", *bench.at, "--raw").expect(0).out)
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
    return (["--signing-config", folder / "signing_config.json", "--trusted-root",
             folder / "trusted_root.json", "--identity-token", folder / "token.jwt"])


def unreadable(path):
    path.chmod(0)
    return path


def test_files_that_may_not_be_read(bench):
    user = nobody(bench)
    path, bundle = bench.signed("readable", "readable")
    path.chmod(0o644)
    bundle.chmod(0o644)
    away = bench.folder / "away"  # where the user may write
    away.mkdir()
    away.chmod(0o777)
    common = services(bench)
    secret = unreadable(bench.file("secret", "secret"))
    locked = {name: unreadable(bench.file(name, "{}")) for name in
              ("locked.json", "locked-root.json", "locked-config.json", "locked.jwt")}
    root, who = common[2:4], bench.who
    rows = [
        (["sign", *common, "--bundle", away / "b", secret], 3, secret),
        (["sign", *common[:4], "--identity-token", locked["locked.jwt"], "--bundle", away / "b",
          path], 3, locked["locked.jwt"]),
        (["sign", "--signing-config", locked["locked-config.json"], *common[2:], "--bundle",
          away / "b", path], 6, locked["locked-config.json"]),
        (["sign", *common[:2], "--trusted-root", locked["locked-root.json"], *common[4:],
          "--bundle", away / "b", path], 6, locked["locked-root.json"]),
        (["verify", *root, *who, "--bundle", bundle, secret], 3, secret),
        (["verify", *root, *who, "--bundle", locked["locked.json"], path], 3,
         locked["locked.json"]),
        (["verify", "--trusted-root", locked["locked-root.json"], *who, path], 6,
         locked["locked-root.json"]),
        (["inspect", locked["locked.json"]], 3, locked["locked.json"]),
    ]
    for args, status, name in rows:
        said = bench.run(*args, user=user).expect(status, str(name), "Permission denied")
        assert not said.out, said
    assert not list(away.iterdir()), "something was written"


def test_folders_that_may_not_be_written(bench):
    user = nobody(bench)
    path = bench.file("unwritable", "unwritable")
    path.chmod(0o644)
    shut = bench.folder / "shut"
    shut.mkdir()
    old = shut / "old"
    old.write_text("old")
    shut.chmod(0o555)
    common = services(bench)
    for args in (["--bundle", shut / "new"], ["--overwrite", "--bundle", old]):
        bench.run("sign", *common, *args, path, user=user).expect(3, str(args[-1]),
                                                                  "Permission denied")
    assert [p.name for p in shut.iterdir()] == ["old"] and old.read_text() == "old"
    bench.run("up", "--dir", shut / "inst", user=user).expect(3, str(shut / "inst"),
                                                              "Permission denied")


def test_what_is_no_file(bench):
    """Pipes that nobody writes to, devices, sockets: an answer, and soon."""
    path, bundle = bench.signed("a-file", "a file")
    pipe = bench.folder / "pipe"
    os.mkfifo(pipe)
    folder = bench.folder / "a-folder"
    folder.mkdir()
    rows = [
        (["sign", *bench.at, folder], 3, ["a-folder", "is a directory"]),
        (["sign", *bench.at, "--bundle", folder, path], 3, ["a-folder"]),
        (["sign", *bench.at, "--overwrite", "--bundle", folder, path], 3, ["a-folder"]),
        (["verify", *bench.at, *bench.who, "--bundle", folder, path], 3, ["a-folder", "directory"]),
        (["verify", *bench.at, *bench.who, "--bundle", bundle, folder], 3,
         ["a-folder", "directory"]),
        (["verify", *bench.at, *bench.who, "--bundle", "/dev/null", path], 3,
         ["/dev/null", "neither a regular file nor a pipe"]),
        (["verify", *bench.at, *bench.who, "--bundle", "/dev/zero", path], 3,
         ["/dev/zero", "neither a regular file nor a pipe"]),
        (["verify", *bench.at, *bench.who, "--bundle", pipe, path], 3, ["pipe", "nothing writes into"]),
        (["sign", *bench.at, pipe], 3, ["pipe", "nothing writes into"]),
        (["verify", "--trusted-root", folder, *bench.who, path], 6, ["a-folder", "directory"]),
        (["inspect", folder], 3, ["a-folder", "directory"]),
        (["token", *bench.at, "--claims", folder], 3, ["a-folder", "directory"]),
    ]
    for args, status, texts in rows:
        bench.run(*args).expect(status, *texts)
    assert not list(folder.iterdir()) and not (bench.folder / "a-folder.sigstore.json").exists()


def test_trust_files_that_are_damaged(bench):
    path, _ = bench.signed("trusted", "trusted")
    good = {name: (bench.instance.folder / name).read_text()
            for name in ("trusted_root.json", "signing_config.json")}
    token = services(bench)[4:]

    def args(root, config):
        return ["sign", "--trusted-root", root, "--signing-config", config, *token, "--overwrite",
                path]
    before = pathlib.Path(f"{path}.sigstore.json").read_bytes()
    for name, text in good.items():
        rows = [("empty", "", "the text is empty"), ("half", text[:len(text) // 2], "line"),
                ("twice", text.replace("{", '{"mediaType":"x",', 1), "twice"),
                ("array", "[]", "object"), ("deep", "[" * 100000, "deep"),
                ("other", json.dumps({"mediaType": "text/plain"}), "mediaType")]
        for kind, damaged, says in rows:
            file = bench.file(f"{kind}-{name}", damaged)
            whole = {key: bench.instance.folder / key for key in good} | {name: file}
            said = bench.run(*args(whole["trusted_root.json"], whole["signing_config.json"]))
            said.expect(6, f"{kind}-{name}", says)
            if name == "trusted_root.json":
                bench.run("verify", "--trusted-root", file, *bench.who,
                          path).expect(6, f"{kind}-{name}", says)
    assert pathlib.Path(f"{path}.sigstore.json").read_bytes() == before


def test_an_instance_file_that_is_damaged(bench):
    """Named, and nothing is signed, also where a token at hand would do without the file."""
    token = services(bench)[4:]
    path = bench.file("by-damaged", "by damaged")
    default = bench.home / "mayfly"
    named = bench.folder / "damaged"
    good = (bench.instance.folder / "instance.json").read_text()
    for folder in (default, named):
        folder.mkdir()
        for name in ("trusted_root.json", "signing_config.json"):
            shutil.copy(bench.instance.folder / name, folder / name)
    rows = [("{", "expected a member's name"), (good[:len(good) // 2], "line"), ("", "empty"),
            (good.replace('"audience"', '"audiences"'), "audience: is missing")]
    for text, says in rows:
        for folder, at, environment in ((default, [], {}), (named, ["--instance", named], {}),
                                        (named, [], {"MAYFLY_INSTANCE": str(named)})):
            (folder / "instance.json").write_text(text)
            said = bench.run("sign", *at, *token, path, env=environment)
            said.expect(3, f"{folder}/instance.json", says)
    (named / "instance.json").unlink()
    bench.run("sign", "--instance", named, *token, path).expect(
        3, f"{named}/instance.json", "No such file", f"mayfly up --dir {named}")
    assert not pathlib.Path(f"{path}.sigstore.json").exists()
    # The default one may be absent: the files beside it say where to sign, the option with what.
    (default / "instance.json").unlink()
    bench.run("sign", *token, path).expect(0, ": signed ")
    shutil.rmtree(default)


def log_size(bench):
    """With the entry that asking adds: the checkpoint is behind for a moment."""
    path = bench.file("counts", "counts")
    said = bench.sign("--overwrite", "--json", path).expect(0)
    return json.loads(said.out)["results"][0]["log_index"] + 1


def test_a_file_that_is_named_twice(bench):
    """However its path is spelled it is signed once; links of other names are other files."""
    size = log_size(bench)
    path = bench.file("twice-named", "twice")
    (bench.folder / "aside").mkdir()
    (bench.folder / "linked").symlink_to(bench.folder)
    os.link(path, bench.folder / "hard")
    (bench.folder / "soft").symlink_to(path)
    said = bench.sign("twice-named", "./twice-named", path, "aside/../twice-named",
                      "linked/twice-named", "absent/twice-named", "twice-named").expect(
                          3, "twice-named: signed ", "absent/twice-named: not signed")
    assert said.out.count(": signed ") == 1 and log_size(bench) == size + 2, said
    said = bench.sign("--overwrite", "--json", "hard", "./soft", "soft", path, "./hard").expect(0)
    named = [result["file"] for result in json.loads(said.out)["results"]]
    assert named == ["hard", "./soft", str(path)] and log_size(bench) == size + 6, said
    bench.verify(path, "hard", "soft").expect(0)


def test_a_bundle_that_is_a_link_to_nothing(bench):
    """Seen before anything is logged."""
    size = log_size(bench)
    path = bench.file("dangling", "dangling")
    bundle = pathlib.Path(f"{path}.sigstore.json")
    bundle.symlink_to("nowhere")
    bench.sign(path).expect(3, "dangling.sigstore.json", "already there", "--overwrite")
    assert bundle.is_symlink() and log_size(bench) == size + 1
    bench.sign("--overwrite", path).expect(0, ": signed ")
    assert not bundle.is_symlink()


if __name__ == "__main__":
    sys.exit(run_module(globals()))
