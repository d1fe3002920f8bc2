"""Where each peer is kept, which version it is, and how it is built.

A peer lives in CACHE/NAME-KEY. The key is the version and a digest of what the
recipe depends on, so a changed pin never reuses an old build. Builds happen in a
temporary folder beside the final one and appear by rename: a folder with the
final name is complete, whatever interrupted the run before.
"""

import dataclasses
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import toolchains

HERE = pathlib.Path(__file__).resolve().parent
ATTEMPTS = 3
BUILD_SECONDS = 3600


class PeerError(Exception):
    """A peer that cannot be built or is not there, with the reason as text."""


def default_cache():
    chosen = os.environ.get("MAYFLY_PEER_CACHE")
    return pathlib.Path(chosen) if chosen else pathlib.Path.home() / ".cache" / "mayfly-peers"


def _run(argv, log, env=None, cwd=None):
    """Runs one build step at low priority; network steps get several attempts."""
    for attempt in range(1, ATTEMPTS + 1):
        log.write(f"$ {' '.join(map(str, argv))}\n".encode())
        log.flush()
        try:
            done = subprocess.run(["nice", "-n", "15", *map(str, argv)], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, env={**os.environ, **(env or {})},
                                  cwd=cwd, timeout=BUILD_SECONDS, check=False)
            if done.returncode == 0:
                return
            why = f"exit status {done.returncode}"
        except subprocess.TimeoutExpired:
            why = f"no end after {BUILD_SECONDS} s"
        except OSError as error:
            raise PeerError(f"{argv[0]}: {error.strerror}") from error
        if attempt < ATTEMPTS:
            time.sleep(5 * attempt)
    raise PeerError(f"{argv[0]}: {why} ({ATTEMPTS} attempts)")


def tool_environment(toolchain, cache):
    """What to add to the environment so that the toolchain's programs are found."""
    if toolchains.in_path(toolchain):
        return {}
    peer = TOOLS[toolchain.program]
    if not peer.ready(cache):
        build(peer, cache)
    folder = peer.folder(cache) / toolchain.folder
    return {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _build_toolchain(toolchain):
    def build_one(folder, log, _version, _cache):
        command = toolchains.install_command(sys.executable, toolchain, folder)
        if command is None:
            lowest = ".".join(map(str, toolchain.lowest))
            raise PeerError(f"{toolchain.program} {lowest} or newer is not in the path")
        argv, requirements = command
        (folder / "requirements.txt").write_text(requirements)
        _run(argv, log)
        if toolchain is toolchains.NODE:  # a wheel has no links, and a copy of npm finds nothing
            npm = folder / toolchain.folder / "npm"
            npm.unlink()
            npm.symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
            npm.chmod(0o755)
    return build_one


def _go(cache):
    # Two packages at a time keeps a large build from starving its neighbours.
    return {"GOFLAGS": "-p=2 -buildvcs=false", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local",
            **tool_environment(toolchains.GO, cache)}


def _build_cosign(folder, log, version, cache):
    target = f"github.com/sigstore/cosign/v3/cmd/cosign@v{version}"
    _run(["go", "install", "-trimpath", target], log, {**_go(cache), "GOBIN": str(folder)})


def _build_litewitness(folder, log, version, cache):
    target = f"filippo.io/torchwood/cmd/litewitness@v{version}"
    _run(["go", "install", "-trimpath", target], log, {**_go(cache), "GOBIN": str(folder)})


def _build_sigstore_python(folder, log, version, _cache):
    # --copies: the interpreter's own links stay valid when the folder is renamed. The
    # scripts of a venv name its first path, so peers are run as `python -m sigstore`.
    _run([sys.executable, "-m", "venv", "--copies", folder], log)
    _run([folder / "bin" / "python", "-m", "pip", "install", "--quiet",
          "--disable-pip-version-check", f"sigstore=={version}"], log)


JS_PACKAGES = ("@sigstore/sign@4.1.1", "@sigstore/verify@4.1.3", "@sigstore/bundle@4.0.0",
               "@sigstore/protobuf-specs@0.5.2")


def _build_sigstore_js(folder, log, _version, cache):
    (folder / "package.json").write_text('{"private": true}\n')
    _run(["npm", "install", "--no-audit", "--no-fund", "--save-exact", *JS_PACKAGES], log,
         tool_environment(toolchains.NODE, cache), cwd=folder)


def _build_own(name, with_modules=False):
    """One of our own programs in Go, in the folder of its name beside this file."""
    def build(folder, log, _version, cache):
        # With modules, those that its go.sum pins. Else no module is fetched, and none may be.
        _run(["go", "build", "-trimpath", "-mod=readonly", "-o", folder / name, "."], log,
             {**_go(cache), **({} if with_modules else {"GOPROXY": "off"})}, cwd=HERE / name)
    return build


def _build_sigstore_go(folder, log, _version, cache):
    # In a copy, as go.sum is written beside go.mod: Go's checksum database vouches for what comes.
    shutil.copytree(HERE / "goverify", folder, dirs_exist_ok=True)
    _run(["go", "build", "-mod=mod", "-trimpath", "-o", folder / "goverify", "."], log,
         _go(cache), cwd=folder)


def _digest_of_own(name):
    def digest():
        total = hashlib.sha256()
        for source in sorted((HERE / name).glob("*")):
            total.update(source.name.encode() + b"\0" + source.read_bytes())
        return total.hexdigest()[:12]
    return digest


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    version: str
    marker: str  # a file that a finished build always has
    build: object
    detail: object = ""  # what else the build depends on, or a function for it

    @property
    def key(self):
        detail = self.detail() if callable(self.detail) else self.detail
        suffix = hashlib.sha256(detail.encode()).hexdigest()[:8] if detail else ""
        return f"{self.name}-{self.version}" + (f"-{suffix}" if suffix else "")

    def folder(self, cache):
        return pathlib.Path(cache) / self.key

    def ready(self, cache):
        return (self.folder(cache) / self.marker).is_file()

    def why_missing(self, cache):
        """For a person: what is not there, and why not where a build was tried."""
        tried = pathlib.Path(cache) / f"{self.name}.why"
        reason = tried.read_text().strip() if tried.is_file() else "never built here"
        return f"{self.name} {self.version} is not in {cache}: {reason}"


PEERS = {peer.name: peer for peer in (
    Peer("cosign", "3.1.3", "cosign", _build_cosign),
    Peer("sigstore-python", "4.5.1", "bin/python", _build_sigstore_python,
         f"python{sys.version_info.major}.{sys.version_info.minor}"),
    Peer("sigstore-js", "4.1.1", "node_modules/@sigstore/verify/package.json",
         _build_sigstore_js, " ".join(JS_PACKAGES)),
    Peer("sigstore-go", "1.3.0", "goverify", _build_sigstore_go, _digest_of_own("goverify")),
    Peer("certprofile", "1", "certprofile", _build_own("certprofile"),
         _digest_of_own("certprofile")),
    Peer("gowitness", "0.6.1", "gowitness", _build_own("gowitness", with_modules=True),
         _digest_of_own("gowitness")),
    Peer("litewitness", "0.6.1", "litewitness", _build_litewitness),
    Peer("goregexp", "1", "goregexp", _build_own("goregexp"), _digest_of_own("goregexp")),
)}
TOOLS = {tool.program: Peer(tool.program, tool.version, f"{tool.folder}/{tool.program}",
                            _build_toolchain(tool), "".join(tool.pins.values()))
         for tool in (toolchains.GO, toolchains.NODE)}


def build(peer, cache):
    """Builds one peer unless it is there. Returns True if it had to be built."""
    cache = pathlib.Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / f"{peer.name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once: the second finds the result
        if peer.ready(cache):
            return False
        _build_locked(peer, cache)
        return True


def _build_locked(peer, cache):
    final = peer.folder(cache)
    for stale in cache.glob(f".{peer.name}-*"):  # the lock is ours: left by a killed run
        shutil.rmtree(stale, ignore_errors=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f".{peer.key}.", dir=cache))
    log_path = cache / f"{peer.name}.log"
    why_path = cache / f"{peer.name}.why"
    try:
        with open(log_path, "wb") as log:
            peer.build(scratch, log, peer.version, cache)
        if not (scratch / peer.marker).is_file():
            raise PeerError(f"the build made no {peer.marker}")
        shutil.rmtree(final, ignore_errors=True)  # a folder without its marker
        scratch.chmod(0o755)
        scratch.rename(final)
        why_path.unlink(missing_ok=True)
    except PeerError as error:
        why_path.write_text(f"{error}; see {log_path}\n")
        raise PeerError(f"{peer.name}: {error}; see {log_path}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
