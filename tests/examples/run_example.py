#!/usr/bin/env python3
"""Runs one example as a user would, in a copy of examples/: validate, dry run, run, and run again over its own leavings."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

program, example = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
folder = example.parent

with tempfile.TemporaryDirectory(prefix="lockstep-example-") as scratch:
    copy = Path(scratch) / "examples"
    copy.mkdir()
    shutil.copy(example, copy)
    (copy / "data").mkdir()
    for shared in ("data/nycflights13", "keys"):
        if not (folder / shared).exists():
            sys.exit(f"examples/{shared} is not there; ./dev test prepares it")
        (copy / shared).symlink_to(folder / shared)
    name = copy / example.name
    for arguments in (["validate", name], ["run", name, "--dry-run"], ["run", name, "--report", f"json={scratch}/report.json"],
                      ["run", name]):
        done = subprocess.run([program, *arguments], cwd=scratch, capture_output=True, text=True, timeout=120)
        if done.returncode != 0 or "arning" in done.stderr:
            sys.exit(f"lockstep {' '.join(map(str, arguments))} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    print(done.stdout)
