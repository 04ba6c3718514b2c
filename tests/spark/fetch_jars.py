#!/usr/bin/env python3
"""Lets Spark fetch the jars of Delta Lake once, and keeps those that are pinned in jars.sha256: later starts are offline and quiet.

  python tests/spark/fetch_jars.py FOLDER            fill FOLDER with the pinned jars, or say which one differs
  python tests/spark/fetch_jars.py FOLDER --update   write jars.sha256 anew from what came; read the diff
"""
import hashlib
import os
import sys
import tempfile
from pathlib import Path

PINS = Path(__file__).resolve().parent / "jars.sha256"


def main():
    target, update = Path(sys.argv[1]), "--update" in sys.argv
    from delta import configure_spark_with_delta_pip
    from pyspark.sql import SparkSession
    with tempfile.TemporaryDirectory(prefix="lockstep-ivy-") as ivy:
        builder = SparkSession.builder.master("local[1]").config("spark.jars.ivy", ivy).config("spark.ui.enabled", "false")
        configure_spark_with_delta_pip(builder.config("spark.driver.memory", "512m")).getOrCreate().stop()
        found = {path.name: path.read_bytes() for path in sorted(Path(ivy, "jars").glob("*.jar"))}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
    if update:
        PINS.write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))
    pinned = dict(reversed(line.split()) for line in PINS.read_text().splitlines())
    wrong = [f"{name}: pinned {pinned.get(name, 'not at all')}, came {digests.get(name, 'not at all')}"
             for name in sorted(pinned.keys() | digests.keys()) if pinned.get(name) != digests.get(name)]
    if wrong:
        sys.exit("jars differ from tests/spark/jars.sha256, nothing is kept:\n  " + "\n  ".join(wrong))
    target.mkdir(parents=True, exist_ok=True)
    for name, content in found.items():
        (target / name).write_bytes(content)
    print(f"{len(found)} jars in {target}")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
