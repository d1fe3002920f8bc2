"""Completion in bash: every verb, every option that its --help lists, and files where files go."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MAYFLY = pathlib.Path(os.environ["MAYFLY_BIN"]) / "mayfly"
count = 0
failed = False


def check(name, got, wanted):
    global count, failed
    count += 1
    print(f"{'ok' if got == wanted else 'not ok'} {count} - {name}")
    if got != wanted:
        failed = True
        print(f"# got {got}\n# wanted {wanted}")


def mayfly(*words):
    return subprocess.run([MAYFLY, *words], check=True, capture_output=True, text=True).stdout


def complete(folder, *words):
    """What bash offers for the last word, with `mayfly` in front."""
    script = ('eval "$1"; shift; COMP_WORDS=(mayfly "$@"); COMP_CWORD=$#; _mayfly; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "--norc", "-uc", script, "bash", mayfly("completion", "bash"), *words],
                          cwd=folder, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return sorted(filter(None, done.stdout.split("\n")))


def options_of(verb):
    return sorted(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", mayfly(verb, "--help"), re.M))


def main():
    global count
    folder = tempfile.mkdtemp(prefix="mayfly-completion-")
    for name in ("one file.txt", "other.txt"):
        (pathlib.Path(folder) / name).write_text("x")
    verbs = sorted(re.findall(r"^  (\w+) ", mayfly("--help"), re.M))
    check("all verbs", complete(folder, ""), verbs)
    check("a verb that was begun", complete(folder, "ver"), ["verify", "version"])
    for verb in verbs:
        check(f"options of {verb}", complete(folder, verb, "--"), options_of(verb))
    check("an option that was begun", complete(folder, "verify", "a", "--trusted"), ["--trusted-root"])
    files = ["one file.txt", "other.txt"]
    check("files to sign", complete(folder, "sign", ""), files)
    check("a file that was begun", complete(folder, "verify", "--identity", "me", "one"), files[:1])
    check("the file of an option", complete(folder, "verify", "--trusted-root", ""), files)
    check("the file of an option after =", complete(folder, "verify", "--trusted-root", "=", "ot"), files[1:])
    check("the same, not begun", complete(folder, "verify", "--trusted-root", "="), files)
    check("no file for a name", complete(folder, "verify", "--identity", ""), [])
    check("no file where none is taken", complete(folder, "down", ""), [])
    check("shells", complete(folder, "completion", ""), ["bash", "fish", "zsh"])
    for shell, before in (("zsh", "--"), ("fish", "-l ")):
        text = mayfly("completion", shell)
        lost = [f"{verb} {option}" for verb in verbs for option in options_of(verb)
                if option != "--help" and not re.search(f"{before}{option[2:]}[ =\\[]", text)]
        check(f"{shell} is told all options", lost, [])
    for shell, command in (("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
        if shutil.which(shell):
            done = subprocess.run(command, input=mayfly("completion", shell), text=True, capture_output=True)
            check(f"{shell} reads its script", (done.returncode, done.stderr), (0, ""))
        else:
            count += 1
            print(f"ok {count} - {shell} reads its script # SKIP no {shell} here")
    print(f"1..{count}")
    shutil.rmtree(folder)
    sys.exit(failed)


if __name__ == "__main__":
    main()
