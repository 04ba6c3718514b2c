#!/usr/bin/env python3
"""Writes python_vectors.h: JSON texts with the canonical form and HMAC that Python's json and hmac modules give them.

  tests/unit/engines/provenance/make_python_vectors.py > tests/unit/engines/provenance/python_vectors.h
"""
import hashlib
import hmac
import json

SECRET = "bGl0ZXJhbCB0ZXh0LCBuZXZlciBkZWNvZGVk+/="

TEXTS = [
    r'{"manifest_version":1,"job_id":"","source_catalog":"prod","destination_catalog":"prod_dr",'
    r'"signed_at":"2026-11-24T10:00:00.123456+00:00","config":{},"result":{}}',
    r'{ "b" : 1 , "a" : [ 1 , 2.0 , -0 , -0.0 , 1E400 , -1e400 , NaN , Infinity , -Infinity ] }',
    r'{"int":123456789012345678901234567890,"neg":-9223372036854775809,"zero":0}',
    r'[1e22, 1e16, 1e15, 9999999999999998.0, 123456789012345680.0, 0.0001, 0.00001, 1e-7, 5e-324, 1.7976931348623157e308]',
    r'[2.50, 1.0, 100.0, 333333333.33333329, 4.35, 0.1, 1e-400, 2e23, 1e23, 9007199254740993.0, 0e999, 1.5E+3]',
    '{"é":1,"z":2,"\U0001f600":3,"\ue000":4,"Z":5,"":6}',
    r'["\ud83d\ude00","\uD83D\uDE00","\ud800","\udfff","\ude00\ud83d","\ud83d\u0041","\u00e9\u0000\u001f\u007f\u0080"]',
    r'"\"\\\/\b\f\n\r\t\u0041"',
    '["\x7f","\u0080","日本語"," \u2028"]',
    r'{"\ud83d":1,"\ue000":2,"\ud83d\ude00":3,"a":4}',
    '\t\r\n {"nested" : {"b":[{"d":null,"c":true}],"a":false}} ',
    "[" * 100 + "]" * 100,
    "9" * 4300,
    "null",
]


def literal(text):
    # Octal escapes end after three digits, so nothing that follows can join them.
    out = ""
    for byte in text.encode("utf-8"):
        if byte in b'"\\':
            out += "\\" + chr(byte)
        else:
            out += chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
    return '"' + out + '"sv'


print("// Made by make_python_vectors.py; do not edit.")
print("#pragma once\n\n#include <array>\n#include <string_view>\n")
print("namespace lockstep {\n\nusing namespace std::string_view_literals;\n")
print(f"inline constexpr std::string_view kVectorSecret = {literal(SECRET)};\n")
print("struct PythonVector {\n  std::string_view text;\n  std::string_view canonical;\n  std::string_view signature;\n};\n")
print("// clang-format off")
print(f"inline constexpr std::array<PythonVector, {len(TEXTS)}> kPythonVectors = {{{{")
for text in TEXTS:
    canonical = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    signature = hmac.new(SECRET.encode(), canonical.encode(), hashlib.sha256).hexdigest()
    print(f"    {{{literal(text)},\n     {literal(canonical)},\n     {literal(signature)}}},")
print("}};\n// clang-format on\n\n}  // namespace lockstep")
