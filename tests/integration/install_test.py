"""`meson install` puts everything where a packager expects, and what is there works. TAP.

    install_test.py BUILD_FOLDER PREFIX
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS = 120
COMPLETIONS = ("bash-completion/completions/mayfly", "zsh/site-functions/_mayfly",
               "fish/vendor_completions.d/mayfly.fish")


def install(build, folder):
    """Into DESTDIR, as packages are made."""
    done = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], text=True,
                          capture_output=True, check=False, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, env={**os.environ, "DESTDIR": str(folder)})
    assert done.returncode == 0, done.stdout + done.stderr


def expected(build):
    """Path under the prefix -> whether it is a program."""
    files = {f"bin/{name}": True for name in ("mayfly", "mayfly-ca", "mayfly-log", "mayfly-witness")}
    files["libexec/mayfly/mayfly-signer"] = True
    for name in COMPLETIONS:
        files[f"share/{name}"] = False
    for page in (ROOT / "docs" / "man").glob("*.scd"):
        name = page.name.removesuffix(".scd")
        files[f"share/man/man{name[-1]}/{name}"] = False
    for public_root in (pathlib.Path(build) / "share" / "mayfly" / "trust").glob("*.json"):
        files[f"share/mayfly/trust/{public_root.name}"] = False
    return files


def test_each_file_lies_where_it_belongs(installed):
    found = {str(path.relative_to(installed)): os.access(path, os.X_OK)
             for path in installed.rglob("*") if path.is_file()}
    wanted = expected(sys.argv[1])
    problems = [f"{name}: {'missing' if name in wanted else 'not expected'}"
                for name in sorted(wanted.keys() ^ found.keys())]
    problems += [f"{name}: a program must be one, and nothing else" for name in wanted.keys()
                 & found.keys() if wanted[name] != found[name]]
    assert not problems, "\n".join(problems)


def test_services_look_for_the_signer_where_it_is_installed(installed):
    # The folder under DESTDIR is not the one compiled in, so its name is read from the program.
    folder = f"{sys.argv[2]}/libexec/mayfly".encode()
    for name in ("mayfly-ca", "mayfly-log", "mayfly-witness"):
        assert folder in (installed / "bin" / name).read_bytes(), f"{name} does not name {folder}"


def test_completion_files_hold_the_verbs(installed):
    for name in COMPLETIONS:
        text = (installed / "share" / name).read_text()
        assert "verify" in text and "sign" in text, f"{name}: {text}"


def test_what_is_installed_signs_and_verifies(installed):
    os.environ["MAYFLY_BIN"] = str(installed / "bin")
    os.environ["MAYFLY_LIBEXEC"] = str(installed / "libexec" / "mayfly")
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    import instance_support  # it looks for the programs when it is loaded

    bench = instance_support.Bench()
    try:
        bench.up()
        path, _ = bench.signed("tool.tgz", "a release\n")
        bench.verify(path).expect(0, "verified", "log entry")
        path.write_text("another release\n")
        bench.verify(path).expect(1, "not verified: log_entry")
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


def main():
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    import tap

    build, prefix = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="mayfly-install-") as folder:
        install(build, folder)
        installed = pathlib.Path(folder) / prefix.lstrip("/")
        return tap.run_tests((test_each_file_lies_where_it_belongs,
                              test_services_look_for_the_signer_where_it_is_installed,
                              test_completion_files_hold_the_verbs,
                              test_what_is_installed_signs_and_verifies), installed)


if __name__ == "__main__":
    sys.exit(main())
