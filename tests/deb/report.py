"""What is checked, a line each, and the count."""


class Report:

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, sentence, is_so, why=""):
        """Prints the sentence and whether it holds; where it does not, why."""
        if is_so:
            self.passed += 1
        else:
            self.failed += 1
        print("%-6s %s" % ("ok" if is_so else "FAILED", sentence), flush=True)
        if not is_so:
            for line in str(why).strip().splitlines()[-30:]:
                print("           " + line[:300], flush=True)

    def same(self, sentence, found, wanted):
        self.check(sentence, found == wanted,
                   "found  %r\nwanted %r" % (found, wanted))

    def end(self):
        """Prints the count; returns the exit status."""
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed or not self.passed else 0
