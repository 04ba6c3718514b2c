"""Every kind of statement that the Databricks dialect writes, executed on real Spark and Delta Lake.

The statements come from dialect_statements.json, which a unit test holds equal to what the dialect writes. Each case prepares its own
tables ("setup") and then
  "statements"  must be taken; with "spark": false only Databricks takes it, and Spark must refuse it
  "digests"     "statement" and "against" give the same row, or with "equal": false another one
  "vectors"     "statement" gives exactly "row"
"""
import json
import os
import unittest
from pathlib import Path

from lab import LabError, lab

CASES = Path(os.environ.get("LOCKSTEP_STATEMENTS") or Path(__file__).resolve().parent / "dialect_statements.json")


@unittest.skipUnless(CASES.exists(), f"{CASES.name} is not there")
class StatementsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spark = cls.enterClassContext(lab())
        cls.cases = json.loads(CASES.read_text(encoding="utf-8"))
        for catalog in ("prod", "staging"):
            cls.spark.sql(f"DROP CATALOG IF EXISTS {catalog} CASCADE")
            for schema in ("sales", "or-ders"):
                cls.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.`{schema}`")

    @classmethod
    def tearDownClass(cls):
        for catalog in ("prod", "staging"):
            cls.spark.sql(f"DROP CATALOG IF EXISTS {catalog} CASCADE")

    def prepare(self, case):
        for statement in case["setup"]:
            self.spark.sql(statement)

    def test_every_statement_is_taken_or_refused_as_foretold(self):
        self.assertTrue(self.cases["statements"])
        for case in self.cases["statements"]:
            with self.subTest(case["note"], statement=case["statement"]):
                self.prepare(case)
                if case.get("spark", True):
                    self.spark.sql(case["statement"])
                else:
                    with self.assertRaises(LabError):
                        self.spark.sql(case["statement"])

    def test_digests_tell_what_differs_and_nothing_else(self):
        self.assertTrue(self.cases["digests"])
        for case in self.cases["digests"]:
            with self.subTest(case["note"]):
                self.prepare(case)
                compare = self.assertEqual if case["equal"] else self.assertNotEqual
                compare(self.spark.sql(case["statement"]), self.spark.sql(case["against"]))

    def test_published_vectors(self):
        self.assertTrue(self.cases["vectors"])
        for case in self.cases["vectors"]:
            with self.subTest(case["note"]):
                self.prepare(case)
                self.assertEqual(self.spark.sql(case["statement"]), [case["row"]])


if __name__ == "__main__":
    unittest.main()
