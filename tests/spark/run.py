#!/usr/bin/env python3
"""All tests of this folder in one run, on one Spark session.

  tests/spark/run.py [--venv FOLDER] [--bin FOLDER] [PATTERN...]     PATTERN: as unittest's -k, e.g. test_cancel

The environment comes from ./dev test (LOCKSTEP_SPARK_VENV). Without one the exit code is 77, which ctest counts as skipped.
"""
import argparse
import os
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--venv", default="", help="environment with pyspark; default: LOCKSTEP_SPARK_VENV")
    options.add_argument("--bin", default="", help="folder of the program under test; default: LOCKSTEP_BIN, else build/dev/bin")
    options.add_argument("patterns", nargs="*")
    arguments = options.parse_args()
    venv = arguments.venv or os.environ.get("LOCKSTEP_SPARK_VENV", "")
    if not venv:
        print("skipped: no environment with Spark; ./dev test makes one and runs these tests")
        sys.exit(77)
    python = Path(venv) / "bin" / "python"
    if not python.exists() or not (Path(venv) / "jars").is_dir():
        sys.exit(f"{venv} is no environment with Spark (LOCKSTEP_SPARK_VENV); ./dev test makes one")
    os.environ["LOCKSTEP_SPARK_VENV"] = venv
    if arguments.bin:
        os.environ["LOCKSTEP_BIN"] = os.path.abspath(arguments.bin)
    if Path(sys.prefix).resolve() != Path(venv).resolve():
        os.environ["PATH"] = f"{venv}/bin:{os.environ['PATH']}"
        os.execv(python, [str(python), __file__, *arguments.patterns])
    sys.path.insert(0, str(HERE))
    from lab import Lab, gateway
    import json
    began = time.monotonic()
    loader = unittest.TestLoader()
    loader.testNamePatterns = [p if "*" in p else f"*{p}*" for p in arguments.patterns] or None
    suite = loader.discover(str(HERE), pattern="*_test.py")
    with gateway() as port_file:
        os.environ["LOCKSTEP_SPARK_GATEWAY"] = port_file
        ready = Lab(json.loads(Path(port_file).read_text()))
        print(f"gateway up in {ready.seconds_to_start} s", flush=True)
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    print(f"{result.testsRun - len(result.failures) - len(result.errors)} of {result.testsRun} passed in {time.monotonic() - began:.1f} s")
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


if __name__ == "__main__":
    main()
