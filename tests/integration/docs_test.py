#!/usr/bin/env python3
"""Documents hold: links lead somewhere, manual pages say what --help says, examples run. Prints TAP.

    docs_test.py [--bin DIR]      default: the folder in MAYFLY_BIN

Without the programs only links and names are checked, and the rest is named as skipped.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

import docs_console

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tap import Tap  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAN = ROOT / "docs" / "man"
COMMON_OPTIONS = {"-h", "--help"}
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[a-z])(?![\w-])")


def result(tap, name, problem):
    if problem:
        tap.failed(name, problem)
    else:
        tap.passed(name)


def documents():
    return sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))


def without_code(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)


def anchors(path):
    """Anchors of a page's headings, as the usual hosts make them."""
    found = set()
    for heading in re.findall(r"^#+ +(.*)$", without_code(path.read_text()), re.M):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(plain.strip().replace(" ", "-"))
    return found


def bad_links(path):
    bad = []
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", without_code(path.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            bad.append(f"{target}: there is no such file")
        elif anchor and anchor not in anchors(file):
            bad.append(f"{target}: no heading has this anchor")
    return bad


def bad_paths(path):
    """Paths of this repository that a document names in running text."""
    folders = "client|common|transparency|ca-stub|tests|docs|scripts"
    text = without_code(path.read_text())
    named = set(re.findall(rf"(?<![\w/.*-])((?:{folders})/[\w./-]*[\w/])", text))
    return [f"{name}: there is no such file" for name in sorted(named)
            if "NAME" not in name and not (ROOT / name).exists()]


def help_of(program, *words):
    run = subprocess.run([program, *words, "--help"], capture_output=True, text=True, timeout=20,
                         check=False, stdin=subprocess.DEVNULL)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} --help ended with {run.returncode}: {run.stderr}")
    return run.stdout


def help_options(text):
    """Options listed by --help: lines that are indented and begin with a dash."""
    options = set()
    for line in re.findall(r"^ +(-.*)$", text, re.M):
        options |= set(OPTION.findall(line.split("  ")[0]))
    return options - COMMON_OPTIONS


def help_verbs(text):
    return set(re.findall(r"^  ([a-z][a-z-]*) +\S", text, re.M))


def page_options(text):
    """Options that a page defines: lines that begin with one in bold. {section: {option: line}}"""
    sections, title = {}, ""
    for line in text.splitlines():
        if line.startswith("# "):
            title = line[2:].strip()
        elif line.startswith("*-"):
            defined = sections.setdefault(title, {})
            for option in OPTION.findall(line):
                defined[option] = line
    return sections


def difference(page, program):
    problems = [f"{o}: in the page, not in --help" for o in sorted(page - program)]
    return problems + [f"{o}: in --help, not in the page" for o in sorted(program - page)]


def refused_aliases(mayfly, verb, aliases):
    """An alias is not listed by --help, but must be taken."""
    problems = []
    for option, line in aliases.items():
        value = ["x"] if "_" in line else []
        run = subprocess.run([mayfly, verb, option, *value, "--help"], capture_output=True,
                             text=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
        if run.returncode != 0:
            problems.append(f"{option}: {run.stderr.strip()}")
    return problems


def check_verb(mayfly, verb, page):
    sections = page_options(page.read_text())
    aliases = sections.pop("ALIASES", {})
    defined = {option for options in sections.values() for option in options} - COMMON_OPTIONS
    problems = difference(defined, help_options(help_of(mayfly, verb)))
    return problems + refused_aliases(mayfly, verb, aliases)


def check_server(program, page):
    """A page of several verbs has the options of all of them."""
    sections = page_options(page.read_text())
    defined = {option for options in sections.values() for option in options} - COMMON_OPTIONS
    verbs = help_verbs(help_of(program))
    listed = set()
    for verb in sorted(verbs):
        listed |= help_options(help_of(program, verb))
    problems = difference(defined, listed)
    return problems + ([] if verbs else ["--help lists no verbs"])


def check_titles():
    problems = []
    for page in sorted(MAN.glob("*.scd")):
        name, section = page.name.removesuffix(".scd").rsplit(".", 1)
        lines = page.read_text().splitlines()
        if lines[0] != f"{name}({section})":
            problems.append(f"{page.name}: its first line is {lines[0]}")
        for target, number in re.findall(r"\*(mayfly[a-z-]*)\*\((\d)\)", "\n".join(lines)):
            if not (MAN / f"{target}.{number}.scd").exists():
                problems.append(f"{page.name}: there is no {target}({number})")
    return problems


def run_document(path, programs):
    """Yields (name, problem) for each command; after a failure the rest of the page is not run."""
    steps = docs_console.steps_of(path.read_text())
    if not steps:
        return
    shell = docs_console.Shell(ROOT, programs)
    try:
        for step, following in zip(steps, [*steps[1:], None]):
            problem = docs_console.problem_of(shell, step, following)
            first = step.command.splitlines()[0]
            yield f"{path.relative_to(ROOT)}:{step.line}: {first}", problem
            if problem:
                return
    finally:
        shell.close()


def run_all(tap, programs):
    mayfly = programs / "mayfly"
    verbs = help_verbs(help_of(mayfly))
    pages = {p.name.removesuffix(".1.scd").removeprefix("mayfly-")
             for p in MAN.glob("mayfly-*.1.scd")} - {"ca", "log", "witness"}
    result(tap, "each verb has a page, and each page a verb", "\n".join(
        [f"{v}: no page" for v in sorted(verbs - pages)] +
        [f"{v}: no verb" for v in sorted(pages - verbs)]))
    for verb in sorted(verbs & pages):
        problems = check_verb(mayfly, verb, MAN / f"mayfly-{verb}.1.scd")
        result(tap, f"mayfly-{verb}(1) and mayfly {verb} --help name the same options",
                   "\n".join(problems))
    for name in ("mayfly-ca", "mayfly-log", "mayfly-witness"):
        problems = check_server(programs / name, MAN / f"{name}.1.scd")
        result(tap, f"{name}(1) and the help of its verbs name the same options",
                   "\n".join(problems))
    for path in documents():
        for name, problem in run_document(path, programs):
            result(tap, name, problem)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("MAYFLY_BIN", ROOT / "build" / "bin")))
    programs = parser.parse_args().bin.resolve()
    tap = Tap()
    for path in documents():
        result(tap, f"{path.relative_to(ROOT)}: links and paths lead somewhere",
                   "\n".join(bad_links(path) + bad_paths(path)))
    result(tap, "manual pages bear their names and refer to pages that are there",
               "\n".join(check_titles()))
    missing = [n for n in ("mayfly", "mayfly-ca", "mayfly-log", "mayfly-witness") if not (programs / n).is_file()]
    if missing:
        tap.skipped("options in pages, and commands in documents",
                    f"{programs} has no {', '.join(missing)}")
    else:
        run_all(tap, programs)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
