#include "runner/graph.h"
#include "runner/graph_claims.h"
#include "tests/unit/pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace lockstep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Accesses = std::vector<std::vector<CatalogAccess>>;

Runbook runbook_of(const std::vector<std::pair<std::string, std::vector<std::size_t>>>& steps) {
  Runbook runbook;
  runbook.name = "test";
  std::uint32_t line = 10;
  for (const auto& [id, needs] : steps) {
    StepSpec& step = runbook.steps.emplace_back();
    step.id = id;
    step.uses = "sql/query";
    step.id_span.start.line = line;
    for (std::size_t need : needs) step.needs.push_back({need, Span{{++line, 1, 0}, {line, 2, 1}}, false});
    ++line;
  }
  return runbook;
}

std::vector<std::string> codes_of(const Diagnostics& diagnostics) {
  std::vector<std::string> codes;
  for (const Diagnostic& item : diagnostics.items()) codes.push_back(item.code);
  return codes;
}

TEST(Graph, OrdersByNeedsAndThenByFile) {
  const Runbook runbook = runbook_of({{"c", {1}}, {"a", {}}, {"b", {1}}, {"d", {0, 2}}});
  Diagnostics diagnostics(nullptr);
  const Graph graph = build_graph(runbook, Accesses(4), diagnostics);
  EXPECT_THAT(graph.order, ElementsAre(1, 0, 2, 3));
  EXPECT_THAT(graph.dependents[1], ElementsAre(0, 2));
  EXPECT_THAT(diagnostics.items(), IsEmpty());
}

TEST(Graph, NamesACycleWithItsPathAndEveryEdge) {
  const Runbook runbook = runbook_of({{"a", {1}}, {"b", {2}}, {"c", {0}}, {"d", {2}}});
  Diagnostics diagnostics(nullptr);
  const Graph graph = build_graph(runbook, Accesses(4), diagnostics);
  ASSERT_THAT(codes_of(diagnostics), ElementsAre("dependency-cycle"));
  const Diagnostic& finding = diagnostics.items()[0];
  EXPECT_EQ(finding.message, "cycle: \"a\" needs \"b\" needs \"c\" needs \"a\"");
  ASSERT_EQ(finding.related.size(), 3U);
  EXPECT_EQ(finding.related[2].message, "\"c\" needs \"a\"");
  EXPECT_EQ(finding.related[2].span.start.line, runbook.steps[2].needs[0].span.start.line);
  EXPECT_EQ(finding.span.start.line, runbook.steps[0].needs[0].span.start.line);
  EXPECT_EQ(graph.order.size(), 4U);
}

TEST(Graph, NamesEveryCycle) {
  const Runbook runbook = runbook_of({{"a", {0}}, {"b", {2}}, {"c", {1, 3}}, {"d", {2}}});
  Diagnostics diagnostics(nullptr);
  build_graph(runbook, Accesses(4), diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 3U);
  EXPECT_EQ(diagnostics.items()[0].message, "cycle: \"a\" needs \"a\"");
}

TEST(Graph, AnEdgeFromAnExpressionSaysSo) {
  Runbook runbook = runbook_of({{"a", {1}}, {"b", {0}}});
  runbook.steps[1].needs[0].implied = true;
  Diagnostics diagnostics(nullptr);
  build_graph(runbook, Accesses(2), diagnostics);
  EXPECT_THAT(diagnostics.items()[0].related[1].message, HasSubstr("because an expression reads it"));
}

TEST(Graph, ACycleOfTenThousandStepsIsReportedShortly) {
  std::vector<std::pair<std::string, std::vector<std::size_t>>> steps;
  steps.reserve(10000);
  for (std::size_t i = 0; i < 10000; ++i) steps.push_back({"s" + std::to_string(i), {(i + 1) % 10000}});
  const Runbook runbook = runbook_of(steps);
  Diagnostics diagnostics(nullptr);
  build_graph(runbook, Accesses(10000), diagnostics);
  ASSERT_EQ(diagnostics.error_count(), 1U);
  EXPECT_LT(diagnostics.items()[0].message.size(), 400U);
  EXPECT_THAT(diagnostics.items()[0].message, HasSubstr("more)"));
}

TEST(GraphWarnings, ForUnorderedStepsOnOneCatalog) {
  const Runbook runbook = runbook_of({{"a", {}}, {"b", {}}, {"c", {1}}});
  const Accesses accesses{{{"local", "staging", true}}, {{"local", "staging", false}}, {{"local", "other", true}}};
  Diagnostics diagnostics(nullptr);
  const Graph graph = build_graph(runbook, accesses, diagnostics);
  ASSERT_THAT(codes_of(diagnostics), ElementsAre("unordered-steps"));
  const Diagnostic& finding = diagnostics.items()[0];
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_THAT(finding.message, HasSubstr("\"a\" (writes it) and \"b\" (reads it)"));
  EXPECT_THAT(finding.message, HasSubstr("catalog \"staging\" of connection \"local\""));
  EXPECT_EQ(finding.span.start.line, runbook.steps[1].id_span.start.line);
  EXPECT_TRUE(graph.serial_items[0]);
  EXPECT_FALSE(graph.serial_items[1]);
}

TEST(GraphWarnings, NotForReadersNorForOrderedSteps) {
  // a -> b -> c: a and c are ordered through b.
  const Runbook runbook = runbook_of({{"a", {}}, {"b", {0}}, {"c", {1}}, {"d", {}}, {"e", {}}});
  const Accesses accesses{
      {{"local", "x", true}}, {}, {{"local", "x", true}}, {{"local", "y", false}}, {{"local", "y", false}}};
  Diagnostics diagnostics(nullptr);
  build_graph(runbook, accesses, diagnostics);
  EXPECT_THAT(diagnostics.items(), IsEmpty());
}

TEST(GraphWarnings, AnUnknownCatalogMeetsAllOfItsConnection) {
  const Runbook runbook = runbook_of({{"a", {}}, {"b", {}}, {"c", {}}});
  const Accesses accesses{{{"local", "", true}}, {{"local", "x", false}}, {{"other", "x", false}}};
  Diagnostics diagnostics(nullptr);
  build_graph(runbook, accesses, diagnostics);
  EXPECT_THAT(codes_of(diagnostics), ElementsAre("unordered-steps"));
  EXPECT_THAT(diagnostics.items()[0].message, HasSubstr("connection \"local\""));
}

TEST(GraphWarnings, ComeOnceACatalog) {
  std::vector<std::pair<std::string, std::vector<std::size_t>>> steps;
  Accesses accesses;
  for (std::size_t i = 0; i < 15; ++i) {
    steps.push_back({"s" + std::to_string(i), {}});
    accesses.push_back({{"local", "x", i % 2 == 0}, {"local", "y", true}});
  }
  const Runbook runbook = runbook_of(steps);
  Diagnostics diagnostics(nullptr);
  build_graph(runbook, accesses, diagnostics);
  ASSERT_THAT(codes_of(diagnostics), ElementsAre("unordered-steps", "unordered-steps"));
  const Diagnostic& finding = diagnostics.items()[0];
  EXPECT_THAT(finding.message, HasSubstr("15 steps come on catalog \"x\" of connection \"local\""));
  EXPECT_THAT(finding.message, HasSubstr("\"s0\" (writes it, line "));
  EXPECT_THAT(finding.message, HasSubstr("\"s1\" (reads it, line "));
  EXPECT_THAT(finding.message, HasSubstr(" and 3 more"));
  EXPECT_EQ(finding.span.start.line, runbook.steps[1].id_span.start.line);
}

// Random graphs against the definition: a pair is unordered when neither reaches the other.
TEST(GraphWarnings, AgreeWithTheDefinition) {
  std::minstd_rand random(3);
  for (int round = 0; round < 300; ++round) {
    const std::size_t count = 2 + random() % 100;  // more than one batch of 64 sources
    std::vector<std::pair<std::string, std::vector<std::size_t>>> steps(count);
    std::vector<std::size_t> place(count);  // needs may point forwards in the file
    for (std::size_t i = 0; i < count; ++i) place[i] = i;
    std::shuffle(place.begin(), place.end(), random);
    std::vector<std::vector<bool>> reaches(count, std::vector<bool>(count, false));
    const unsigned rarity = 2 + static_cast<unsigned>(random() % 40);
    for (std::size_t i = 0; i < count; ++i) {
      steps[place[i]].first = "s" + std::to_string(place[i]);
      for (std::size_t j = 0; j < i; ++j) {
        if (random() % rarity != 0) continue;
        steps[place[i]].second.push_back(place[j]);
        for (std::size_t k = 0; k < count; ++k)
          if (k == place[j] || reaches[k][place[j]]) reaches[k][place[i]] = true;
      }
    }
    Accesses accesses(count);
    std::vector<int> mode(count, 0);  // 0 none, 1 reads, 2 writes
    for (std::size_t i = 0; i < count; ++i) {
      mode[i] = static_cast<int>(random() % 3);
      if (mode[i] > 0) accesses[i].push_back({"local", "x", mode[i] == 2});
    }
    std::set<std::uint32_t> expected;
    const Runbook runbook = runbook_of(steps);
    for (std::size_t later = 0; later < count; ++later)
      for (std::size_t first = 0; first < later; ++first)
        if (mode[first] + mode[later] >= 3 && mode[first] > 0 && mode[later] > 0 && !reaches[first][later] &&
            !reaches[later][first])
          expected.insert(runbook.steps[later].id_span.start.line);
    Diagnostics diagnostics(nullptr);
    const Graph graph = build_graph(runbook, accesses, diagnostics);
    std::set<std::uint32_t> found;
    for (const UnorderedPair& pair : unordered_pairs(graph)) {
      ASSERT_LT(pair.first, pair.later) << round;
      ASSERT_FALSE(reaches[pair.first][pair.later] || reaches[pair.later][pair.first]) << round;
      found.insert(runbook.steps[pair.later].id_span.start.line);
    }
    ASSERT_EQ(found, expected) << round;
    ASSERT_EQ(diagnostics.items().size(), expected.empty() ? 0U : 1U) << round;
    if (!expected.empty()) {
      ASSERT_EQ(diagnostics.items()[0].span.start.line, *expected.begin()) << round;
    }
  }
}

TEST(Graph, TenThousandStepsTakeLittleTime) {
  constexpr std::size_t kCount = 10000;
  for (bool chain : {true, false}) {
    std::vector<std::pair<std::string, std::vector<std::size_t>>> steps;
    Accesses accesses(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      steps.push_back({"s" + std::to_string(i), {}});
      if (chain && i > 0) steps.back().second.push_back(i - 1);
      accesses[i].push_back({"local", "staging", true});
    }
    const Runbook runbook = runbook_of(steps);
    Diagnostics diagnostics(nullptr);
    const auto begin = std::chrono::steady_clock::now();
    build_graph(runbook, accesses, diagnostics);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kSlowdown * std::chrono::milliseconds(500));
    EXPECT_EQ(diagnostics.items().size(), chain ? 0U : 1U);
  }
}

TEST(GraphDrawings, ShowStepsAndNeeds) {
  Runbook runbook = runbook_of({{"evolve", {}}, {"reconcile", {0}}});
  runbook.steps[1].needs[0].implied = true;
  runbook.steps[1].continue_on_error = true;
  Diagnostics diagnostics(nullptr);
  const Graph graph = build_graph(runbook, Accesses(2), diagnostics);
  EXPECT_EQ(graph_text(runbook, graph),
            "test: 2 steps, 2 levels\n\nlevel 1\n  evolve     sql/query\n\nlevel 2\n"
            "  reconcile  sql/query  needs evolve (by an expression)  [continue_on_error]\n");
  EXPECT_EQ(graph_mermaid(runbook, graph),
            "flowchart TD\n  s0[\"evolve<br/>sql/query\"]\n  s1[\"reconcile<br/>sql/query\"]\n  s0 -.-> s1\n");
  EXPECT_EQ(graph_dot(runbook, graph),
            "digraph \"test\" {\n  rankdir=TB;\n  node [shape=box];\n  s0 [label=\"evolve\\nsql/query\"];\n"
            "  s1 [label=\"reconcile\\nsql/query\"];\n  s0 -> s1 [style=dashed];\n}\n");
}

TEST(GraphDrawings, EscapeNames) {
  Runbook runbook = runbook_of({{"a\"]; x", {}}, {"<b>\\\x1b#&", {0}}});
  runbook.name = "n\"\n";
  Diagnostics diagnostics(nullptr);
  const Graph graph = build_graph(runbook, Accesses(2), diagnostics);
  EXPECT_THAT(graph_dot(runbook, graph), HasSubstr("label=\"a\\\"]; x\\nsql/query\""));
  EXPECT_THAT(graph_dot(runbook, graph), HasSubstr("digraph \"n\\\" \" {"));
  EXPECT_THAT(graph_mermaid(runbook, graph), HasSubstr("[\"a#quot;]; x<br/>"));
  EXPECT_THAT(graph_mermaid(runbook, graph), HasSubstr("#lt;b#gt;#92; #35;#amp;"));
  for (const std::string& text : {graph_text(runbook, graph), graph_dot(runbook, graph), graph_mermaid(runbook, graph)})
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace lockstep
