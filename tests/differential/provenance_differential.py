#!/usr/bin/env python3
"""Lockstep's canonical form, signatures and verdicts against Python's json and hmac (standard library only).

  provenance_differential.py --canonical build/dev/bin/canonical_lines --lockstep build/dev/bin/lockstep [--count N] [--seed S]

1. N random manifests, each written in a random JSON spelling: canonical form and signature must be Python's, byte for byte.
2. N damaged or hostile texts: both accept with the same canonical form, or both refuse.
3. The programs: envelopes made by Python are valid for `lockstep verify`, and not valid after a change; envelopes of
   `lockstep sign` verify in Python.
"""
import argparse
import hashlib
import hmac
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

SECRET = "bGl0ZXJhbCB0ZXh0LCBuZXZlciBkZWNvZGVk+/="
MAX_DEPTH = 100


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def sign(text):
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


# --- random values and spellings --------------------------------------------------------------------------------------

WORDS = ["status", "match", "Zebra", "zebra", "ä", "ñandú", "日本語", "😀", "\U0010ffff", "\ue000", "\ud800", "\udfff", "\uffff", "",
         "a", "a\u0000b", '"', "\\", "/", "\x7f", "\x80", "\n\t\r\b\f", "null", "1", "01", "key with blank", "é", "e\u0301"]


def random_text(r):
    if r.random() < 0.5:
        return r.choice(WORDS)
    points = []
    for _ in range(r.randrange(0, 12)):
        kind = r.random()
        if kind < 0.5:
            points.append(r.randrange(0x20, 0x7F))
        elif kind < 0.6:
            points.append(r.randrange(0, 0x20))
        elif kind < 0.75:
            points.append(r.randrange(0x80, 0xD800))
        elif kind < 0.8:
            points.append(r.randrange(0xD800, 0xE000))
        elif kind < 0.9:
            points.append(r.randrange(0xE000, 0x10000))
        else:
            points.append(r.randrange(0x10000, 0x110000))
    text = "".join(map(chr, points))
    # A high and a low half side by side have no spelling that reads back as two characters.
    return "".join(c for i, c in enumerate(text)
                   if not (i and "\ud800" <= text[i - 1] <= "\udbff" and "\udc00" <= c <= "\udfff"))


def random_float(r):
    kind = r.random()
    if kind < 0.35:  # any bit pattern: NaN, infinities and subnormal numbers too
        return struct.unpack("<d", struct.pack("<Q", r.getrandbits(64)))[0]
    if kind < 0.5:
        return r.choice([0.0, -0.0, 1.0, -1.0, 1e15, 1e16, 1e17, 9999999999999998.0, 1e-4, 1e-5, 9.999e-5, 1e22, 1e23, 5e-324,
                         2.2250738585072014e-308, 1.7976931348623157e308, math.nan, math.inf, -math.inf, 0.1, 2.5, 1 / 3])
    if kind < 0.75:
        return round(r.uniform(-1e6, 1e6), r.randrange(0, 6))
    return r.uniform(-1, 1) * 10.0 ** r.randrange(-320, 308)


def random_integer(r):
    kind = r.random()
    if kind < 0.5:
        return r.randrange(-1000, 1_000_000)
    if kind < 0.8:
        return r.choice([2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 2**64, 2**64 - 1, 2**70, 0])
    return r.randrange(-10**60, 10**60)


def random_value(r, depth=0):
    kind = r.random()
    if depth < 5 and kind < 0.25:
        return {random_text(r): random_value(r, depth + 1) for _ in range(r.randrange(0, 7))}
    if depth < 5 and kind < 0.4:
        return [random_value(r, depth + 1) for _ in range(r.randrange(0, 6))]
    if kind < 0.55:
        return random_text(r)
    if kind < 0.7:
        return random_integer(r)
    if kind < 0.9:
        return random_float(r)
    return r.choice([None, True, False])


def random_manifest(r):
    return {
        "manifest_version": 1,
        "job_id": random_text(r),
        "source_catalog": random_text(r),
        "destination_catalog": random_text(r),
        "signed_at": "2026-11-24T10:00:00.123456+00:00",
        "config": {random_text(r): random_value(r) for _ in range(r.randrange(0, 5))},
        "result": random_value(r),
    }


def space(r):
    return r.choice(["", "", "", " ", "\t", "\r", "  "])


def spell_text(r, text):
    out = ['"']
    for c in text:
        point = ord(c)
        short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(c)
        plain = point >= 0x20 and c not in '"\\' and not 0xD800 <= point < 0xE000
        choice = r.random()
        if plain and choice < 0.6:
            out.append(c)
        elif short and choice < 0.8:
            out.append(short)
        else:
            for unit in struct.unpack(f"<{len(c.encode('utf-16-le', 'surrogatepass')) // 2}H",
                                      c.encode("utf-16-le", "surrogatepass")):
                digits = f"{unit:04x}"
                out.append("\\u" + (digits.upper() if r.random() < 0.5 else digits))
    return "".join(out) + '"'


def spell_number(r, value):
    if isinstance(value, int):
        return "-0" if value == 0 and r.random() < 0.5 else str(value)
    if not math.isfinite(value):
        if math.isnan(value):
            return "NaN"
        word = "-" if value < 0 else ""
        return r.choice([word + "Infinity", word + "1e400", word + "123456789e+999999999999999999999"])
    choice = r.random()
    if choice < 0.4:
        return repr(value)
    if choice < 0.6:
        return f"{value:.17e}"
    if choice < 0.8:
        return f"{value:.25E}"
    return f"{value:.340f}" if abs(value) < 1e20 else repr(value)


def spell(r, value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return spell_number(r, value)
    if isinstance(value, str):
        return spell_text(r, value)
    if isinstance(value, list):
        return "[" + ",".join(space(r) + spell(r, item) + space(r) for item in value) + space(r) + "]"
    members = list(value.items())
    r.shuffle(members)
    return "{" + ",".join(space(r) + spell_text(r, k) + space(r) + ":" + space(r) + spell(r, v) + space(r)
                          for k, v in members) + "}"


# --- Python's verdict on a text -----------------------------------------------------------------------------------------

class Refused(Exception):
    pass


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("duplicate key")
    return members


def depth_of(value):
    if isinstance(value, dict):
        return 1 + max((depth_of(v) for v in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(v) for v in value), default=0)
    return 0


def python_canonical(line):
    """Python's canonical form of the bytes, or None where Lockstep must refuse."""
    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=unique)
        if depth_of(value) > MAX_DEPTH:
            return None
        return canonical(value)
    except (ValueError, Refused, RecursionError):
        return None


FRAGMENTS = [b"-0", b"-", b"01", b"1.", b".5", b"1e", b"1e+", b"1E400", b"-1e400", b"1e-400", b"NaN", b"-NaN", b"Infinity", b"nan",
             b"+1", b"0x1", b"'a'", b'"\\u12"', b'"\\ud83d\\ude00"', b'"\\ud83d"', b'"\\ude00\\ud83d"', b'"\\ud83d\\u0041"',
             b'"\\x41"', b'"\x01"', b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b"[1,]", b'{"a":1,}',
             b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b"{}", b"[]", b"[" * 100 + b"]" * 100, b"[" * 101 + b"]" * 101,
             b"[" * 5000, b"9" * 4300, b"-" + b"9" * 4300, b"9" * 4301, b"0." + b"3" * 5000, b"1" + b"0" * 400 + b".0", b"\xef\xbb\xbf{}", b"",
             b"0.000001e6", b"1e16", b"123456789012345678901234567890.5", b"1.7976931348623159e308", b"4.9e-324", b"2.4e-324", b"0e999999",
             b"0.0e-99999", b"true false", b"nul", b"\xc2\xa01", b"\x0b1"]


def damage(r, text):
    data = bytearray(text.encode("utf-8"))
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(data) + 1)
        kind = r.random()
        if kind < 0.35:
            data[at:at] = r.choice(FRAGMENTS)
        elif kind < 0.6:
            data[at:at + r.randrange(1, 4)] = b""
        elif kind < 0.8 and at < len(data):
            data[at] = r.randrange(256)
        else:
            data[at:at] = bytes([r.choice(b'{}[]:,"\\0123456789.eE+-tfnu \t')])
    return bytes(data).replace(b"\n", b" ")


# --- the three parts ----------------------------------------------------------------------------------------------------

def ask(program, lines):
    done = subprocess.run([program], input=b"\n".join(lines) + b"\n", capture_output=True, check=True,
                          env={**os.environ, "CLONE_XS_SIGNING_SECRET": SECRET})
    answers = done.stdout.decode("ascii").split("\n")[:-1]
    assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} texts"
    return answers


def compare(program, lines, what):
    accepted = 0
    for line, answer in zip(lines, ask(program, lines)):
        expected = python_canonical(line)
        if expected is None:
            if not answer.startswith("refused\t"):
                sys.exit(f"{what}: Lockstep accepts what must be refused\n text: {line[:500]!r}\n lockstep: {answer[:500]}")
            continue
        accepted += 1
        wanted = f"ok\t{expected}\t{sign(expected)}"
        if answer != wanted:
            sys.exit(f"{what}: Lockstep differs\n text:     {line[:2000]!r}\n python:   {wanted[:2000]}\n lockstep: {answer[:2000]}")
    return accepted


def run(lockstep, *arguments, secret=SECRET):
    return subprocess.run([lockstep, *arguments], capture_output=True, env={**os.environ, "CLONE_XS_SIGNING_SECRET": secret})


def check_programs(lockstep, r, count):
    with tempfile.TemporaryDirectory(prefix="lockstep-differential-") as scratch:
        file = Path(scratch) / "envelope.json"
        for _ in range(count):
            manifest = random_manifest(r)
            text = canonical(manifest)
            envelope = {"signed": True, "algorithm": "HMAC-SHA256", "signature": sign(text), "canonical_length": len(text),
                        "manifest": manifest}
            file.write_text(json.dumps(envelope, indent=r.choice([None, 2]), ensure_ascii=True))
            done = run(lockstep, "verify", str(file))
            assert done.returncode == 0, (done, file.read_text())
            assert run(lockstep, "verify", str(file), secret="another").returncode == 1
            envelope["manifest"]["manifest_version"] = 2
            file.write_text(json.dumps(envelope))
            assert run(lockstep, "verify", str(file)).returncode == 1

            wanted = {k: manifest[k] for k in ("source_catalog", "destination_catalog", "job_id", "config", "result")}
            wanted["source_catalog"] = wanted["source_catalog"] or "prod"
            wanted["destination_catalog"] = wanted["destination_catalog"] or "prod_dr"
            file.write_text(spell(r, wanted).encode("utf-8").decode("utf-8"))
            done = run(lockstep, "sign", str(file))
            assert done.returncode == 0, (done, file.read_text())
            made = json.loads(done.stdout)
            text = canonical(made["manifest"])
            assert made["signed"] is True and made["algorithm"] == "HMAC-SHA256", made
            assert hmac.compare_digest(sign(text), made["signature"]) and made["canonical_length"] == len(text), made
            assert made["redacted"] == [] and set(made["manifest"]) == set(manifest), made
            for key in wanted:
                assert canonical(made["manifest"][key]) == canonical(wanted[key]), (key, made)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--canonical", required=True)
    parser.add_argument("--lockstep", help="leave out to skip part 3")
    parser.add_argument("--count", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=20261124)
    arguments = parser.parse_args()
    r = random.Random(arguments.seed)
    texts = [spell(r, random_manifest(r)) for _ in range(arguments.count)]
    accepted = compare(arguments.canonical, [text.encode("utf-8") for text in texts], "manifests")
    assert accepted == len(texts), f"only {accepted} of {len(texts)} manifests were compared"
    damaged = [damage(r, r.choice(texts)) for _ in range(arguments.count)] + FRAGMENTS
    accepted = compare(arguments.canonical, damaged, "damaged texts")
    assert 100 < accepted < len(damaged) - 100, f"{accepted} of {len(damaged)} damaged texts accepted: no test of both sides"
    print(f"{len(texts)} manifests equal; {len(damaged)} damaged texts: {accepted} equal, {len(damaged) - accepted} refused by both")
    if arguments.lockstep:
        check_programs(arguments.lockstep, r, 25)
        print("25 envelopes verified and 25 signed across both implementations")


if __name__ == "__main__":
    main()
