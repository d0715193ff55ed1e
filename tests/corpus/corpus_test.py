#!/usr/bin/env python3
"""What earlier versions have written is read, to the last value.

Run by ctest as `corpus`; by hand: RUSAGE_BUILD_DIR=build tests/corpus/corpus_test.py [-v] [TEST...]
"""

import csv
import functools
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("RUSAGE_BUILD_DIR", "build"))
RECORDER = f"{BUILD}/rusage-bpf"
PATIENCE_S = 60
sys.path.insert(0, os.path.join(HERE, "../../python"))

import rusage_bpf


def run(*arguments):
    return subprocess.run([RECORDER, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)


def load(path):
    """A document of either format, as JSON has it; an NDJSON without an end has no totals."""
    with open(path, encoding="utf-8") as file:
        if path.endswith(".json"):
            return json.load(file)
        document: Dict[str, Any] = {"samples": [], "processes": [], "commands": []}
        lists = {"sample": "samples", "process": "processes", "command": "commands"}
        for line in file:
            entry = json.loads(line)
            kind = entry.pop("kind")
            if kind in lists:
                document[lists[kind]].append(entry)
            else:
                document.setdefault("meta", {}).update(entry.pop("meta"))
                document.update(entry)
    return document


def versions():
    return sorted(name for name in os.listdir(HERE) if name[0].isdigit())


def files(version, *endings):
    found = sorted(name for ending in endings for name in glob.glob(f"{HERE}/{version}/*{ending}"))
    if not found:
        raise AssertionError(f"{version} has no {endings}")
    return found


def of_each(*endings):
    """A test of one file becomes one of each file with these endings, of each version."""
    def decorate(test):
        @functools.wraps(test)
        def test_each(self):
            for version in versions():
                for path in files(version, *endings):
                    with self.subTest(os.path.relpath(path, HERE)):
                        test(self, path)
        return test_each
    return decorate


class CorpusTest(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-corpus-"))
        self.out = os.path.join(self.directory, "out.json")
        self.schema = json.loads(run("schema").stdout)

    def assert_has(self, new, old, where):
        """That everything of `old` is in `new`; later versions may add fields."""
        if isinstance(old, dict):
            self.assertIsInstance(new, dict, where)
            self.assertEqual(set(old) - set(new), set(), where)
            for name, value in old.items():
                self.assert_has(new[name], value, f"{where}.{name}")
        elif isinstance(old, list):
            self.assertEqual(len(new), len(old), where)
            for number, value in enumerate(old):
                self.assert_has(new[number], value, f"{where}[{number}]")
        else:
            self.assertEqual(new, old, where)

    def converted(self, *arguments):
        done = run(*arguments, "-o", self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        document = load(self.out)
        jsonschema.validate(document, self.schema)
        return document

    def ring(self, path):
        unpacked = os.path.join(self.directory, "a.ring")
        with gzip.open(path, "rb") as packed, open(unpacked, "wb") as file:
            file.write(packed.read())
        return unpacked

    def test_there_is_at_least_the_first_version(self):
        self.assertIn("0.1.0", versions())

    @of_each(".json", ".ndjson")
    def test_convert_keeps_every_value(self, path):
        old, new = load(path), self.converted("convert", path)
        self.assertGreater(len(old["samples"]), 0)
        if "totals" in old:
            self.assert_has(new, old, "document")
        else:  # cut short
            self.assert_has(new["samples"], old["samples"], "samples")
            self.assertTrue(new["meta"]["recovered"])

    @of_each(".csv")
    def test_convert_writes_the_same_csv(self, path):
        table = os.path.join(self.directory, "out.csv")
        self.assertEqual(run("convert", path.replace(".csv", ".json"), "-o", table).returncode, 0)
        with open(path, encoding="utf-8", newline="") as old, open(table, encoding="utf-8", newline="") as new:
            self.assert_has(list(csv.DictReader(new)), list(csv.DictReader(old)), "rows")

    @of_each(".json", ".ndjson")
    def test_report_draws_each(self, path):
        page = os.path.join(self.directory, "out.html")
        done = run("report", path, "-o", page)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(page, encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text.startswith("<!DOCTYPE html>"))
        self.assertIn(load(path)["meta"]["start"][:19], text)

    @of_each(".json")
    def test_compare_finds_no_difference_between_two_formats_of_a_recording(self, path):
        other = path.replace(".json", ".ndjson")
        compared = run("compare", path, other if os.path.exists(other) else path, "--json")
        self.assertEqual(compared.returncode, 0, compared.stderr)
        totals = json.loads(compared.stdout)["totals"]
        sums = load(path)["totals"]
        self.assertAlmostEqual(totals["cpu"]["a"], sums["user"] + sums["system"])
        for name, value in totals.items():
            self.assertEqual(value["a"], value["b"], name)

    @of_each(".ring.gz")
    def test_recover_returns_every_row_that_the_document_of_the_recording_has(self, path):
        new = self.converted("recover", "-q", self.ring(path))
        old = load(path.replace(".ring.gz", ".ndjson"))
        kept = new["meta"]["rows_overwritten"]
        # A killed recorder has written rows into the ring only.
        rows = new["samples"][:len(old["samples"]) - kept]
        self.assert_has(rows, old["samples"][kept:], "samples")
        self.assertGreater(len(rows), 0)
        self.assertEqual(new["audit"]["rows_damaged"], 0)

    @of_each("overwritten.ring.gz")
    def test_a_ring_from_which_rows_were_overwritten_has_the_newest(self, path):
        self.assertGreater(self.converted("recover", "-q", self.ring(path))["meta"]["rows_overwritten"], 0)

    @of_each(".json", ".ndjson")
    def test_the_python_package_reads_each(self, path):
        self.assertEqual(len(rusage_bpf.read(path).known_samples()), len(load(path)["samples"]))


if __name__ == "__main__":
    unittest.main()
