"""Runs the tests of one unittest class in a process of its own.

    for class_name, tests in black_box.classes("site/test_site.py"): …
    for test, why in black_box.run(path, class_name, tests):
        print(test, why or "passed")

A test that hangs ends its process with a traceback of where it hung; the tests
after it run in a new one.
"""

import faulthandler
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
import unittest

SUPPORT = os.path.dirname(os.path.abspath(__file__))

# One test, the class's own preparation included.
TEST_S = float(os.environ.get("MARQUEE_TEST_S", "120"))


def load(path):
    """Imports a test file. Its own directory and support/ can be imported
    from."""
    for directory in (os.path.dirname(path), SUPPORT):
        if directory not in sys.path:
            sys.path.insert(0, directory)
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def classes(path):
    """Yields (class name, its test names). A file that cannot be imported
    gives one that fails when it runs."""
    try:
        module = load(path)
    except Exception:  # pylint: disable=broad-except
        yield "", ["test_the_file_can_be_imported"]
        return
    for name, value in vars(module).items():
        if (isinstance(value, type) and issubclass(value, unittest.TestCase)
                and value.__module__ == module.__name__):
            tests = unittest.defaultTestLoader.getTestCaseNames(value)
            if tests:
                yield name, list(tests)


def run(path, class_name, tests):
    """Yields (test, None or why it failed) for each of the tests."""
    left = list(tests)
    while left:
        results, output = run_process(path, class_name, left)
        for test, why in results:
            if test in left:
                left.remove(test)
            yield test, why
        if left:
            # The process ended in the middle of this one.
            yield left.pop(0), output or "its process ended without a word"


def run_process(path, class_name, tests):
    """Returns the results that came, and all that was printed."""
    with tempfile.TemporaryFile() as output, \
            tempfile.TemporaryFile() as results:
        process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), str(results.fileno()),
             path, class_name, *tests],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            pass_fds=[results.fileno()], start_new_session=True)
        process.wait()
        # What a hung test started has nobody else to end it.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        output.seek(0)
        results.seek(0)
        return ([json.loads(line) for line in results],
                output.read().decode(errors="replace"))


class Result(unittest.TestResult):
    """Writes each result down as soon as it is known."""

    def __init__(self, stream):
        super().__init__()
        self.stream = stream
        self.whys = {}
        self.done = []

    def startTest(self, test):
        super().startTest(test)
        faulthandler.dump_traceback_later(TEST_S, exit=True)

    def stopTest(self, test):
        super().stopTest(test)
        faulthandler.cancel_dump_traceback_later()
        name = test._testMethodName  # pylint: disable=protected-access
        whys = self.whys.pop(name, [])
        self.done.append(name)
        self.write(name, "\n".join(whys) if whys else None)

    def write(self, name, why):
        json.dump([name, why], self.stream)
        self.stream.write("\n")
        self.stream.flush()

    def fail(self, test, why):
        """A failure of setUpClass or tearDownClass is kept under ""."""
        name = getattr(test, "_testMethodName", "")
        self.whys.setdefault(name, []).append(why)

    def addError(self, test, err):
        super().addError(test, err)
        self.fail(test, "".join(traceback.format_exception(*err)))

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.fail(test, "%s\n%s" % (
                subtest, "".join(traceback.format_exception(*err))))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.fail(test, "skipped: " + reason)

    def addExpectedFailure(self, test, err):
        self.fail(test, "expected to fail")

    def addUnexpectedSuccess(self, test):
        self.fail(test, "expected to fail, but passed")


def main():
    stream = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    path, class_name, tests = sys.argv[2], sys.argv[3], sys.argv[4:]
    test_class = getattr(load(path), class_name)
    result = Result(stream)
    faulthandler.dump_traceback_later(TEST_S, exit=True)
    unittest.TestSuite(test_class(test) for test in tests).run(result)
    why = "\n".join(result.whys.get("", []))
    for test in tests:
        if test not in result.done:
            result.write(test, why or "did not run")
    if why and len(result.done) == len(tests):
        result.write("the class cleans up after itself", why)


if __name__ == "__main__":
    main()
