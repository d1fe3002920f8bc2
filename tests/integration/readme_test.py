"""The README's transcript is what scripts/quickstart prints. TAP on standard output."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def transcript():
    text = (ROOT / "README.md").read_text()
    block = re.search(r"<!-- transcript: quickstart -->\n```console\n(.*?)```", text, re.S)
    return [line for line in block.group(1).splitlines() if line.strip()]


def matches(shown, line):
    pattern = ".*".join(re.escape(part) for part in shown.split("..."))
    return re.fullmatch(pattern, line) is not None


def main():
    run = subprocess.run([ROOT / "scripts" / "quickstart"], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
                         stdin=subprocess.DEVNULL)
    printed = run.stdout.splitlines()
    missing = []
    for shown in transcript():
        if not any(matches(shown, line) for line in printed):
            missing.append(shown)
    print("TAP version 13\n1..2")
    print(("ok" if run.returncode == 0 else "not ok") + " 1 - quickstart succeeds")
    print(("not ok" if missing else "ok") + " 2 - each line of the transcript is printed")
    if missing or run.returncode != 0:
        print("\n".join(f"# not printed: {line}" for line in missing))
        print("\n".join(f"# {line}" for line in printed))


if __name__ == "__main__":
    sys.exit(main())
