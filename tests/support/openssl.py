"""The openssl command, for keys, certificates and signatures that no code under test has made."""

import base64
import subprocess


def openssl(*args, data=None):
    """What it prints; raises when it fails."""
    done = subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {args[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def b64(data):
    return base64.b64encode(data).decode()
