#!/usr/bin/env python3
"""What people see of a page, in a real browser: charts, zoom, tables, colours, width, paper.

The pages come from make_page and, one of them, from a recording by the built rusage-bpf.
Run by ctest as `browser_page`; by hand: RUSAGE_BUILD_DIR=build tests/browser/page_test.py [-v] [TEST...]
"""

import json
import os
import subprocess
import tempfile
import unittest

from browser import Browser

BUILD = os.path.abspath(os.environ.get("RUSAGE_BUILD_DIR", "build"))
KINDS = ["none", "one", "build", "hour", "processes", "many", "hostile"]

# Of a canvas: how many colours it shows, up to a handful.
COLOURS = """(selector => {
    const shown = [...document.querySelectorAll(selector)].pop();
    const {width, height} = shown;
    const copy = Object.assign(document.createElement('canvas'), {width, height}).getContext('2d');
    copy.drawImage(shown, 0, 0);
    const {data} = copy.getImageData(0, 0, width, height);
    const seen = new Set();
    for (let i = 0; i < data.length && seen.size < 8; i += 4)
        if (data[i + 3] > 200) seen.add(`${data[i] >> 4},${data[i + 1] >> 4},${data[i + 2] >> 4}`);
    return [...seen].sort();
})"""
AXES = """[...document.querySelectorAll('#charts .plot')].map(plot =>
    [...plot.querySelectorAll('.dygraph-axis-label-x')].map(label => label.textContent))"""
FIRST_COLUMN = "[...document.querySelectorAll('#commands tbody th')].map(cell => cell.textContent)"


class PageTest(unittest.TestCase):
    directory: tempfile.TemporaryDirectory
    browser: Browser

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="rusage-bpf-pages-")
        cls.addClassCleanup(cls.directory.cleanup)
        for kind in KINDS:
            subprocess.run([f"{BUILD}/tests/make_page", kind, cls.path(kind)], check=True, timeout=120)
        subprocess.run([f"{BUILD}/rusage-bpf", "-q", "-i", ".01", "-o", cls.path("real"), "-o",
                        cls.path("real").replace(".html", ".json"), "--", "sh", "-c",
                        "for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done; sleep .1; exit 3"], check=False, timeout=60)
        # It is over before its second row.
        subprocess.run([f"{BUILD}/rusage-bpf", "-q", "-i", "10", "--max-processes", "1", "-o", cls.path("short"), "--",
                        "sh", "-c", "/bin/true; exit"], check=True, timeout=60)
        cls.browser = cls.enterClassContext(Browser())

    @classmethod
    def path(cls, kind):
        return os.path.join(cls.directory.name, f"{kind}.html")

    def open(self, kind, **look):
        self.browser.look(**look)
        self.browser.open(self.path(kind))

    def open_changed(self, change):
        """Opens the page of the real recording's document, changed."""
        with open(self.path("real").replace(".html", ".json"), encoding="utf-8") as file:
            document = json.load(file)
        change(document)
        page = self.path("changed")
        subprocess.run([f"{BUILD}/rusage-bpf", "convert", "-", "-o", page], input=json.dumps(document), text=True,
                       check=True, timeout=60)
        self.open("changed")

    def tearDown(self):
        """No page may complain, at any time, nor ask for anything but itself."""
        self.assertEqual(self.browser.complaints, [])
        for url in self.browser.requests:
            self.assertRegex(url, r"^(file:///.*/[a-z]+\.html|data:)")

    def run_js(self, expression):
        return self.browser.run(expression)

    def text(self, selector):
        return self.run_js(f"document.querySelector({selector!r})?.textContent")

    def range(self):
        self.browser.point_at("h1", 0.5)  # away from the charts, where nothing is under the pointer
        return self.text(".toolbar .range")

    def test_every_page_opens_without_a_complaint_and_fits_its_window(self):
        for kind in KINDS + ["real"]:
            for width in (320, 390, 768, 1280):
                with self.subTest(kind=kind, width=width):
                    self.open(kind, width=width)
                    self.assertLessEqual(self.run_js("document.documentElement.scrollWidth"), width)
                    self.assertEqual(self.browser.complaints, [])

    def test_every_page_is_below_1_MiB(self):
        for kind in KINDS + ["real"]:
            self.assertLess(os.path.getsize(self.path(kind)), 1 << 20, kind)

    def test_a_real_recording_says_what_ran_and_how_it_ended(self):
        self.open("real")
        self.assertRegex(self.text("h1"), r"^sh -c for i in 1 2 3")
        self.assertRegex(self.text(".ending.failed"), r"^exit 3 after 0\.\d{3} s$")
        self.assertRegex(self.text(".tiles"), r"Processes11 ran")
        self.assertRegex(self.text("header .audit"), r"of the kernel's own total, 0 tasks lost")
        self.assertRegex(self.run_js("document.title"), r"^sh -c .*rusage-bpf$")
        self.assertRegex(self.text("#processes"), r"^Process timeline")
        self.assertRegex(self.text("#commands"), r"sleep")

    def test_what_was_resident_before_time_passed_is_in_the_figures(self):
        self.open("short")
        self.assertRegex(self.text("#chart-memory .legend"), r"^rss mean .* max (\d+ KiB|\d+(\.\d+)? MiB)$")
        self.assertRegex(self.text(".tiles"), "at most 1 at once, 1 task")
        self.assertRegex(self.text(".where"), "a row every 10 s$")

    def test_processes_over_the_limit_are_in_a_note(self):
        self.open("short")
        self.assertRegex(self.text("#timeline .note"),
                         r"^\d processes over --max-processes appear only in the table of commands\.$")

    def test_every_chart_is_drawn(self):
        for kind in ("build", "hour", "real"):
            self.open(kind)
            charts = self.run_js("[...document.querySelectorAll('#charts figure')].map(found => found.id)")
            self.assertEqual(charts, ["chart-cpu", "chart-memory", "chart-io", "chart-processes",
                                      "chart-run-delay", "chart-switches", "chart-faults"])
            for chart in charts:
                with self.subTest(kind=kind, chart=chart):
                    # The lowest canvas is the one with the lines; its axes alone are two colours.
                    canvas = f"#{chart} canvas:first-of-type"
                    self.assertGreater(len(self.run_js(f"{COLOURS}({canvas!r})")), 2)

    def test_cpu_is_stacked_below_the_capacity_of_the_machine(self):
        self.open("build")
        legend = self.text("#chart-cpu .legend")
        self.assertRegex(legend, r"user mean 20\d % .*system mean 5\d % .*machine, 4 CPUs 400 %")
        labels = self.run_js("[...document.querySelectorAll('#chart-cpu .dygraph-axis-label-y')]"
                             ".map(label => label.textContent)")
        self.assertIn("400 %", labels)

    def test_a_drag_on_one_chart_zooms_all_and_a_double_click_shows_the_whole(self):
        for kind in ("build", "hour", "many"):
            with self.subTest(kind=kind):
                self.open(kind)
                whole, axes = self.range(), self.run_js(AXES)
                self.browser.drag("#chart-memory .plot", 0.4, 0.7)
                zoomed = self.run_js(AXES)
                self.assertNotEqual(self.range(), whole)
                for before, after in zip(axes, zoomed):
                    self.assertNotEqual(before, after)
                # Charts of one width have the same marks.
                self.assertEqual(len({tuple(labels) for labels in zoomed[1:]}), 1)
                self.browser.click("#chart-io .plot", times=2)
                self.assertEqual(self.range(), whole)
                self.assertEqual(self.run_js(AXES), axes)

    def test_the_timeline_zooms_the_charts(self):
        self.open("many")
        whole = self.range()
        self.browser.drag("#timeline .lanes", 0.4, 0.6)
        self.assertNotEqual(self.range(), whole)

    def test_the_pointer_tells_the_figures_of_all_charts_at_one_instant(self):
        self.open("build")
        self.browser.point_at("#chart-cpu .plot", 0.5)
        self.assertRegex(self.text(".toolbar .range"), r"^at 1\.\d\d s$")
        shown = self.run_js("document.querySelectorAll('.cursor:not([hidden])').length")
        self.assertEqual(shown, self.run_js("document.querySelectorAll('.plot').length"))
        self.assertNotIn("mean", self.text("#chart-memory .legend"))
        self.range()
        self.assertIn("mean", self.text("#chart-memory .legend"))

    def test_all_of_it_works_by_keyboard(self):
        self.open("build")
        whole = self.range()
        self.run_js("document.querySelector('#chart-cpu .plot').focus()")
        self.browser.key("+", 107, "+")
        closer = self.text(".toolbar .range")
        self.assertNotEqual(closer, whole)
        self.browser.key("-", 109, "-")
        self.assertEqual(self.text(".toolbar .range"), whole)
        self.browser.key("ArrowRight", 39)
        self.browser.key("ArrowRight", 39)
        self.assertRegex(self.text("#spoken"), r"^0\.0\d s: user \d+ %, system \d+ %")
        self.browser.key("+", 107, "+")
        self.browser.key("0", 48, "0")
        self.run_js("document.activeElement.blur()")
        self.assertEqual(self.range(), whole)
        # Everything that a pointer can use can be reached.
        self.assertEqual(self.run_js("[...document.querySelectorAll('button, summary, .plot')]"
                                     ".filter(found => found.tabIndex < 0).length"), 0)

    def test_buttons_zoom_and_move_and_the_whole_is_a_button_that_knows_when(self):
        self.open("build")
        whole = self.range()
        last = ".toolbar button:last-of-type"
        self.assertTrue(self.run_js(f"document.querySelector('{last}').disabled"))
        self.browser.click(".toolbar button[aria-label='Zoom in']")
        zoomed = self.range()
        self.browser.click(".toolbar button[aria-label='Later']")
        later = self.range()
        self.assertEqual(len({whole, zoomed, later}), 3)
        self.browser.click(last)
        self.assertEqual(self.range(), whole)

    def test_a_chart_has_other_views(self):
        self.open("build")
        self.assertRegex(self.text("#chart-memory .legend"), "^rss ")
        self.browser.click("#chart-memory .choice button:nth-child(2)")
        self.assertRegex(self.text("#chart-memory .legend"), "^vms ")
        pressed = self.run_js("[...document.querySelectorAll('#chart-memory .choice button')]"
                              ".map(button => button.getAttribute('aria-pressed'))")
        self.assertEqual(pressed, ["false", "true"])

    def test_behind_each_chart_is_a_table_of_what_is_seen(self):
        self.open("hour")
        rows = "#chart-io .behind tbody tr"
        self.browser.click("#chart-io .behind summary")
        whole = self.run_js(f"[...document.querySelectorAll('{rows}')].map(row => row.textContent)")
        self.assertGreater(len(whole), 50)
        self.assertLessEqual(len(whole), 100)
        self.assertRegex(whole[5], r"\d+:\d\d.* MiB/s")
        self.browser.drag("#chart-cpu .plot", 0.4, 0.6)
        self.assertNotEqual(self.run_js(f"document.querySelector('{rows}').textContent"), whole[0])

    def test_the_table_of_commands_is_sorted_by_a_click_on_a_column(self):
        self.open("processes")
        by_cpu = self.run_js(FIRST_COLUMN)
        head = "#commands thead th:nth-child(%d)"
        self.browser.click(head % 1 + " button")
        by_name = self.run_js(FIRST_COLUMN)
        self.assertEqual(by_name, sorted(by_cpu))
        self.assertEqual(self.run_js(f"document.querySelector('{head % 1}').ariaSort"), "ascending")
        self.browser.click(head % 1 + " button")
        self.assertEqual(self.run_js(FIRST_COLUMN), by_name[::-1])
        self.browser.click(head % 3 + " button")
        self.assertEqual(self.run_js(FIRST_COLUMN), by_cpu)
        self.assertEqual(self.run_js("document.querySelectorAll('#commands [aria-sort]').length"), 1)

    def test_the_timeline_draws_thousands_and_names_the_one_under_the_pointer(self):
        self.open("many")
        self.assertGreater(len(self.run_js(f"{COLOURS}('#timeline .lanes canvas')")), 4)
        self.assertRegex(self.text("#timeline .note"), r"^The .+ processes with the most CPU time; there were")
        # The oldest ancestor lives all the time, in the last lane.
        self.browser.point_at("#timeline .lanes", 0.5, 0.96)
        self.assertRegex(self.text("#tip"), r"^make  4242make -O2 file0.cc.*CPU .* of one core")
        self.range()
        self.assertTrue(self.run_js("document.querySelector('#tip').hidden"))

    def test_how_each_process_ended_is_told_also_where_it_went_on_as_another(self):
        self.open("real")
        self.browser.click("#timeline .behind summary")
        ends = self.run_js("[...document.querySelectorAll('#timeline tbody tr')]"
                           ".map(row => row.textContent).sort()")
        self.assertEqual(sum("then executed true" in end for end in ends), 9)
        self.assertEqual(sum("then executed sleep" in end for end in ends), 1)
        self.assertEqual(sum("exit 3" in end for end in ends), 1)
        self.assertEqual(sum("exit 0" in end for end in ends), 10)

    def test_a_time_before_the_recording_is_negative_and_in_units_that_fit(self):
        starts = {-1941.622037: "\u221232 min 22 s", -.25: "\u2212250 ms", -7200: "\u22122 h 00 min"}
        for seconds, text in starts.items():
            self.open_changed(lambda document, start=seconds: document["processes"][0].update(start=start))
            self.browser.click("#timeline .behind summary")
            self.assertIn(text, self.run_js(
                "[...document.querySelectorAll('#timeline .behind tbody td')].map(cell => cell.textContent)"))

    def test_a_peak_between_rows_is_the_headline_and_says_what_it_is(self):
        self.open_changed(lambda document: document["totals"]["rss"].update(at_least=208 << 20))
        self.assertRegex(self.text(".tiles"), r"Memory208 MiBpeak resident at least: "
                         r"that of one process.* in the rows, at")

    def test_of_thousands_of_processes_the_table_begins_with_a_hundred(self):
        self.open("many")
        count = "document.querySelectorAll('#timeline .behind tbody tr').length"
        self.browser.click("#timeline .behind summary")
        self.assertEqual(self.run_js(count), 100)
        self.browser.click("#timeline .more")
        self.assertEqual(self.run_js(count), 500)

    def test_names_from_the_recording_are_text_wherever_they_stand(self):
        self.open("hostile")
        self.browser.click("#timeline .behind summary")
        for share in range(1, 20):
            if self.run_js("document.querySelector('#tip').hidden"):
                self.browser.point_at("#timeline .lanes", 0.5, share / 20)
        self.assertEqual(self.run_js("document.querySelectorAll('main img, main script').length"), 0)
        self.assertEqual(self.run_js("document.scripts.length"), 4)
        for place in ("h1", "#commands", "#timeline tbody", "#tip", "#details"):
            with self.subTest(place=place):
                self.assertIn("<script>alert(1)</script> </script><!--", self.text(place))
                # What would be obeyed without being seen is shown.
                self.assertNotRegex(self.text(place), "[\x00-\x1f\u2028\u202e]")
        self.assertIn("\\u202e", self.text("#commands"))
        self.assertIn("\\x1b[31m", self.text("#commands"))

    def test_light_and_dark_follow_the_reader_also_while_the_page_is_open(self):
        self.open("processes", dark=False)
        def seen():
            return [self.run_js("getComputedStyle(document.body).backgroundColor"),
                    self.run_js(f"{COLOURS}('#chart-cpu canvas:first-of-type')"),
                    self.run_js(f"{COLOURS}('#timeline .lanes canvas')")]
        light = seen()
        self.browser.look(dark=True)
        dark = seen()
        for one, other in zip(light, dark):
            self.assertNotEqual(one, other)
        self.open("processes", dark=True)
        self.assertEqual(seen(), dark)

    def test_charts_follow_the_window(self):
        self.open("build", width=1280)
        width = "document.querySelector('#chart-io canvas').getBoundingClientRect().width"
        wide = self.run_js(width)
        self.browser.look(width=390)
        self.assertLess(self.run_js(width), wide)
        self.assertLessEqual(self.run_js("document.documentElement.scrollWidth"), 390)

    def test_no_row_and_one_row_say_that_there_is_nothing_to_draw(self):
        for kind, words in (("none", "^0 rows and no time"), ("one", "^1 row and no time")):
            self.open(kind)
            self.assertRegex(self.text("#charts .note"), words)
            self.assertIn("Totals", self.text("#details"))

    def test_paper_has_the_charts_and_the_screen_has_them_back_afterwards(self):
        self.open("processes", dark=True)
        before = self.run_js(f"{COLOURS}('#chart-cpu canvas:first-of-type')")
        paper = os.path.join(self.directory.name, "paper.pdf")
        self.browser.pdf(paper)
        self.browser.settle()
        # A page without its charts is below 100 KB.
        self.assertGreater(os.path.getsize(paper), 200_000)
        self.assertEqual(self.run_js("document.querySelectorAll('.plot img, .printing').length"), 0)
        self.assertEqual(self.run_js(f"{COLOURS}('#chart-cpu canvas:first-of-type')"), before)

    def test_no_table_is_cut_where_it_cannot_be_scrolled(self):
        cut = """[...document.querySelectorAll('#commands .scroll, #details .scroll')].filter(found =>
            found.scrollWidth > found.clientWidth).map(found => found.ariaLabel)"""
        self.open("real", width=760)
        self.browser.call("Emulation.setEmulatedMedia", media="print")
        self.run_js("dispatchEvent(new Event('beforeprint'))")
        self.browser.settle()
        self.assertEqual(self.run_js(cut), [])
        self.browser.call("Emulation.setEmulatedMedia", media="")
        # The table of commands is too wide for any telephone.
        self.open("build", width=390)
        self.assertEqual(self.run_js(cut), [])

    def test_a_screen_reader_has_a_name_for_everything(self):
        self.open("processes")
        for what, named in (("button", "textContent"), ("table", "caption"), ("figure", "ariaLabelledBy"),
                            (".plot", "ariaLabel"), ("section", "ariaLabel")):
            name = {"textContent": "found.ariaLabel || found.textContent", "caption": "found.caption",
                    "ariaLabelledBy": "found.getAttribute('aria-labelledby') || found.querySelector('h2')",
                    "ariaLabel": "found.ariaLabel"}[named]
            nameless = self.run_js(f"[...document.querySelectorAll('{what}')].filter(found => !({name})).length")
            self.assertEqual(nameless, 0, what)
        self.assertEqual(self.run_js("[...document.querySelectorAll('h1, h2')].map(head => head.tagName)")[:2],
                         ["H1", "H2"])
        self.assertRegex(self.run_js("document.querySelector('#chart-cpu .plot').ariaLabel"),
                         r"^CPU, % of one core\. user mean 200 %")


if __name__ == "__main__":
    unittest.main()
