#!/usr/bin/env python3
"""What people see of two recordings over each other, in a real browser.

The recordings are written here, as NDJSON, and compared by the built rusage-bpf.
Run by ctest as `browser_compare`; by hand: RUSAGE_BUILD_DIR=build tests/browser/compare_test.py [-v] [TEST...]
"""

import json
import math
import os
import subprocess
import tempfile
import unittest
from typing import List

from browser import Browser
from page_test import AXES, BUILD

HOSTILE = ("<script>alert(1)</script> </script><!-- \"'&amp; \u2028 \u202e \x01\x1b[31m {{data}} "
           "<img src=x onerror=alert(1)>")
HOSTILE_FILE = "<img src=x onerror=alert(1)> <b>{{data}}"
COUNTERS = ["user", "system", "read_count", "write_count", "read_bytes", "write_bytes", "ctx_switches_voluntary",
            "ctx_switches_involuntary", "disk_read_bytes", "disk_write_bytes", "minor_faults", "major_faults",
            "run_delay", "forks", "execs", "exits"]
GAUGES = ["pid_count", "rss", "vms", "num_fds", "thread_count"]
CHARTS = ["chart-cpu", "chart-memory", "chart-io", "chart-processes", "chart-run-delay", "chart-switches",
          "chart-faults"]

# How many dots of a chart have nearly the colour that the style sheet calls so.
DOTS = """((chart, colour) => {
    const probe = document.createElement('canvas').getContext('2d');
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim();
    probe.fillRect(0, 0, 1, 1);
    const wanted = probe.getImageData(0, 0, 1, 1).data;
    const shown = document.querySelector(`#${chart} canvas`);
    const copy = Object.assign(document.createElement('canvas'),
                               {width: shown.width, height: shown.height}).getContext('2d');
    copy.drawImage(shown, 0, 0);
    const {data} = copy.getImageData(0, 0, shown.width, shown.height);
    let dots = 0;
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 150 && [0, 1, 2].every(k => Math.abs(data[i + k] - wanted[k]) < 24)) dots++;
    return dots;
})"""


def timestamp(number):
    return f"2026-11-22T18:{number // 6000 % 60:02}:{number / 100 % 60:09.6f}Z"


def sample(number, height):
    """A wave, and twice as high where `height` is 2; the first row knows gauges alone."""
    wave = height * (1.2 + math.sin(number / 20))
    row = {"kind": "sample", "timestamp": timestamp(number), "elapsed": number / 100}
    for i, name in enumerate(COUNTERS):
        scale = .003 if name in ("user", "system", "run_delay") else 10 ** (1 + i % 4)
        value = wave * scale if scale < 1 else int(wave * scale)
        row[name] = None if number == 0 else value
    for i, name in enumerate(GAUGES):
        row[name] = int(wave * 10 ** (i + 1))
    return row


def write_recording(path, rows, height=1, name="cc1plus", argv=("make", "-j8"), host="build-7"):
    names = ["as", "ld", *(f"tool{number}" for number in range(120)), name]
    commands = [{"kind": "command", "command": command, "processes": i + 1, "user": height * (i + 1), "system": .5,
                 "peak_rss": (i + 1) << 20} for i, command in enumerate(names)]
    lines = [
        {"kind": "begin", "schema": "rusage-bpf/1", "columns": [],
         "meta": {"host": host, "kernel": "6.18.44", "cpus": 4, "target": "command", "argv": list(argv),
                  "interval": .01, "start": timestamp(0), "backend": "bpf"}},
        *(sample(number, height) for number in range(rows)),
        *commands,
        {"kind": "end", "meta": {"end": timestamp(rows), "ended_by": "command", "exit_code": 0}, "totals": {},
         "audit": {}},
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


class ComparePageTest(unittest.TestCase):
    directory: tempfile.TemporaryDirectory
    pages: List[str]
    browser: Browser

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="rusage-bpf-pages-")
        cls.addClassCleanup(cls.directory.cleanup)
        write_recording(cls.path("before.ndjson"), 300)
        write_recording(cls.path("after.ndjson"), 500, height=2)
        write_recording(cls.path("hour.ndjson"), 20_000)
        write_recording(cls.path("none.ndjson"), 0)
        write_recording(cls.path(f"{HOSTILE_FILE}.ndjson"), 300, name=HOSTILE, argv=[HOSTILE], host=HOSTILE)
        for page, a, b in (("two", "before", "after"), ("hours", "hour", "hour"), ("nothing", "none", "none"),
                           ("half", "before", "none"), ("hostile", HOSTILE_FILE, "before")):
            finished = subprocess.run(
                [f"{BUILD}/rusage-bpf", "compare", f"{a}.ndjson", f"{b}.ndjson", "--html", f"{page}.html",
                 "--fail-if", "cpu>+10%"], cwd=cls.directory.name, capture_output=True, timeout=60,
                check=False)  # it fails by --fail-if
            if not os.path.exists(cls.path(f"{page}.html")):
                raise RuntimeError(finished.stderr)
        cls.pages = ["two", "hours", "nothing", "half", "hostile"]
        cls.browser = cls.enterClassContext(Browser())

    @classmethod
    def path(cls, name):
        return os.path.join(cls.directory.name, name)

    def open(self, page, **look):
        self.browser.look(**look)
        self.browser.open(self.path(f"{page}.html"))

    def tearDown(self):
        """No page may complain, at any time, nor ask for anything but itself."""
        self.assertEqual(self.browser.complaints, [])
        for url in self.browser.requests:
            self.assertRegex(url, r"^(file:///.*/[a-z]+\.html|data:)")

    def text(self, selector):
        return self.browser.run(f"document.querySelector({selector!r})?.textContent")

    def dots(self, chart, colour):
        return self.browser.run(f"{DOTS}({chart!r}, {colour!r})")

    def test_every_page_opens_without_a_complaint_and_fits_its_window(self):
        for page in self.pages:
            self.assertLess(os.path.getsize(self.path(f"{page}.html")), 1 << 20, page)
            for width in (320, 390, 768, 1280):
                with self.subTest(page=page, width=width):
                    self.open(page, width=width)
                    self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)
                    self.assertEqual(self.browser.complaints, [])
                    self.assertNotRegex(self.browser.run("document.body.innerText"), "null|undefined|NaN")

    def test_every_chart_draws_both_in_light_and_in_dark(self):
        for dark in (False, True):
            self.open("two", dark=dark)
            charts = self.browser.run("[...document.querySelectorAll('#charts figure')].map(found => found.id)")
            self.assertEqual(charts, CHARTS)
            for chart in CHARTS:
                for colour in ("first", "second"):
                    with self.subTest(dark=dark, chart=chart, colour=colour):
                        self.assertGreater(self.dots(chart, colour), 100)

    def test_the_longer_one_makes_the_axis_and_the_shorter_one_ends_on_it(self):
        self.open("two")
        self.browser.point_at("#chart-cpu .plot", 0.4)
        self.assertRegex(self.text("#chart-cpu .legend"), r"^A \d+ % .*B \d+ % ")
        self.browser.point_at("#chart-cpu .plot", 0.9)
        self.assertRegex(self.text("#chart-cpu .legend"), r"^A \u2013 .*B \d+ % ")
        self.browser.point_at("h1", 0.5)
        self.assertRegex(self.text(".toolbar .range"), r"^0\.\d+ s . 4\.99 s$")

    def test_a_drag_on_one_chart_zooms_all_and_a_double_click_shows_the_whole(self):
        self.open("two")
        whole = self.browser.run(AXES)
        self.browser.drag("#chart-memory .plot", 0.7, 0.95)
        zoomed = self.browser.run(AXES)
        for before, after in zip(whole, zoomed):
            self.assertNotEqual(before, after)
        # The shorter one has ended before.
        self.assertEqual(self.dots("chart-memory", "first"), 0)
        self.assertGreater(self.dots("chart-memory", "second"), 100)
        self.browser.click("#chart-io .plot", times=2)
        self.assertEqual(self.browser.run(AXES), whole)

    def test_a_chart_has_a_view_for_each_of_its_figures(self):
        self.open("two")
        views = self.browser.run("[...document.querySelectorAll('#chart-cpu .choice button')]"
                                 ".map(found => found.textContent)")
        self.assertEqual(views, ["together", "user", "system"])
        together = self.text("#chart-cpu .legend")
        self.browser.click("#chart-cpu .choice button:nth-child(2)")
        self.assertNotEqual(self.text("#chart-cpu .legend"), together)

    def test_behind_each_chart_is_a_table_of_both(self):
        self.open("two")
        self.browser.click("#chart-memory .behind summary")
        self.assertEqual(self.text("#chart-memory .behind thead"), "timeA, meanA, maxB, meanB, max")
        self.assertRegex(self.text("#chart-memory .behind tbody tr:last-child"), r"^4\.99 s\u2013\u2013\d")

    def test_the_figures_stand_beside_each_other_and_broken_limits_above_them(self):
        self.open("two")
        self.assertEqual(self.text("h1"), "before.ndjson \u2192 after.ndjson")
        self.assertRegex(self.text(".broken"), r"^cpu is [\d.]+ s, [\d.]+ % above [\d.]+ s; the limit is \+10 %$")
        self.assertRegex(self.text(".tiles"), r"Elapsed2\.99 s \u2192 4\.99 s\+2\.00 s, 166\.9 % of A")
        self.assertRegex(self.text("#details"), r"elapsed2\.99 s4\.99 s\+2\.00 s166\.9 %")
        self.assertRegex(self.text("#commands .note"), "^The 100 commands .* 23 more")
        self.assertEqual(self.browser.run("document.querySelectorAll('#commands tbody tr').length"), 20)
        self.assertEqual(self.text("#commands tbody th"), "cc1plus")

    def test_names_from_the_recordings_are_text_wherever_they_stand(self):
        self.open("hostile")
        self.assertEqual(self.browser.run("document.querySelectorAll('main img, main script').length"), 0)
        self.assertEqual(self.browser.run("document.scripts.length"), 4)
        self.assertIn("<img src=x onerror=alert(1)> <b>{{data}}.ndjson", self.text("h1"))
        for place in (".side .command", ".side .where", ".warnings", "#commands tbody"):
            with self.subTest(place=place):
                self.assertIn("<script>alert(1)</script> </script><!--", self.text(place))
                self.assertNotRegex(self.text(place), "[\x00-\x1f\u2028\u202e]")

    def test_what_is_not_known_is_a_dash_and_no_time_is_no_chart(self):
        self.open("nothing")
        self.assertRegex(self.text("#charts"), "^No time passes")
        self.assertRegex(self.text("#details"), "elapsed\u2013\u2013\u2013\u2013cpu\u2013")
        self.open("half")
        self.assertRegex(self.text("#chart-cpu .legend"), r"^A mean \d+ % max \d+ %")
        self.assertRegex(self.text(".broken"), "it is not known in none.ndjson")

    def test_a_screen_reader_has_a_name_for_every_chart_and_table(self):
        self.open("two")
        self.assertEqual(self.browser.run("[...document.querySelectorAll('table')]"
                                          ".filter(found => !found.caption).length"), 0)
        self.assertRegex(self.browser.run("document.querySelector('#chart-cpu .plot').ariaLabel"),
                         r"^CPU, % of one core\. A mean \d+ %.*B mean \d+ %")


if __name__ == "__main__":
    unittest.main()
