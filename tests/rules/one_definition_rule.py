"""One type name, one definition: a name defined in two headers is two types at one address, which crashes at run time.

Types in unnamed namespaces of .cc files are their file's own and do not count; two .cc files that define the same name
outside of one do."""
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(sys.argv[1])
DEFINITION = re.compile(r"^(?:template\s*<[^>]*>\s*)?(?:class|struct|enum(?:\s+class)?|union)\s+(?:\[\[\w+\]\]\s*)?(\w+)"
                        r"(?:\s+final)?\s*(?::[^:;{][^;{]*)?\{", re.M)

places = defaultdict(set)
files = [f for room in ("specs", "engines", "runner") for f in sorted((ROOT / room).rglob("*")) if f.suffix in (".h", ".cc")]
for file in files:
    text = re.sub(r"//[^\n]*", "", file.read_text())
    text = re.sub(r"^namespace \{.*?^\}  ?(?=\n|$)", "", text, flags=re.M | re.S)
    for found in DEFINITION.finditer(text):
        places[found.group(1)].add(file.relative_to(ROOT).as_posix())

broken = [f"{name} is defined in {', '.join(sorted(where))}" for name, where in sorted(places.items()) if len(where) > 1]
print("\n".join(broken) or f"{len(places)} types, each defined in one file")
sys.exit(1 if broken or len(places) < 150 else 0)
