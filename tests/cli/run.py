#!/usr/bin/env python3
"""Golden cases of the command line.

A case is a folder beside this file: `cmd` (a bash script; `lockstep` is on the PATH), whatever files it needs, and what is
expected: `stdout`, `stderr` (absent: nothing printed) and `exit` (absent: 0). The case runs in a fresh copy of its folder.
What differs from run to run (run ids, times, durations, the folder's path) is replaced by a placeholder before comparing.

  tests/cli/run.py --bin build/dev/bin CASE...            run these cases
  tests/cli/run.py --bin build/dev/bin --update [CASE...] write what the program prints now; read the diff before you commit
  tests/cli/run.py --list                                 the cases' names
"""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXPECTED = ("stdout", "stderr", "exit")

PLACEHOLDERS = [
    (re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{4,}\b"), "<RUN-ID>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "<TIME>"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "<CLOCK>"),
    (re.compile(r" *\b\d+(\.\d+)? ?(ms|s|m \d+s)(?![A-Za-z0-9])"), " <DURATION>"),
    (re.compile(r"\(PID \d+\)"), "(PID <PID>)"),
]


def normalise(text, folder, binaries):
    text = text.replace(str(folder), "<FOLDER>").replace(str(binaries), "<BIN>")
    for pattern, replacement in PLACEHOLDERS:
        text = pattern.sub(replacement, text)
    return text


def run(case, binaries):
    with tempfile.TemporaryDirectory(prefix="lockstep-cli-") as scratch:
        folder = Path(scratch).resolve() / case.name
        shutil.copytree(case, folder, ignore=shutil.ignore_patterns(*EXPECTED))
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("LOCKSTEP_", "CLONE_XS_"))}
        environment.update(PATH=f"{binaries}:{environment['PATH']}", LC_ALL="C.UTF-8", TERM="dumb", NO_COLOR="1",
                           LOCKSTEP_SOURCE=str(HERE.parent.parent))
        done = subprocess.run(["bash", "cmd"], cwd=folder, env=environment, capture_output=True, timeout=120,
                              stdin=subprocess.DEVNULL)
        return {
            "stdout": normalise(done.stdout.decode("utf-8", "backslashreplace"), folder, binaries),
            "stderr": normalise(done.stderr.decode("utf-8", "backslashreplace"), folder, binaries),
            "exit": f"{done.returncode}\n",
        }


def expected_of(case):
    values = {}
    for name in EXPECTED:
        path = case / name
        values[name] = path.read_text() if path.exists() else ("0\n" if name == "exit" else "")
    return values


def write(case, actual):
    for name in EXPECTED:
        path = case / name
        if actual[name] == ("0\n" if name == "exit" else ""):
            path.unlink(missing_ok=True)
        else:
            path.write_text(actual[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, help="folder of the lockstep program")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    names = arguments.cases or sorted(p.parent.name for p in HERE.glob("*/cmd"))
    if arguments.list:
        print("\n".join(names))
        return 0
    failed = 0
    for name in names:
        case = HERE / name
        actual = run(case, arguments.bin.resolve())
        if arguments.update:
            write(case, actual)
            continue
        expected = expected_of(case)
        if actual == expected:
            continue
        failed += 1
        print(f"case {name} differs (- expected, + printed):")
        for part in EXPECTED:
            sys.stdout.writelines(difflib.unified_diff(
                expected[part].splitlines(True), actual[part].splitlines(True), f"{name}/{part}", f"{name}/{part}"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
