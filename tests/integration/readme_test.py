"""The README's transcript is what scripts/quickstart prints. TAP on standard output."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tap import Tap  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def transcript():
    text = (ROOT / "README.md").read_text()
    block = re.search(r"<!-- transcript: quickstart -->\n```console\n(.*?)```", text, re.S)
    return [line for line in block.group(1).splitlines() if line.strip()]


def matches(shown, line):
    pattern = ".*".join(re.escape(part) for part in shown.split("..."))
    return re.fullmatch(pattern, line) is not None


def main():
    home = tempfile.TemporaryDirectory()
    own = pathlib.Path(home.name) / "own"
    # What a user may have set for an instance of their own is not for this one.
    users = {"MAYFLY_INSTANCE": str(own), "SIGSTORE_ID_TOKEN": "a.b.c", "MAYFLY_BIN_DIR": "/nowhere"}
    run = subprocess.run([ROOT / "scripts" / "quickstart"], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
                         stdin=subprocess.DEVNULL, env={**os.environ, **users})
    printed = run.stdout.splitlines()
    rest = iter(printed)  # each line is looked for behind the one before
    missing = [shown for shown in transcript() if not any(matches(shown, line) for line in rest)]
    tap = Tap()
    tap.check("quickstart succeeds", run.returncode == 0, *printed)
    tap.check("the transcript is printed, line by line in its order", not missing, *missing, "printed:", *printed)
    tap.check("the user's own instance is not touched", not own.exists())
    home.cleanup()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
