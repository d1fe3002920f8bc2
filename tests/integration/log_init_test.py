"""mayfly-log init: a whole log, or none. TAP on standard output."""

import fcntl
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_support import BIN, Log, Tap  # noqa: E402


def limit_files():
    """A segment of the journal is larger: the kernel ends the process there."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def begins_whole_or_not_at_all(report, folder):
    """init that fails, or is killed half-way, leaves nothing under the log's name."""
    place, aside = folder / "born", folder / ".born.mayfly-init"
    init = [BIN / "mayfly-log", "init", "--type=entries", "--origin=born.example",
            f"--directory={place}/"]
    no_signer = dict(os.environ, MAYFLY_LIBEXEC=str(folder))
    failed = subprocess.run(init, capture_output=True, check=False, env=no_signer)
    report.check("an init that fails leaves nothing", failed.returncode != 0 and
                 b"mayfly-signer" in failed.stderr and not place.exists() and not aside.exists(),
                 failed.stderr)
    killed = subprocess.run(init, capture_output=True, check=False, preexec_fn=limit_files)
    report.check("an init that is killed leaves half a log aside", killed.returncode < 0 and
                 not place.exists() and (aside / "key.pem").exists(), killed)
    log = Log(aside, 50)
    said = log.start()
    report.check("which is not served", said is not None and "checkpoint" in said, said)
    held = os.open(aside, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    busy = subprocess.run(init, capture_output=True, check=False)
    os.close(held)
    report.check("two inits of one log do not meet", busy.returncode == 3 and
                 b"another process is making it" in busy.stderr, busy.stderr)
    again = subprocess.run(init, capture_output=True, check=False)
    report.check("and is replaced by the next", again.returncode == 0 and place.exists() and
                 not aside.exists(), again.stderr)
    log = Log(place, 50)
    said = log.start()
    report.check("which makes a log that is served", said is None, said)
    log.kill(signal.SIGTERM)


def main():
    report = Tap()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-log-init-"))
    begins_whole_or_not_at_all(report, folder)
    shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
