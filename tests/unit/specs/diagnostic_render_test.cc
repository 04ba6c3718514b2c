#include "specs/diagnostic_render.h"

#include <gmock/gmock.h>

#include "tests/unit/specs/yaml_helpers.h"

namespace lockstep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A finding about `size` characters at the place of `marked` in the text.
Span span_of(const std::string& text, const std::string& marked) {
  const std::size_t at = text.find(marked);
  Position start{1, 1, static_cast<std::uint32_t>(at)};
  for (std::size_t i = 0; i < at; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) continue;
    ++start.column;
    if (text[i] == '\n') start = {start.line + 1, 1, start.offset};
  }
  Position end = start;
  end.offset += static_cast<std::uint32_t>(marked.size());
  end.column += static_cast<std::uint32_t>(marked.size());
  return {start, end};
}

Diagnostics sample() {
  const std::string text = "steps:\n  - id: a\n    need: [b]\n  - id: a\n";
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"dir/my book.yaml", text}));
  diagnostics.error("unknown-key"_code, span_of(text, "need"), "unknown key \"need\" in a step",
                    "did you mean \"needs\"?");
  const Span second = {{4, 9, 39}, {4, 10, 40}};
  diagnostics.error("step-id-duplicate"_code, second, "duplicate id \"a\"", "rename one")
      .related.push_back({span_of(text, "a\n"), "first used here"});
  diagnostics.warning("empty-name"_code, {}, "100% odd, really: no name");
  return diagnostics;
}

TEST(RenderText, ShowsPlaceLineCaretAndHint) {
  EXPECT_EQ(render_text(sample(), false),
            "dir/my book.yaml:3:5: error: unknown key \"need\" in a step [unknown-key]\n"
            "  3 |     need: [b]\n"
            "    |     ^^^^\n"
            "hint: did you mean \"needs\"?\n"
            "dir/my book.yaml:4:9: error: duplicate id \"a\" [step-id-duplicate]\n"
            "  4 |   - id: a\n"
            "    |         ^\n"
            "dir/my book.yaml:2:9: note: first used here\n"
            "  2 |   - id: a\n"
            "    |         ^\n"
            "hint: rename one\n"
            "dir/my book.yaml: warning: 100% odd, really: no name [empty-name]\n"
            "2 errors, 1 warning\n");
}

TEST(RenderText, IsEmptyForNoFindings) {
  EXPECT_EQ(render_text(Diagnostics(std::make_shared<const Source>()), false), "");
}

TEST(RenderText, ColoursOnlyWhenAsked) {
  EXPECT_THAT(render_text(sample(), true), HasSubstr("\x1b[1;31merror:\x1b[0m"));
  EXPECT_THAT(render_text(sample(), false), Not(HasSubstr("\x1b")));
}

std::string rendered(const std::string& text, const std::string& marked) {
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"f", text}));
  diagnostics.error("x"_code, span_of(text, marked), "m");
  return render_text(diagnostics, false);
}

TEST(RenderText, PutsTheCaretByCharactersAndExpandsTabs) {
  EXPECT_THAT(rendered("é😀: bad\n", "bad"), HasSubstr("  1 | é😀: bad\n    |     ^^^\n"));
  EXPECT_THAT(rendered("a\tb: bad\n", "bad"), HasSubstr("  1 | a   b: bad\n    |        ^^^\n"));
}

TEST(RenderText, UnderlinesTheFirstLineOfALongSpan) {
  EXPECT_THAT(rendered("a: [1,\r\n  2]\n", "[1,\r\n  2]"), HasSubstr("  1 | a: [1,\n    |    ^^^\n"));
}

TEST(RenderText, CutsLongLinesAroundTheCaret) {
  const std::string out = rendered(std::string(5'000'000, 'a') + "bad" + std::string(5'000'000, 'z'), "bad");
  EXPECT_LT(out.size(), 500U);
  EXPECT_THAT(out, HasSubstr("aaabadzzz"));
  EXPECT_THAT(out, HasSubstr("  1 | …aaa"));
  EXPECT_THAT(out, HasSubstr("zzz…\n"));
  EXPECT_THAT(out, HasSubstr(std::string(71, ' ') + "^^^\n"));
}

TEST(RenderText, MarksTheEndOfTheFile) {
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"f", "ab"}));
  diagnostics.error("x"_code, {{1, 3, 2}, {1, 3, 2}}, "m");
  EXPECT_THAT(render_text(diagnostics, false), HasSubstr("  1 | ab\n    |   ^\n"));
}

TEST(RenderText, KeepsHostileFilesFromDrivingTheTerminal) {
  const std::string text = "a: \x1b]0;x\x07\xE2\x80\xAE\xFF\n";
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"f\x1b[2J", text}));
  diagnostics.error("x"_code, span_of(text, "\x1b"), "say \x1b[31m\nerror: fake", "do \x1b");
  const std::string out = render_text(diagnostics, false);
  EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(out, Not(HasSubstr("\nerror: fake")));
  EXPECT_THAT(out, HasSubstr("a: \\x1b]0;x\\x07\\u202e\\xff\n"));
  EXPECT_THAT(out, HasSubstr("    |    ^^^^\n")) << "the whole escape is underlined";
}

TEST(RenderText, ToleratesSpansThatDoNotFit) {
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"f", "ab\n"}));
  diagnostics.error("x"_code, {{9, 9, 99}, {9, 9, 999}}, "m");
  diagnostics.error("x"_code, {{1, 2, 1}, {1, 1, 0}}, "m");
  EXPECT_THAT(render_text(diagnostics, false),
              HasSubstr("f:9:9: error: m [x]\nf:1:2: error: m [x]\n  1 | ab\n    |  ^\n"));
}

TEST(RenderJson, HasTerraformsShape) {
  const Json json = render_json(sample());
  EXPECT_EQ(json["format_version"], "1.0");
  EXPECT_EQ(json["valid"], false);
  EXPECT_EQ(json["error_count"], 2);
  EXPECT_EQ(json["warning_count"], 1);
  const Json finding = Json::parse(R"({
    "severity": "error", "summary": "unknown key \"need\" in a step", "detail": "did you mean \"needs\"?", "code": "unknown-key",
    "range": {"filename": "dir/my book.yaml", "start": {"line": 3, "column": 5, "byte": 21}, "end": {"line": 3, "column": 9, "byte": 25}},
    "snippet": {"context": null, "code": "    need: [b]", "start_line": 3, "highlight_start_offset": 4, "highlight_end_offset": 8, "values": []}})");
  EXPECT_EQ(json["diagnostics"][0], finding);
  EXPECT_EQ(json["diagnostics"][1]["related"][0]["message"], "first used here");
  EXPECT_EQ(json["diagnostics"][1]["related"][0]["range"]["start"]["line"], 2);
  EXPECT_EQ(json["diagnostics"][2]["range"], Json::parse(R"({"filename": "dir/my book.yaml"})"));
}

TEST(RenderJson, SurvivesBytesThatAreNoText) {
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"\xFF", "\xFF\xFE"}));
  diagnostics.error("x"_code, {{1, 1, 0}, {1, 2, 1}}, "\xFF", "\xFF");
  EXPECT_NO_THROW(static_cast<void>(render_json(diagnostics).dump()));
  EXPECT_NO_THROW(static_cast<void>(render_sarif(diagnostics).dump()));
}

TEST(RenderJson, CallsAFileWithWarningsValid) {
  EXPECT_EQ(render_json(parse("a: no\n").diagnostics)["valid"], true);
}

TEST(RenderSarif, NamesRulesPlacesAndRelatedPlaces) {
  const Json sarif = render_sarif(sample());
  EXPECT_EQ(sarif["version"], "2.1.0");
  const Json& run = sarif["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["name"], "lockstep");
  EXPECT_EQ(run["tool"]["driver"]["rules"],
            Json::parse(R"([{"id": "empty-name"}, {"id": "step-id-duplicate"}, {"id": "unknown-key"}])"));
  EXPECT_EQ(run["columnKind"], "unicodeCodePoints");
  const Json& first = run["results"][0];
  EXPECT_EQ(first["ruleId"], "unknown-key");
  EXPECT_EQ(first["ruleIndex"], 2);
  EXPECT_EQ(first["level"], "error");
  EXPECT_EQ(first["message"]["text"], "unknown key \"need\" in a step\nhint: did you mean \"needs\"?");
  const Json locations = Json::parse(R"([{"physicalLocation": {"artifactLocation": {"uri": "dir/my%20book.yaml"},
    "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9}}}])");
  EXPECT_EQ(first["locations"], locations);
  EXPECT_EQ(run["results"][1]["relatedLocations"][0]["message"]["text"], "first used here");
  EXPECT_EQ(run["results"][2]["level"], "warning");
  EXPECT_FALSE(run["results"][2]["locations"][0]["physicalLocation"].contains("region"));
}

TEST(RenderSarif, FingerprintsFollowAFindingThatMoves) {
  const auto prints = [](const std::string& text) {
    std::vector<std::string> found;
    const Json sarif = render_sarif(parse(text).diagnostics);
    for (const Json& result : sarif["runs"][0]["results"])
      found.push_back(result["partialFingerprints"]["lockstepFinding/v1"].get<std::string>());
    return found;
  };
  EXPECT_EQ(prints("a: 1\na: 2\n"), prints("\n\n# moved\na: 1\nb: 1\na: 2\n"));
  EXPECT_NE(prints("a: 1\na: 2\n"), prints("b: 1\nb: 2\n"));
  const auto twice = prints("a: 1\na: 2\na: 3\n");
  EXPECT_NE(twice.at(0), twice.at(1));
}

TEST(RenderGithub, EscapesWhatEndsACommand) {
  EXPECT_EQ(
      render_github(sample()),
      "::error file=dir/my book.yaml,line=3,col=5,endLine=3,endColumn=9,title=unknown-key::unknown key \"need\" in a "
      "step%0Ahint: did you mean \"needs\"?\n"
      "::error file=dir/my book.yaml,line=4,col=9,endLine=4,endColumn=10,title=step-id-duplicate::duplicate id "
      "\"a\"%0Aline 2: first used here%0Ahint: rename one\n"
      "::warning file=dir/my book.yaml,title=empty-name::100%25 odd, really: no name\n");
}

TEST(RenderGithub, KeepsMessagesOnOneLine) {
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"a,b:c%.yaml", "x"}));
  diagnostics.error("x"_code, {{1, 1, 0}, {1, 2, 1}}, "one\n::error::fake\r", {});
  EXPECT_EQ(render_github(diagnostics),
            "::error file=a%2Cb%3Ac%25.yaml,line=1,col=1,endLine=1,endColumn=2,title=x::one\\n::error::fake\\r\n");
}

}  // namespace
}  // namespace lockstep
