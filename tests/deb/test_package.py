"""What debian/ says against the rest of the tree. Whether the package that comes
of it lives well is what `make deb-check` looks at."""

import email.utils
import os
import re
import subprocess
import time
import unittest

import programs

# Of the group build, what every Debian machine that builds has.
ESSENTIAL = {"gcc", "libc6-dev", "make"}


def read(*names):
    with open(os.path.join(programs.ROOT, *names), encoding="utf-8") as file:
        return file.read()


def words(text, variable):
    """The words of a variable of a makefile."""
    value = re.search(r"^%s :?= ((?:.*\\\n)*.*)$" % variable, text, re.M)
    return value.group(1).replace("\\\n", " ").split()


class Package(unittest.TestCase):

    def test_the_versions_agree(self):
        version = words(read("Makefile"), "VERSION")[0]
        self.assertEqual(re.match(r"marquee \((.*?)\) ",
                                  read("debian", "changelog")).group(1),
                         version)
        self.assertEqual(set(re.findall(r"marquee_([0-9][^_]*)_",
                                        read("README.md"))), {version})
        newest = re.search(r"^## (.*)$", read("CHANGELOG.md"), re.M).group(1)
        self.assertRegex(newest, r"^(Unreleased|%s\b)" % re.escape(version))

    def test_the_changelog_is_not_of_tomorrow(self):
        """Files of the package get its time where theirs is later; with a time
        that is still to come two builds would not be the same."""
        date = re.search(r"^ -- .*>  (.*)$", read("debian", "changelog"),
                         re.M).group(1)
        self.assertLess(email.utils.parsedate_to_datetime(date).timestamp(),
                        time.time())

    def test_what_the_build_needs_is_what_make_run_installs(self):
        control = read("debian", "control")
        needs = control.partition("Build-Depends:")[2].partition("\n\n")[0]
        group = re.search(r"\tbuild\)\n\t\techo ((?:.*\\\n)*.*) ;;",
                          read("tools", "install-packages")).group(1)
        self.assertEqual(
            {name for name in re.findall(r"^ ([a-z0-9.+-]+)", needs, re.M)
             if not name.startswith(("debhelper", "dh-"))},
            set(group.replace("\\\n", " ").split()) - ESSENTIAL)

    def test_regress_make_deb_did_not_install_build_essential(self):
        """No package's Build-Depends name it, and dpkg-buildpackage builds none
        without."""
        self.assertIn("build-essential", re.search(
            r"\tdeb\)\n(?:\t\t#.*\n)*\t\techo ((?:.*\\\n)*.*) ;;",
            read("tools", "install-packages")).group(1).split())

    def test_every_unit_is_thought_of(self):
        """Each that `make install` installs is started, or stopped by prerm."""
        rules = read("debian", "rules")
        installed = set(words(read("Makefile"), "UNITS"))
        self.assertEqual(installed,
                         set(os.listdir(os.path.join(
                             programs.ROOT, "cron", "systemd"))) -
                         {"marquee.sysusers", "marquee.tmpfiles"})
        started = {"marquee-" + name for name in re.findall(
            r"\b(\w+\.(?:service|socket|timer))\b",
            rules.partition("STARTED :=")[2].partition("\noverride")[0])}
        stopped = set(re.findall(r"marquee-\w+\.service",
                                 read("debian", "marquee.prerm")))
        self.assertEqual(started | stopped, installed)
        self.assertEqual(started & stopped, set())
        self.assertIn("--no-enable --no-start marquee-relay.service", rules)

    def test_only_root_and_the_group_read_the_settings(self):
        rules = read("debian", "rules")
        self.assertRegex(
            rules, r"install -m 640 cron/marquee.env.example \\\n"
            r"\t\t\$\(PACKAGE\)/etc/marquee/marquee.env\n")
        self.assertIn("dh_fixperms -X etc/marquee/marquee.env", rules)
        self.assertIn("\nz /etc/marquee/marquee.env 0640 root marquee -\n",
                      read("cron", "systemd", "marquee.tmpfiles"))

    def test_a_purge_removes_every_directory_that_is_made(self):
        made = re.findall(r"^d (/(?:run|var)/\S+)",
                          read("cron", "systemd", "marquee.tmpfiles"), re.M)
        purge = read("debian", "marquee.postrm").partition("= purge")[2]
        self.assertGreater(len(made), 2)
        for path in made + re.findall(r"fastcgi_cache_path (\S+)",
                                      read("nginx", "marquee.conf")):
            self.assertRegex(purge, r"%s\s" % path)

    def test_readme_has_the_command_that_the_installation_prints(self):
        printed = re.search(r"^    (ln -s .*)$",
                            read("debian", "marquee.postinst"), re.M).group(1)
        self.assertIn(printed, read("README.md"))
        page = read("man", "marquee.7").partition(".Sh EXAMPLES")[2]
        page = page.replace("\\-", "-").replace("\n", " ")
        self.assertIn(printed, re.sub(" +", " ", page))

    def test_readme_and_page_give_the_event_log_a_network_alike(self):
        lines = re.search(r"\n(    \[Service\]\n    PrivateNetwork=no\n"
                          r"(?:    .*\n)*)", read("README.md")).group(1)
        self.assertIn(lines.replace("    ", ""),
                      read("man", "events.fcgi.8"))

    def test_the_scripts_are_posix_shell(self):
        for name in ("postinst", "postrm", "prerm"):
            path = os.path.join(programs.ROOT, "debian", "marquee." + name)
            self.assertEqual(subprocess.run(["sh", "-n", path],
                                            check=False).returncode, 0)
            self.assertIn("\n#DEBHELPER#\n", read(path))


if __name__ == "__main__":
    unittest.main()
