"""Every error code in the sources is in docs/errors.md, and the other way round."""
import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
used = {}
for room in ("specs", "engines", "runner"):
    for file in sorted((ROOT / room).rglob("*.cc")) + sorted((ROOT / room).rglob("*.h")):
        for code in re.findall(r'"([a-z0-9-]+)"_code', file.read_text()):
            used.setdefault(code, file.relative_to(ROOT).as_posix())
documented = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs/errors.md").read_text(), re.M))

problems = [f"{used[c]}: code {c} is not in docs/errors.md" for c in sorted(used.keys() - documented)]
problems += [f"docs/errors.md: code {c} is used nowhere" for c in sorted(documented - used.keys())]
print("\n".join(problems) or f"{len(used)} codes, all documented")
sys.exit(1 if problems or not used else 0)
