#!/usr/bin/env python3
"""What the charts show, also of recordings of any length, and in a real browser.

Run by ctest as `notebook_charts`; by hand: RUSAGE_BUILD_DIR=build tests/notebook/charts_test.py [-v] [TEST...]
"""

import os
import sys
import tempfile
import time
import unittest

import numpy
import pandas

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../../python"), os.path.join(HERE, "../browser")]

from browser import Browser
from rusage_bpf.charts import by_spread, raw_figure, scaled, scaled_figure
from rusage_bpf.costs import rates
from rusage_bpf.decimate import extremes, peaks
from rusage_bpf.recording import Recording
from rusage_bpf.times import axis

NAMES = ["pid_count", "user", "system", "read_count", "write_count", "read_bytes", "write_bytes", "rss", "vms",
         "ctx_switches_voluntary", "ctx_switches_involuntary", "num_fds"]
GAUGES = ["pid_count", "rss", "vms", "num_fds"]


def recording(rows, interval=.01, marks=(), commands=None):
    """`rows` rows of a program that does something now and then."""
    numbers = numpy.arange(rows)
    times = pandas.Timestamp("2026-11-22 18:00") + numbers * pandas.Timedelta(seconds=interval)
    frame = pandas.DataFrame({"timestamp": times})
    for i, name in enumerate(NAMES):
        frame[name] = 0.0 if i % 3 == 0 else numpy.abs(numpy.sin(numbers / 50 / i)) * 10 ** (i % 5)
        if name in GAUGES:
            frame[name] = (frame[name] + 5).astype("int64")
        elif rows:
            frame.loc[0, name] = numpy.nan
    frame["user"] = frame["user"].where(frame["user"].isna(), interval / 2)
    frame["elapsed"] = numbers * interval
    return Recording(samples=frame, meta={"interval": interval}, commands=commands, marks=[
        {"timestamp": frame["timestamp"][row], "label": label} for row, label in marks])


class DecimationTest(unittest.TestCase):
    def test_no_peak_is_lost_and_none_is_invented(self):
        values = numpy.random.default_rng(1).random(300_007)
        values[[5, 123_456, 300_006]] = [7, 9, -3]
        values[1000:5000] = numpy.nan
        drawn = extremes(values, 2000)
        self.assertLessEqual(len(drawn), 2000)
        self.assertTrue(numpy.all(numpy.diff(drawn) > 0))
        for row in (5, 123_456, 300_006):
            self.assertIn(row, drawn)
        highest = peaks(values, 600)
        self.assertLessEqual(len(highest), 600)
        self.assertEqual(numpy.nanmax(highest), 9)
        self.assertTrue(numpy.isin(highest[~numpy.isnan(highest)], values).all())

    def test_what_is_short_is_drawn_as_it_is(self):
        values = numpy.array([3, numpy.nan, 1.0])
        self.assertEqual(extremes(values, 2000).tolist(), [0, 1, 2])
        numpy.testing.assert_array_equal(peaks(values, 600), values)


class ChartsTest(unittest.TestCase):
    def test_each_column_is_scaled_over_its_range_and_a_constant_one_is_half(self):
        frame = scaled(pandas.DataFrame({"moves": [2.0, 6.0, 4.0], "still": [7.0, 7.0, 7.0],
                                         "known": [numpy.nan, 1, 3]}))
        self.assertEqual(frame["moves"].tolist(), [0, 1, .5])
        self.assertEqual(frame["still"].tolist(), [.5, .5, .5])
        self.assertEqual(frame["known"].tolist()[1:], [0, 1])
        self.assertTrue(numpy.isnan(frame["known"][0]))

    def test_what_is_always_seen_is_the_ground_and_what_stands_out_is_on_top(self):
        frame = pandas.DataFrame({"spike": [0, 0, 0, 1.0], "still_b": [.5] * 4, "busy": [0, .3, 1, .2],
                                  "still_a": [.5] * 4})
        self.assertEqual(by_spread(frame), ["still_a", "still_b", "busy", "spike"])

    def test_the_first_chart_leaves_out_the_row_without_counters_and_the_second_has_it(self):
        samples = recording(30).samples
        bars, lines = scaled_figure(samples), raw_figure(samples)
        self.assertEqual([len(bar.x) for bar in bars.data], [29] * 12)
        self.assertEqual([len(line.x) for line in lines.data], [30] * 12)
        self.assertEqual([bar.name for bar in bars.data], [line.name for line in lines.data])
        self.assertEqual(sorted(bar.name for bar in bars.data), sorted(NAMES))
        for line in lines.data:
            numpy.testing.assert_array_equal(line.y, samples[line.name])

    def test_rates_are_per_second_and_a_last_row_that_is_short_is_no_peak(self):
        samples = recording(10).samples
        samples.loc[9, ["elapsed", "user"]] = [samples["elapsed"][8] + 1e-5, .0001]
        found = rates(samples, .01)
        self.assertEqual(len(found), 9)
        self.assertAlmostEqual(found["user"].iloc[3], .5)
        self.assertAlmostEqual(found["user"].iloc[-1], .0051 / .01001, 6)

    def test_a_hundred_thousands_of_rows_are_few_points(self):
        begin = time.process_time()
        figures = recording(360_000).figures()
        print(f"360 000 rows were drawn in {time.process_time() - begin:.2f} s of CPU time", file=sys.stderr)
        for figure in figures:
            self.assertLess(sum(len(trace.x) for trace in figure.data), 30_000)
            self.assertLess(len(figure.to_json()), 2_000_000)

    def test_a_clock_that_is_set_while_it_runs_moves_no_row_and_no_mark(self):
        for step_s in (-.05, -3600, 3600):
            shown = recording(60)
            expected = axis(shown.samples)
            shown.samples.loc[30:, "timestamp"] += pandas.Timedelta(seconds=step_s)
            shown.marks = [{"timestamp": shown.samples["timestamp"][row], "elapsed": row * .01 - .005,
                            "label": str(row)} for row in (10, 29, 30, 50)]
            for figure in shown.figures():
                figure.to_json()
                self.assertEqual([shape.x0 for shape in figure.layout.shapes],
                                 [expected[row] - pandas.Timedelta(milliseconds=5) for row in (10, 29, 30, 50)])
                for trace in figure.data:
                    times = pandas.Series(trace.x)
                    self.assertTrue(times.is_monotonic_increasing and times.is_unique)
                    self.assertTrue(set(times) <= set(expected))
            bars = scaled_figure(shown.samples).data[0]
            self.assertGreater(min(bars.width), 0)
            self.assertEqual([mark["row"] for mark in shown.frame().attrs["marks"]], [10, 29, 30, 50])
            found = rates(shown.samples, .01)["user"].iloc[1:]
            self.assertEqual(found.round(9).unique().tolist(), [.5])

    def test_few_rows_are_drawn_too(self):
        for rows in (1, 2, 3):
            self.assertEqual(len(recording(rows).figures()), 3)


class BrowserTest(unittest.TestCase):
    directory: str
    browser: Browser

    @classmethod
    def setUpClass(cls):
        cls.directory = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-charts-"))
        cls.browser = cls.enterClassContext(Browser())
        cls.browser.look(width=1128)

    def open(self, shown):
        path = os.path.join(self.directory, "page.html")
        shown.plot(path)
        self.browser.open(path)
        self.assertEqual(self.browser.complaints, [])
        for url in self.browser.requests:
            self.assertRegex(url, "^(file:///.*/page.html|data:)")

    def run_js(self, expression):
        return self.browser.run(expression)

    def texts(self, selector):
        return self.run_js(f"[...document.querySelectorAll('{selector}')].map(found => found.textContent)")

    def test_three_charts_with_marks_are_drawn_and_a_click_on_the_legend_hides_a_line(self):
        commands = [{"command": name, "processes": 3, "user": 2.0, "system": .5, "peak_rss": peak}
                    for name, peak in (("cc1plus", 1 << 28), ("<b>bold</b>", None))]
        self.open(recording(200, marks=[(50, "epoch 1"), (120, "<img src=x onerror=alert(1)>")], commands=commands))
        self.assertEqual(self.run_js("document.querySelectorAll('.js-plotly-plot').length"), 3)
        self.assertEqual(self.run_js("document.querySelectorAll('.bars .point').length"), 12 * 199 + 2 * 2)
        self.assertEqual(self.texts(".annotation-text"), ["epoch 1", "<img src=x onerror=alert(1)>"] * 3)
        self.assertEqual(self.run_js("document.querySelectorAll('.js-plotly-plot img, .js-plotly-plot b').length"), 0)
        self.assertEqual(sorted(self.texts(".y4tick")), ["<b>bold</b> ×3", "cc1plus ×3"])
        lines = "document.querySelectorAll('.js-plotly-plot')[1].querySelectorAll('.scatterlayer .trace').length"
        self.assertEqual(self.run_js(lines), 12)
        self.run_js("document.querySelectorAll('.js-plotly-plot')[1].id = 'raw'")
        self.browser.click("#raw .legendtoggle")
        self.run_js("new Promise(done => setTimeout(done, 600))")  # it waits for a second click
        self.assertEqual(self.run_js(lines), 11)

    def test_an_hour_at_10_ms_is_fluid(self):
        self.open(recording(360_000))
        self.assertLess(self.run_js("""(async () => {
            const plot = document.querySelectorAll('.js-plotly-plot')[0], begin = performance.now();
            await Plotly.relayout(plot, {'xaxis.range': ['2026-11-22 18:10', '2026-11-22 18:20']});
            return performance.now() - begin;
        })()"""), 10_000)


if __name__ == "__main__":
    unittest.main()
