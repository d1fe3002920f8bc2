"""Test Anything Protocol output, one line a test, the plan at the end."""

import sys


class Tap:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.count = 0
        self.failures = 0
        self.skips = 0
        self._line("TAP version 13")

    def _line(self, text):
        print(text, file=self.out, flush=True)

    def _result(self, good, name, directive=""):
        self.count += 1
        # '#' would start a directive, so a name cannot carry one.
        name = " ".join(name.split()).replace("#", "no.")
        self._line(f"{'ok' if good else 'not ok'} {self.count} - {name}{directive}")

    def passed(self, name):
        self._result(True, name)

    def failed(self, name, why):
        self.failures += 1
        self._result(False, name)
        self.note(why)

    def check(self, name, good, *notes):
        """Passed, or failed with what was seen instead."""
        if good:
            self.passed(name)
        else:
            self.failed(name, "\n".join(str(note)[:500] for note in notes))

    def skipped(self, name, why):
        self.skips += 1
        self._result(True, name, f" # SKIP {' '.join(why.split())}")

    def note(self, text):
        for line in str(text).splitlines():
            self._line(f"# {line}")

    def nothing_to_run(self, why, required):
        """The whole suite cannot run: an error where it must, else a skip with its reason."""
        why = " ".join(str(why).split())
        self._line(f"Bail out! {why}" if required else f"1..0 # SKIP {why}")
        return 1 if required else 0

    def finish(self):
        self._line(f"1..{self.count}")
        return 1 if self.failures else 0


class Skipped(Exception):
    """Raised by a test that cannot run here, with the reason."""


def run_tests(tests, subject):
    """Each function with the subject, as a test of its name; an exception is its failure."""
    tap = Tap()
    for test in tests:
        name = test.__name__.removeprefix("test_").replace("_", " ")
        try:
            test(subject)
            tap.passed(name)
        except Skipped as reason:
            tap.skipped(name, str(reason))
        except Exception as problem:  # whatever goes wrong is this test's result
            tap.failed(name, f"{type(problem).__name__}: {problem}"[:4000])
    return tap.finish()
