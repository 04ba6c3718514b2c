"""No source file above 800 lines; the median below 200."""
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
listed = subprocess.run(["git", "ls-files", "*.cc", "*.h"], cwd=ROOT, capture_output=True, text=True)
names = listed.stdout.split() or [str(p.relative_to(ROOT)) for r in ("specs", "engines", "runner", "tests")
                                  for p in (ROOT / r).rglob("*") if p.suffix in (".cc", ".h")]
lengths = {name: len((ROOT / name).read_text().splitlines()) for name in names if (ROOT / name).exists()}
long = {name: length for name, length in lengths.items() if length > 800}
median = statistics.median(lengths.values())
for name, length in sorted(long.items()):
    print(f"{name}: {length} lines; split it by noun")
print(f"{len(lengths)} files, median {median:.0f} lines, longest {max(lengths.values())}")
sys.exit(1 if long or median >= 200 else 0)
