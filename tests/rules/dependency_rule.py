"""The dependency rule of ARCHITECTURE.md, checked over every #include."""
import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
ROOMS = ("specs", "engines", "runner")
MAY_SEE = {"specs": {"specs"}, "engines": {"specs", "engines"}, "runner": {"specs", "engines", "runner"}}
FOUNDATIONS = {"warehouse", "workspace"}  # capability folders may include these, and files directly in engines/
# header prefix -> the only files that may include it
BORDERS = [
    (r"duckdb\.h", r"engines/warehouse/duckdb/"),
    (r"Poco/Net/", r"engines/workspace/http"),
    (r"yaml\.h|yaml-cpp/", r"specs/yaml"),
    (r"valijson/", r"specs/schema"),
    (r"simdjson", r"engines/workspace/answer_json"),
    (r"boost/program_options", r"runner/cli/"),
]

broken = []
files = [f for room in ROOMS for f in sorted((ROOT / room).rglob("*")) if f.suffix in (".h", ".cc")]
for file in files:
    name = file.relative_to(ROOT).as_posix()
    room = name.split("/")[0]
    for number, line in enumerate(file.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not found:
            continue
        included = found.group(1)
        target = included.split("/")[0]
        if target in ROOMS and target not in MAY_SEE[room]:
            broken.append(f"{name}:{number}: {room} may not include {included}")
        parts, own = included.split("/"), name.split("/")
        if target == "engines" and room == "engines" and len(parts) > 2 and parts[1] not in FOUNDATIONS \
                and len(own) > 2 and own[1] != parts[1]:
            broken.append(f"{name}:{number}: capability {own[1]} may not include {included}")
        for header, allowed in BORDERS:
            if re.match(header, included) and not name.startswith(allowed):
                broken.append(f"{name}:{number}: only {allowed}* may include {included}")

print("\n".join(broken) or f"{len(files)} files follow the dependency rule")
sys.exit(1 if broken or len(files) < 40 else 0)
