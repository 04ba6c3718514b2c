#include "specs/yaml.h"

#include <gmock/gmock.h>
#include <chrono>

#include "tests/unit/pace.h"
#include "tests/unit/specs/yaml_helpers.h"

namespace lockstep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string text_at(const Document& document, const Span& span) {
  return document.source->text.substr(span.start.offset, span.end.offset - span.start.offset);
}

std::string repeat(std::string_view piece, std::size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(Yaml, ReadsARunbook) {
  const Parsed parsed = parse(
      "# a comment\n"
      "version: 1\n"
      "params: { source: { type: string, default: prod } }\n"
      "steps:\n"
      "  - id: load\n"
      "    uses: sql/query\n"
      "    if: success()\n"
      "    with:\n"
      "      statement: |\n"
      "        SELECT *\n"
      "          FROM t\n"
      "      max_rows: 10\n"
      "  - id: 'sign'\n"
      "    needs: [load]\n");
  EXPECT_THAT(parsed.codes(), IsEmpty());
  const Json wanted = Json::parse(R"json({
    "version": 1,
    "params": {"source": {"type": "string", "default": "prod"}},
    "steps": [
      {"id": "load", "uses": "sql/query", "if": "success()",
       "with": {"statement": "SELECT *\n  FROM t\n", "max_rows": 10}},
      {"id": "sign", "needs": ["load"]}]})json");
  EXPECT_EQ(parsed.json(), wanted);
}

TEST(Yaml, ReadsJson) {
  const Parsed parsed =
      parse("{\n\t\"a\": [1, -2.5e-3, true, null],\n\t\"b\": {\"c\": \"\\u00e9\\/\\n\"},\"d\":{},\"e\":[]}");
  EXPECT_THAT(parsed.codes(), IsEmpty());
  EXPECT_EQ(parsed.json(), Json::parse(R"({"a": [1, -2.5e-3, true, null], "b": {"c": "é/\n"}, "d": {}, "e": []})"));
}

TEST(Yaml, KeepsStyles) {
  const Parsed parsed = parse("a: x\nb: 'x'\nc: |\n  x\nd: [1]\ne:\n  - 1\n");
  ASSERT_TRUE(parsed.document);
  std::vector<Node::Style> styles;
  for (const Member& member : parsed.document->root.members) styles.push_back(member.value.style);
  EXPECT_THAT(styles, ElementsAre(Node::Style::plain, Node::Style::quoted, Node::Style::block, Node::Style::flow,
                                  Node::Style::block));
}

TEST(YamlSpans, AreExact) {
  const Parsed parsed = parse(
      "name: \"Größe\" # what\n"
      "steps:\n"
      "  - id: load\n"
      "    with: { a: [1, 2],\n"
      "            b: x }\n"
      "\n"
      "  # before the next\n"
      "  - sql: |\n"
      "      SELECT 1\n"
      "\n"
      "    empty:\n"
      "tail: é\n");
  ASSERT_TRUE(parsed.document);
  const Document& document = *parsed.document;
  const Node& root = document.root;
  EXPECT_EQ(root.members[0].key_span, (Span{{1, 1, 0}, {1, 5, 4}}));
  EXPECT_EQ(root.members[0].value.span, (Span{{1, 7, 6}, {1, 14, 15}}));  // columns count characters, offsets bytes
  EXPECT_EQ(text_at(document, root.members[0].value.span), "\"Größe\"");
  const Node& steps = root.find("steps")->value;
  EXPECT_EQ(steps.span.start.line, 3U);
  EXPECT_EQ(text_at(document, steps.items[0].span), "id: load\n    with: { a: [1, 2],\n            b: x }");
  EXPECT_EQ(text_at(document, steps.items[0].find("with")->value.span), "{ a: [1, 2],\n            b: x }");
  EXPECT_EQ(text_at(document, steps.items[1].find("sql")->value.span), "|\n      SELECT 1");
  EXPECT_EQ(steps.items[1].find("sql")->value.span.end, (Position{9, 15, 131}));
  const Span empty = steps.items[1].find("empty")->value.span;
  EXPECT_EQ(empty.start, empty.end);
  EXPECT_EQ(empty.start.line, 11U);
  EXPECT_EQ(text_at(document, root.find("tail")->value.span), "é");
  EXPECT_EQ(root.span.end, root.find("tail")->value.span.end);
}

TEST(YamlSpans, CountBytesOfAByteOrderMarkButNoColumn) {
  const Parsed parsed = parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: é1\r\nc: 2\r\n");
  EXPECT_THAT(parsed.codes(), IsEmpty());
  ASSERT_TRUE(parsed.document);
  EXPECT_EQ(parsed.document->root.find("a")->key_span.start, (Position{1, 1, 3}));
  EXPECT_EQ(parsed.document->root.find("c")->value.span.start, (Position{3, 4, 20}));
  EXPECT_EQ(text_at(*parsed.document, parsed.document->root.find("b")->value.span), "é1");
}

TEST(YamlTraps, UnterminatedQuoteIsMarkedWhereItOpens) {
  for (const std::string quote : {"\"", "'"}) {
    const Parsed parsed = parse("steps:\n  - id: " + quote + "a\n    uses: x\n  - id: b\n");
    EXPECT_THAT(parsed.places(), ElementsAre("2:9 yaml-unterminated-quote")) << quote;
    EXPECT_FALSE(parsed.document);
  }
}

TEST(YamlTraps, QuoteThatRunsIntoTheNextQuoteIsMarkedWhereItOpens) {
  const Parsed parsed = parse("steps:\n  - id: \"a\n    uses: \"x\"\n  - id: b\n");
  EXPECT_THAT(parsed.places(), ElementsAre("2:9 yaml-unterminated-quote"));
}

TEST(YamlTraps, DuplicateKeysNameBothPlaces) {
  const Parsed parsed = parse("a: 1\nb: 2\n\"a\": 3\nb: 4\n");
  EXPECT_THAT(parsed.places(), ElementsAre("3:1 yaml-duplicate-key", "4:1 yaml-duplicate-key"));
  ASSERT_EQ(parsed.diagnostics.items()[0].related.size(), 1U);
  EXPECT_EQ(parsed.diagnostics.items()[0].related[0].span.start.line, 1U);
  EXPECT_THAT(parsed.diagnostics.items()[0].message, HasSubstr("\"a\""));
  EXPECT_EQ(parsed.json(), Json::parse(R"({"a": 1, "b": 2})"))
      << "the first value stays, so that later checks can go on";
}

TEST(YamlTraps, BillionLaughsAndCyclesAreRefused) {
  std::string bomb = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    const char before = static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " [*" + before + ", *" + before + "]\n";
  }
  const Parsed parsed = parse(bomb);
  EXPECT_EQ(parsed.diagnostics.error_count(), 9U + 16U);
  EXPECT_THAT(parsed.places(), ::testing::Contains("1:4 yaml-anchor"));
  EXPECT_THAT(parsed.places(), ::testing::Contains("2:8 yaml-alias"));
  EXPECT_FALSE(parsed.document);
  EXPECT_THAT(parse("a: &x [*x]\n").places(), ElementsAre("1:4 yaml-anchor", "1:8 yaml-alias"));
  EXPECT_THAT(parse("*x : 1\n").places(), ElementsAre("1:1 yaml-alias"));
}

TEST(YamlTraps, MergeKeysAreRefusedUnlessQuoted) {
  EXPECT_THAT(parse("a: 1\n<<: { b: 2 }\n").places(), ElementsAre("2:1 yaml-merge-key"));
  EXPECT_THAT(parse("\"<<\": 1\n").codes(), IsEmpty());
}

TEST(YamlTraps, SecondDocumentIsRefused) {
  EXPECT_THAT(parse("a: 1\n---\nb: 2\n").places(), ElementsAre("2:1 yaml-second-document"));
  EXPECT_THAT(parse("a: 1\n...\nb: 2\n").codes(), ElementsAre("yaml-syntax"));
  EXPECT_THAT(parse("a: 1\n%YAML 1.2\n---\nb: 2\n").codes(), ElementsAre("yaml-second-document"));
  EXPECT_THAT(parse("---\na: 1\n...\n# the end\n").codes(), IsEmpty());
}

TEST(YamlTraps, DirectivesAreRefused) {
  EXPECT_THAT(parse("%YAML 1.1\n---\na: 1\n").places(), ElementsAre("1:1 yaml-directive"));
  EXPECT_THAT(parse("%TAG ! tag:x,2000:\n---\na: 1\n").places(), ElementsAre("1:1 yaml-directive"));
  EXPECT_THAT(parse("%FOO\n---\na: 1\n").places(), ElementsAre("1:1 yaml-directive"));
}

TEST(YamlTraps, TabsInIndentation) {
  EXPECT_THAT(parse("a:\n\tb: 1\n").places(), ElementsAre("2:1 yaml-tab-indentation"));
  EXPECT_THAT(parse("a:\n  b: 1\n\tc: 2\n").places(), ElementsAre("3:1 yaml-tab-indentation"));
  EXPECT_THAT(parse("a:\n  b: 1\n  \tc: 2\n").places(), ElementsAre("3:3 yaml-tab-indentation"));
  EXPECT_THAT(parse("a: |\n  x\n  \ty\nb:\t1\n").codes(), IsEmpty()) << "tabs elsewhere are just white space";
}

TEST(YamlTraps, TagsAreRefusedAndConditionsKeepTheirText) {
  const Parsed parsed = parse("if: !failure()\nb: 1\n");
  EXPECT_THAT(parsed.places(), ElementsAre("1:5 yaml-tag"));
  EXPECT_THAT(parsed.diagnostics.items()[0].hint, HasSubstr("quotes"));
  EXPECT_EQ(parsed.json()["if"], "!failure()");
  EXPECT_THAT(parse("if: !contains(a, 'b')\n").places(), ElementsAre("1:5 yaml-tag"));
  EXPECT_THAT(parse("if: !success() && x\n").places(), ElementsAre("1:5 yaml-tag"));
  EXPECT_THAT(parse("steps:\n  - if: !a.b || c\n").places(), ElementsAre("2:9 yaml-tag"));
  EXPECT_THAT(parse("a: !!str 5\n").places(), ElementsAre("1:4 yaml-tag"));
  EXPECT_THAT(parse("a: !!python/object:os.system [x]\n").places(), ElementsAre("1:4 yaml-tag"));
  EXPECT_THAT(parse("a: ! x\n").places(), ElementsAre("1:4 yaml-tag"));
}

TEST(YamlTraps, UnquotedExpressionsInsideBrackets) {
  for (const std::string text : {"with: { a: ${{ params.x }}, b: 1 }\n", "with: [ ${{ params.x }} ]\n"}) {
    const Parsed parsed = parse(text);
    EXPECT_THAT(parsed.codes(), ElementsAre("yaml-unquoted-expression")) << text;
    EXPECT_EQ(text.substr(parsed.diagnostics.items()[0].span.start.offset, 3), "${{") << text;
    EXPECT_THAT(parsed.diagnostics.items()[0].hint, HasSubstr("quotes"));
  }
  EXPECT_THAT(parse("a: {{ x }}\n").places(), ElementsAre("1:4 yaml-unquoted-expression"));
  EXPECT_THAT(parse("a: ${{ x == 'b: c' }}\n").codes(), ElementsAre("yaml-unquoted-expression"));
  EXPECT_THAT(parse("a: ${{ x }}\nb: { c: \"${{ x }}\" }\n").codes(), IsEmpty());
}

TEST(YamlTraps, KeysAreTexts) {
  EXPECT_THAT(parse("[a]: 1\n").places(), ElementsAre("1:1 yaml-key-not-text"));
  EXPECT_THAT(parse("? {a: b}\n: 1\n").places(), ElementsAre("1:3 yaml-key-not-text"));
  EXPECT_THAT(parse("a:\n  1: x\n").places(), ElementsAre("2:3 yaml-key-not-text"));
  EXPECT_THAT(parse("true: x\n").places(), ElementsAre("1:1 yaml-key-not-text"));
  EXPECT_THAT(parse("~: x\n").codes(), ElementsAre("yaml-key-not-text"));
  EXPECT_THAT(parse("\"1\": x\non: y1\n").codes(), IsEmpty());
}

TEST(YamlTraps, BytesThatAreNoText) {
  EXPECT_THAT(parse("a: 1\nbé: \xFF\n").places(), ElementsAre("2:5 yaml-not-utf8"));
  EXPECT_THAT(parse("a: \xC0\x80\n").places(), ElementsAre("1:4 yaml-not-utf8", "1:5 yaml-not-utf8"));
  EXPECT_THAT(parse("a: \xED\xA0\x80\n").diagnostics.error_count(), 3U);
  EXPECT_THAT(parse("a: \x04\n").places(), ElementsAre("1:4 yaml-control-character"));
  EXPECT_THAT(parse(std::string("a: x\0y\n", 7)).places(), ElementsAre("1:5 yaml-control-character"));
  EXPECT_THAT(parse("a: \x1b[31m\x7f\n").places(),
              ElementsAre("1:4 yaml-control-character", "1:9 yaml-control-character"));
  EXPECT_THAT(parse("a: \xC2\x85\n").places(), ElementsAre("1:4 yaml-control-character"));
  EXPECT_THAT(parse("a: 1\rb: 2\n").places(), ElementsAre("1:5 yaml-control-character"));
  EXPECT_THAT(parse("a: x\xE2\x80\xA8y\n").places(), ElementsAre("1:5 yaml-control-character"));
  EXPECT_THAT(parse("a: 1\n\xEF\xBB\xBF"
                    "b: 1\n")
                  .places(),
              ElementsAre("2:1 yaml-control-character"));
  EXPECT_THAT(parse("\xFF\xFE"
                    "a")
                  .diagnostics.items()[0]
                  .hint,
              HasSubstr("UTF-16"));
}

TEST(YamlTraps, BinaryFileIsNotListedByteForByte) {
  const Parsed parsed = parse(std::string(100'000, '\x01'));
  EXPECT_EQ(parsed.diagnostics.items().size(), 21U);
  EXPECT_EQ(parsed.codes().back(), "yaml-too-many-findings");
}

TEST(YamlTraps, EmptyFilesSaySo) {
  for (const std::string text : {"", "\n\n", "# only\n# comments\n", "\xEF\xBB\xBF"}) {
    const Parsed parsed = parse(text);
    EXPECT_THAT(parsed.places(), ElementsAre("1:1 yaml-empty"));
    EXPECT_THAT(parsed.diagnostics.items()[0].message, HasSubstr("empty file"));
    EXPECT_FALSE(parsed.document);
  }
}

TEST(YamlTraps, SyntaxErrorsSayWhatToDo) {
  const auto place = [](std::string text) {
    const Parsed parsed = parse(std::move(text));
    EXPECT_EQ(parsed.diagnostics.items().size(), 1U);
    EXPECT_FALSE(parsed.diagnostics.items()[0].hint.empty());
    return parsed.places().at(0);
  };
  EXPECT_EQ(place("a: b: c\n"), "1:5 yaml-syntax");
  EXPECT_EQ(place("a: @x\n"), "1:4 yaml-syntax");
  EXPECT_EQ(place("a: *.csv\n"), "1:4 yaml-syntax");
  EXPECT_EQ(place("a: \"C:\\data\"\n"), "1:7 yaml-syntax");
  EXPECT_EQ(place("a: 'it's'\n"), "1:8 yaml-syntax");
  EXPECT_EQ(place("a:\n   - x\n  - z\n"), "3:3 yaml-syntax");
  EXPECT_EQ(place("a: [1, 2\n"), "1:4 yaml-unclosed-bracket");
  EXPECT_EQ(place("a: { b: 1\nc: 2\n"), "2:2 yaml-unclosed-bracket");
  EXPECT_EQ(place("a: [1 2: 3: 4]\n"), "1:11 yaml-syntax");
}

TEST(YamlTraps, SurrogateEscapesNameTheCharacter) {
  const Parsed parsed = parse("{\"a\": \"x\\ud83d\\ude00\"}");
  EXPECT_THAT(parsed.places(), ElementsAre("1:9 yaml-surrogate-escape"));
  EXPECT_THAT(parsed.diagnostics.items()[0].hint, HasSubstr("\\U0001f600"));
  EXPECT_THAT(parse("{\"a\": \"\\ud83d\"}").codes(), ElementsAre("yaml-surrogate-escape"));
}

TEST(YamlTraps, ADisagreementInALargeFileTakesBackWhatWasFoundMeanwhile) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "k" + std::to_string(i) + ": 1\n";  // large enough for a thread of its own
  text += "b: \"x\\_y\"\n";
  const auto source = std::make_shared<const Source>(Source{"runbook.yaml", text});
  Diagnostics diagnostics(source);
  AdvanceReading reading(source, diagnostics);
  ASSERT_TRUE(reading.document);
  diagnostics.error("runbook-not-a-mapping"_code, {}, "found while the second reading went on");
  EXPECT_FALSE(reading.confirm(diagnostics));
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].code, "yaml-parsers-disagree");
  EXPECT_EQ(diagnostics.items()[0].span.start.line, 4001U);
}

TEST(YamlTraps, ParsersThatDisagreeAreNotFollowed) {
  // Measured: with \_ (a no-break space) yaml-cpp 0.7 writes a byte that is no UTF-8.
  const Parsed parsed = parse("a: 1\nb: \"x\\_y\"\n");
  EXPECT_THAT(parsed.places(), ElementsAre("2:4 yaml-parsers-disagree"));
  EXPECT_FALSE(parsed.document);
}

TEST(YamlScalars, AreWarnedOfInPlace) {
  const Parsed parsed = parse("a: no\nb: [010, 1:30]\nc: 1e22\nd: 2.50\n");
  EXPECT_THAT(parsed.places(),
              ElementsAre("1:4 yaml-ambiguous-scalar", "2:5 yaml-ambiguous-scalar", "2:10 yaml-ambiguous-scalar"));
  EXPECT_FALSE(parsed.diagnostics.has_errors());
  EXPECT_EQ(parsed.document->root.find("c")->value.kind, Node::Kind::floating);
  EXPECT_EQ(parsed.document->root.find("d")->value.kind, Node::Kind::floating);
}

TEST(YamlScalars, ThatDoNotFitAreErrors) {
  EXPECT_THAT(parse("a: 99999999999999999999\nb: 1e400\n").places(),
              ElementsAre("1:4 yaml-number-out-of-range", "2:4 yaml-number-out-of-range"));
}

TEST(YamlLimits, Depth) {
  EXPECT_THAT(parse(repeat("[", 100) + repeat("]", 100)).codes(), IsEmpty());
  EXPECT_THAT(parse(repeat("[", 101) + repeat("]", 101)).places(), ElementsAre("1:101 yaml-too-deep"));
}

TEST(YamlLimits, HostileNestingIsCutShort) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string piece : {"[", "{a: ", "- ", "? ", "[{", "{["}) {
    EXPECT_THAT(parse(repeat(piece, 100'000)).codes(), ElementsAre("yaml-too-deep")) << piece;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, kSlowdown * std::chrono::seconds(2));
}

TEST(YamlLimits, Size) {
  EXPECT_THAT(parse("a: 1 #" + std::string((8U << 20U) - 6, 'x')).codes(), IsEmpty());
  EXPECT_THAT(parse("a: 1 #" + std::string((8U << 20U) - 5, 'x')).codes(), ElementsAre("yaml-too-large"));
}

TEST(YamlLimits, Nodes) {
  EXPECT_THAT(parse("[" + repeat("1,", 1'000'000) + "]").codes(), ElementsAre("yaml-too-many-nodes"));
}

TEST(YamlLimits, FindingsAreBounded) {
  EXPECT_LE(parse(repeat("- &a x\n", 10'000)).diagnostics.items().size(), 102U);
  EXPECT_LE(parse(repeat("- no\n", 10'000)).diagnostics.items().size(), 102U);
  EXPECT_LE(parse(repeat("a: 1\n", 10'000)).diagnostics.items().size(), 102U);
}

TEST(YamlLimits, AFlatMappingOfManyKeysIsNoTrouble) {
  std::string text;
  for (int i = 0; i < 32'000; ++i) text += "key_" + std::to_string(i) + ": " + std::to_string(i) + "\n";
  text += "key_7: again\n";
  const auto start = std::chrono::steady_clock::now();
  const Parsed parsed = parse(text);
  EXPECT_THAT(parsed.places(), ElementsAre("32001:1 yaml-duplicate-key"));
  EXPECT_EQ(parsed.document->root.members.size(), 32'000U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, kSlowdown * std::chrono::seconds(2));
}

}  // namespace
}  // namespace lockstep
