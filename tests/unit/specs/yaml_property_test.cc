// Random trees written as YAML are read as they were; random damage never gets past the reader unnoticed or crashes it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "specs/diagnostic_render.h"
#include "tests/unit/specs/yaml_helpers.h"

namespace lockstep {
namespace {

const std::vector<std::string> kTexts = {
    "",      "x",    "no",   "010",       "1:30",      "null",      "true", "- a", "a: b", "# c", "${{ x }}", "é😀",
    "\"q\"", "it's", "a\\b", "line\nend", "  sp ",     "tab\there", "~",    "[x]", "{y}",  "&a",  "*a",       "!f()",
    "<<",    "---",  "%x",   "@at",       "a\n\n b\n", "1e5",       ">",    "|",   "?",    ":",   "-",        "\n"};

rc::Gen<Json> any_tree(int depth) {
  auto scalar = rc::gen::oneOf(
      rc::gen::map(rc::gen::elementOf(kTexts), [](const std::string& s) { return Json(s); }),
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return Json(i); }),
      rc::gen::map(rc::gen::inRange(-1'000'000, 1'000'000), [](int i) { return Json(i / 64.0); }),
      rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return Json(b); }), rc::gen::just(Json(nullptr)));
  if (depth == 0) return scalar;
  const auto some = [](int most) { return rc::gen::inRange(0, most); };
  auto list = rc::gen::mapcat(some(4), [depth](int size) {
    return rc::gen::map(rc::gen::container<std::vector<Json>>(static_cast<std::size_t>(size), any_tree(depth - 1)),
                        [](const std::vector<Json>& items) { return Json(Json::array_t(items.begin(), items.end())); });
  });
  auto map =
      rc::gen::map(rc::gen::container<std::map<std::string, Json>>(rc::gen::elementOf(kTexts), any_tree(depth - 1)),
                   [](const std::map<std::string, Json>& members) { return Json(members); });
  return rc::gen::oneOf(std::move(scalar), std::move(list), std::move(map));
}

std::string quoted(const std::string& text, bool single) {
  if (!single || text.find('\n') != std::string::npos) return Json(text).dump();
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

// Block style with quoted texts; a text that can be is written as a literal block every other time.
void emit(const Json& value, int indent, bool odd, std::string& out) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items()) {
      out += "\n" + margin + quoted(key, odd) + ":";
      emit(member, indent + 2, !odd, out);
    }
  } else if (value.is_array() && !value.empty()) {
    for (const Json& item : value) {
      out += "\n" + margin + "-";
      emit(item, indent + 2, !odd, out);
    }
  } else if (value.is_string() && odd && value.get<std::string>() == "line\nend") {
    out += " |-\n" + margin + "line\n" + margin + "end";
  } else if (value.is_string()) {
    out += " " + quoted(value.get<std::string>(), odd);
  } else {
    out += " " + value.dump();
  }
}

TEST(YamlProperty, WrittenTreesAreReadAsTheyWere) {
  EXPECT_TRUE(rc::check([] {
    const Json tree = *any_tree(3);
    std::string text = "root:";
    emit(tree, 2, *rc::gen::arbitrary<bool>(), text);
    const Parsed parsed = parse(text + "\n");
    if (parsed.diagnostics.has_errors()) RC_LOG() << text << render_text(parsed.diagnostics, false);
    RC_ASSERT(!parsed.diagnostics.has_errors());
    RC_ASSERT(parsed.json()["root"] == tree);
  }));
}

TEST(YamlProperty, JsonIsReadAsItIs) {
  EXPECT_TRUE(rc::check([] {
    const Json tree = *any_tree(3);
    const Parsed parsed = parse(Json{{"root", tree}}.dump(*rc::gen::elementOf(std::vector<int>{-1, 2})));
    RC_ASSERT(!parsed.diagnostics.has_errors());
    RC_ASSERT(parsed.json()["root"] == tree);
  }));
}

void check_spans(const Node& node, const Source& source) {
  const auto check = [&](const Span& span) {
    RC_ASSERT(span.start.line >= 1U);
    RC_ASSERT(span.start.offset <= span.end.offset);
    RC_ASSERT(span.end.offset <= source.text.size());
  };
  check(node.span);
  for (const Node& item : node.items) {
    RC_ASSERT(item.span.start.offset >= node.span.start.offset);
    RC_ASSERT(item.span.end.offset <= node.span.end.offset);
    check_spans(item, source);
  }
  for (const Member& member : node.members) {
    check(member.key_span);
    RC_ASSERT(member.key_span.start.offset >= node.span.start.offset);
    RC_ASSERT(member.value.span.end.offset <= node.span.end.offset);
    check_spans(member.value, source);
  }
}

TEST(YamlProperty, DamageNeverGetsPast) {
  const std::string sample =
      "version: 1\nname: \"Größe\"\nparams: { a: { type: string, default: 'x' } }\nsteps:\n  - id: load\n"
      "    uses: sql/query\n    if: ${{ params.a == 'x' }}\n    with:\n      statement: |\n        SELECT *\n"
      "          FROM t\n      expect: { rows: 3 }\n\n  # comment\n  - { id: b, needs: [load], with: { x: \"${{ y }}\" "
      "} }\n";
  const std::vector<std::string> pieces = {"\"",    "'",    "[",  "]",   "{",   "}",    ": ",
                                           "- ",    "\n",   "\t", "#",   "&a ", "*a",   "!x ",
                                           "---\n", "<<: ", "|",  ">",   "%",   "\xFF", std::string(1, '\0'),
                                           "\xC3",  "? ",   ",",  "${{", "  "};
  EXPECT_TRUE(rc::check([&] {
    std::string text = sample;
    const int edits = *rc::gen::inRange(1, 6);
    for (int i = 0; i < edits; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
      const auto size = *rc::gen::inRange<std::size_t>(0, 12);
      if (*rc::gen::arbitrary<bool>())
        text.insert(at, *rc::gen::elementOf(pieces));
      else
        text.erase(at, size);
    }
    const Parsed parsed = parse(text);
    RC_ASSERT(parsed.document || parsed.diagnostics.has_errors());
    for (const Diagnostic& d : parsed.diagnostics.items()) {
      RC_ASSERT(d.span.start.offset <= text.size());
      RC_ASSERT(!d.message.empty() && !d.hint.empty());
    }
    if (parsed.document) check_spans(parsed.document->root, *parsed.document->source);
    static_cast<void>(render_text(parsed.diagnostics, true));
    static_cast<void>(render_json(parsed.diagnostics).dump());
    static_cast<void>(render_sarif(parsed.diagnostics).dump());
  }));
}

}  // namespace
}  // namespace lockstep
