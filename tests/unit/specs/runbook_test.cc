#include "tests/unit/specs/runbook_support.h"

namespace lockstep {
namespace {

using lockstep::testing::build;
using lockstep::testing::build_steps;
using lockstep::testing::Built;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Runbook, MeansWhatItSays) {
  const Built built = build(R"(
version: 1
name: refresh
timeout: 2h
params:
  source: { type: string, default: prod, description: the model }
  count: { default: 4 }
  must: {}
connections:
  one: { type: duckdb, catalogs: { prod: a.duckdb } }
  two: { type: duckdb, catalogs: { staging: b.duckdb } }
defaults: { connection: one, timeout: 30m, retry: { max_attempts: 3, backoff: 2s } }
steps:
  - id: first
    name: The first
    uses: sql/query
    with: { statement: SELECT 1 }
  - id: second
    uses: sql/query
    needs: first
    if: steps.first.outputs.row_count == 1 && always()
    for_each: [a, b]
    timeout: 90
    retry: { max_attempts: 5, on: [timeout] }
    connection: two
    continue_on_error: true
    with: { statement: "SELECT ${{ steps.first.outputs.row_count }} AS ${{ item }}" }
  - id: third
    uses: sql/query
    for_each: "${{ from_json('[1]') }}"
    with: { statement: "SELECT ${{ length(steps.second.outputs) }}, ${{ steps.first.status }}" }
)");
  ASSERT_TRUE(built.book);
  EXPECT_EQ(built.words(), "");
  const Runbook& book = *built.book;
  EXPECT_EQ(book.name, "refresh");
  EXPECT_EQ(book.timeout, 2h);
  EXPECT_TRUE(book.directory.ends_with("/runbooks")) << book.directory;
  ASSERT_EQ(book.params.size(), 3U);
  EXPECT_EQ(book.params[0].type, "string");
  EXPECT_EQ(book.params[0].description, "the model");
  EXPECT_EQ(book.params[1].type, "integer") << "the type of the default";
  EXPECT_EQ(book.params[2].type, "string");
  EXPECT_FALSE(book.params[2].default_value);
  EXPECT_EQ(book.connection("two")->type, "duckdb");
  EXPECT_EQ(book.connection("three"), nullptr);
  ASSERT_EQ(book.steps.size(), 3U);
  const StepSpec& first = book.steps[0];
  EXPECT_EQ(first.id, "first");
  EXPECT_EQ(first.name, "The first");
  EXPECT_EQ(first.uses, "sql/query");
  EXPECT_EQ(first.connection, "one");
  EXPECT_EQ(first.timeout, 30min);
  EXPECT_EQ(first.retry.max_attempts, 3);
  EXPECT_EQ(first.retry.backoff, 2s);
  EXPECT_EQ(first.retry.max_backoff, 30s);
  EXPECT_TRUE(first.needs.empty());
  ASSERT_NE(first.with, nullptr);
  const StepSpec& second = book.steps[1];
  EXPECT_EQ(second.name, "second");
  EXPECT_EQ(second.connection, "two");
  EXPECT_EQ(second.timeout, 90s);
  EXPECT_EQ(second.retry.max_attempts, 5);
  EXPECT_EQ(second.retry.backoff, 2s) << "what the step does not say is the default's";
  EXPECT_THAT(second.retry.on, ElementsAre("timeout"));
  EXPECT_TRUE(second.continue_on_error);
  EXPECT_TRUE(second.condition);
  EXPECT_TRUE(second.condition_uses_status);
  EXPECT_NE(second.for_each_list, nullptr);
  ASSERT_EQ(second.needs.size(), 1U) << "written and implied: one need";
  EXPECT_FALSE(second.needs[0].implied);
  const StepSpec& third = book.steps[2];
  EXPECT_TRUE(third.for_each);
  EXPECT_FALSE(third.condition);
  ASSERT_EQ(third.needs.size(), 2U);
  EXPECT_EQ(third.needs[0].step, 1U);
  EXPECT_TRUE(third.needs[0].implied);
  EXPECT_EQ(built.source->text.substr(third.needs[0].span.start.offset, 6), "length");
  EXPECT_EQ(third.needs[1].step, 0U);
}

TEST(Runbook, TheNameIsTheFilesWhenNoneIsGiven) {
  EXPECT_EQ(build_steps("  - { id: a, uses: sql/query, with: { statement: SELECT 1 } }").book->name, "t");
}

TEST(Runbook, WhatIsNoMappingIsSaidInThoseWords) {
  for (const auto& [text, words] : {std::pair{"- a\n", "no mapping"}, std::pair{"hello\n", "no mapping"}}) {
    const Built built = build(text);
    EXPECT_FALSE(built.book);
    EXPECT_THAT(built.words(), HasSubstr(words));
    EXPECT_EQ(built.diagnostics.items()[0].span.start.line, 1U);
  }
}

struct BadRunbook {
  const char* steps;
  const char* code;
  const char* message;
  const char* hint;
  const char* at;  // what the caret stands under
};

TEST(Runbook, EveryMistakeHasItsPlaceItsWordsAndItsRemedy) {
  const BadRunbook bads[] = {
      {"  - { id: 1a, uses: sql/query, with: { statement: x } }", "step-id-invalid", "\"1a\" is no step id",
       "begin with a letter", "1a"},
      {"  - { id: a, uses: sql/query, with: { statement: x } }\n  - { id: a, uses: sql/query, with: { statement: x } }",
       "step-id-duplicate", "\"a\" is used twice", "of its own", "a"},
      {"  - { id: a, uses: sql/qurey, with: { statement: x } }", "step-unknown", "no step type \"sql/qurey\"",
       "did you mean \"sql/query\"?", "sql/qurey"},
      {"  - { id: a, uses: zzz }", "step-unknown", "no step type \"zzz\"", "available are: provenance/sign", "zzz"},
      {"  - { id: a, uses: ai/clone-builder, with: { query: x } }", "step-not-available",
       "not available in this version", "available are: provenance/sign", "ai/clone-builder"},
      {"  - { id: a, uses: streaming-clone/generate }", "step-not-available", "not available in this version",
       "sql/query", "streaming-clone/generate"},
      {"  - { id: load, uses: sql/query, with: { statement: x } }\n  - { id: b, uses: sql/query, needs: [laod], with: "
       "{ statement: x } }",
       "need-unknown", "no step \"laod\"", "did you mean \"load\"?", "laod"},
      {"  - { id: a, uses: sql/query, needs: a, with: { statement: x } }", "need-self", "needs itself", "take it out",
       "a"},
      {"  - { id: a, uses: sql/query, with: { statement: \"${{ steps.a.outputs.row_count }}x\" } }", "need-self",
       "its own outputs", "earlier", "steps.a.outputs.row_count"},
      {"  - { id: a, uses: sql/query, connection: locl, with: { statement: x } }", "connection-unknown",
       "no connection \"locl\"", "did you mean \"local\"?", "locl"},
      {"  - { id: a, uses: sql/query, connection: \"${{ params.c }}\", with: { statement: x } }",
       "expression-not-allowed", "\"connection\" cannot be", "the value itself", "\"${{ params.c }}\""},
      {"  - { id: a, uses: schema-evolution/evolve-catalog, with: { source_catalog: prd, destination_catalog: staging "
       "} }",
       "catalog-unknown", "\"local\" has no catalog \"prd\"", "did you mean \"prod\"?", "prd"},
      {"  - { id: a, uses: reconciliation/cross-metastore, with: { source_catalog: prod, destination_catalog: staging, "
       "target: dr } }",
       "connection-unknown", "no connection \"dr\"", "defined are: local", "dr"},
      {"  - { id: a, uses: sql/query, timeout: 5 minutes, with: { statement: x } }", "duration-invalid",
       "\"5 minutes\" is no duration", "1h30m", "5 minutes"},
      {"  - { id: a, uses: sql/query, timeout: 0, with: { statement: x } }", "duration-invalid", "zero",
       "leave \"timeout\" out", "0"},
      {"  - { id: a, uses: sql/query, timeout: \"${{ params.t }}\", with: { statement: x } }", "expression-not-allowed",
       "\"timeout\" cannot be", "", "\"${{ params.t }}\""},
      {"  - { id: a, uses: sql/query, retry: { backoff: 10s, max_backoff: 1s }, with: { statement: x } }",
       "retry-invalid", "longer than", "max_backoff", "10s"},
      {"  - { id: a, uses: sql/query, retry: { max_attempts: 0 }, with: { statement: x } }", "value-out-of-range",
       "max_attempts", "", "0"},
      {"  - { id: a, uses: sql/query, if: \"1\", with: { statement: x } }", "condition-type", "needs a boolean",
       "compare", "1"},
      {"  - { id: a, uses: sql/query, if: run.name, with: { statement: x } }", "condition-type", "but this is string",
       "compare", "run.name"},
      {"  - { id: a, uses: sql/query, if: item == 1, for_each: [1], with: { statement: x } }", "expression-context",
       "\"item\"", "for_each", "item"},
      {"  - { id: a, uses: sql/query, for_each: abc, with: { statement: x } }", "for-each-type", "needs a list",
       "[a, b]", "abc"},
      {"  - { id: a, uses: sql/query, for_each: \"${{ run.name }}\", with: { statement: x } }", "for-each-type",
       "this is string", "from_json", "\"${{ run.name }}\""},
      {"  - { id: a, uses: sql/query, for_each: \"a ${{ run.name }}\", with: { statement: x } }", "for-each-type",
       "this is string", "beside", "\"a ${{ run.name }}\""},
      {"  - { id: a, uses: sql/query, for_each: [1], with: { statement: \"x ${{ item.x }}\" } }", "expression-type",
       "no field \"x\"", "only objects", "x"},
      {"  - { id: a, uses: sql/query, with: { statement: x, max_rows: \"${{ 'a' }}\" } }", "expression-assign",
       "\"max_rows\": string", "integer", "'a'"},
      {"  - { id: a, uses: sql/query, with: { statement: x, max_rows: \"1${{ 2 }}\" } }", "expression-assign",
       "\"max_rows\": string", "integer", "\"1${{ 2 }}\""},
      {"  - { id: a, uses: sql/query, with: { statement: \"${{ 1 }}\" } }", "expression-assign",
       "\"statement\": integer", "format", "1"},
      {"  - { id: a, uses: sql/query, with: { statement: x, parameters: { p: \"${{ from_json('1') }}\", q: \"${{ "
       "to_json(params) }}\" } } }",
       "expression-undefined", "\"params\" alone", "params.NAME", "params"},
      {"  - { id: a, uses: sql/query, with: { statement: x, parameters: { q: \"${{ keys(from_json('{}')) }}\" } } }",
       "expression-assign", "\"q\": list of string", "give a value", "keys(from_json('{}'))"},
      {"  - { id: a, uses: sql/query, with: { statement: x, parameters: { \"${{ 1 }}\": 1 } } }",
       "expression-not-allowed", "key cannot be an expression", "only values", "\"${{ 1 }}\""},
      {"  - { id: a, uses: sql/query, with: \"${{ 'x' }}\" }", "expression-assign",
       "string ('x') is given where object", "", "'x'"},
      {"  - { id: a, uses: sql/query }", "missing-key", "\"with\" needs the key \"statement\"", "", "sql/query"},
      {"  - { id: \"${{ run.id }}\", uses: sql/query, with: { statement: x } }", "expression-not-allowed",
       "\"id\" cannot be", "", "\"${{ run.id }}\""},
  };
  for (const BadRunbook& bad : bads) {
    const Built built = build_steps(std::string(bad.steps) + "\n");
    ASSERT_EQ(built.diagnostics.items().size(), 1U) << bad.steps << "\n" << built.words();
    const Diagnostic& finding = built.diagnostics.items()[0];
    EXPECT_EQ(finding.code, bad.code) << built.words();
    EXPECT_THAT(finding.message, HasSubstr(bad.message));
    EXPECT_THAT(finding.hint, HasSubstr(bad.hint));
    EXPECT_FALSE(finding.hint.empty()) << built.words();
    EXPECT_EQ(built.at(0), bad.at) << built.words();
  }
}

TEST(Runbook, ADuplicateIdShowsBothPlaces) {
  const Built built = build_steps(
      "  - { id: a, uses: sql/query, with: { statement: x } }\n  - { id: a, uses: sql/query, with: { statement: x } "
      "}\n");
  ASSERT_EQ(built.diagnostics.items().size(), 1U);
  const Diagnostic& finding = built.diagnostics.items()[0];
  EXPECT_EQ(finding.span.start.line, 5U);
  ASSERT_EQ(finding.related.size(), 1U);
  EXPECT_EQ(finding.related[0].span.start.line, 4U);
}

TEST(Runbook, MistakesInTheHead) {
  const std::string steps =
      "steps: [{ id: a, uses: provenance/sign, with: { source_catalog: a, destination_catalog: b } }]\n";
  const std::pair<const char*, const char*> cases[] = {
      {"timeout: soon\n", "duration-invalid"},
      {"timeout: \"${{ params.x }}\"\n", "expression-not-allowed"},
      {"name: \"${{ params.x }}\"\n", "expression-not-allowed"},
      {"defaults: { timeout: x1 }\n", "duration-invalid"},
      {"defaults: { connection: nope }\n", "connection-unknown"},
      {"params: { 'a b': {} }\n", "param-name"},
      {"params: { a: { type: integer, default: x } }\n", "param-type"},
      {"params: { a: { type: integer, enum: [1, x], default: 1 } }\n", "param-type"},
      {"params: { a: { enum: [v, w], default: z } }\n", "param-choice"},
      {"params: { a: { default: \"${{ env.X }}\" } }\n", "expression-not-allowed"},
      {"params: { a: { type: text } }\n", "value-not-allowed"},
      {"connections: { c: { type: duckdb, catalogs: { a: \"${{ steps.a.outputs }}\" } } }\n", "expression-context"},
      {"connections: { c: { type: duckdb, catalogs: { a: \"x${{ params.nope }}\" } } }\n", "expression-undefined"},
      {"connections: { c: { type: duckdb, threads: \"${{ env.T }}\", catalogs: { a: x } } }\n", "expression-assign"},
  };
  for (const auto& [head, code] : cases) {
    const Built built = build("version: 1\n" + std::string(head) + steps);
    EXPECT_EQ(built.codes(), code) << head << built.words();
  }
}

TEST(Runbook, ExpressionsOfConnectionsMayUseParamsAndTheEnvironment) {
  const Built built = build(R"(
version: 1
params: { file: { type: string, default: a.duckdb }, threads: { type: integer, default: 2 } }
connections:
  c: { type: duckdb, threads: "${{ params.threads }}", catalogs: { a: "${{ params.file }}", b: "${{ env.HOME }}/b.duckdb" } }
steps: [{ id: a, uses: sql/query, with: { statement: SELECT 1 } }]
)");
  EXPECT_EQ(built.words(), "");
}

TEST(Runbook, WhichConnectionAStepWorksOn) {
  const auto head = [](const char* connections) { return std::string("version: 1\n") + connections; };
  const std::string query =
      "steps:\n  - { id: a, uses: sql/query, with: { statement: x } }\n  - { id: b, uses: sql/query, with: { "
      "statement: x } }\n";
  EXPECT_EQ(build(head("") + query).codes(), "connection-missing") << "one mistake, said once";
  const char* two =
      "connections: { one: { type: duckdb, catalogs: { a: a } }, two: { type: duckdb, catalogs: { b: b } } }\n";
  EXPECT_EQ(build(head(two) + query).codes(), "connection-ambiguous connection-ambiguous");
  const Built built = build(head(two) + R"(steps:
  - id: r
    uses: reconciliation/cross-metastore
    with: { source_catalog: a, destination_catalog: b, source: one, target: two }
  - id: s
    uses: provenance/sign
    with: { source_catalog: a, destination_catalog: b }
)");
  EXPECT_EQ(built.words(), "") << "each side names its own, and signing needs none";
  EXPECT_EQ(build(head(two) + R"(steps:
  - id: r
    uses: reconciliation/cross-metastore
    with: { source_catalog: a, destination_catalog: a, source: one, target: two }
)")
                .codes(),
            "catalog-unknown");
}

TEST(Runbook, DatabricksConnectionsMayBeUsed) {
  const char* text = R"(
version: 1
connections: { dr: { type: databricks, warehouse_id: x, token: "${{ secrets.T }}" }, local: { type: duckdb, catalogs: { a: a } } }
steps: [{ id: a, uses: sql/query, connection: %, with: { statement: SELECT 1 } }]
)";
  const auto on = [&](const char* name) {
    std::string whole = text;
    whole.replace(whole.find('%'), 1, name);
    return build(whole);
  };
  EXPECT_EQ(on("local").words(), "");
  EXPECT_EQ(on("dr").words(), "");
}

TEST(Runbook, ATargetWorkspaceHasAnyCatalog) {
  const Built built = build_steps(
      "  - { id: a, uses: reconciliation/cross-metastore, with: { source_catalog: prod, destination_catalog: dr, "
      "target_workspace: { host: h, warehouse_id: w } } }\n");
  EXPECT_EQ(built.words(), "");
}

TEST(Runbook, OutputsAreTypedFromTheStepTypes) {
  const Built built = build_steps(R"(
  - { id: detect, uses: schema-evolution/detect, with: { source_catalog: prod, destination_catalog: staging, schema_name: s, table_name: t } }
  - id: apply
    uses: schema-evolution/apply
    if: ${{ steps.detect.outputs.requires_action }}
    with: { destination_catalog: staging, schema_name: s, table_name: t, changes: "${{ steps.detect.outputs }}" }
  - { id: recon, uses: reconciliation/cross-metastore, needs: [apply], with: { source_catalog: prod, destination_catalog: staging } }
  - { id: sign, uses: provenance/sign, with: { source_catalog: prod, destination_catalog: staging, result: "${{ steps.recon.outputs }}" } }
  - { id: verify, uses: provenance/verify, with: { envelope: "${{ steps.sign.outputs }}" } }
  - { id: each, uses: sql/query, for_each: "${{ steps.recon.outputs.details }}", with: { statement: SELECT $x, parameters: { x: "${{ item.table }}" } } }
  - { id: sum, uses: sql/query, with: { statement: SELECT $x, parameters: { x: "${{ steps.each.outputs[0].row_count }}" } } }
)");
  EXPECT_EQ(built.words(), "");
  EXPECT_EQ(build_steps(R"(
  - { id: each, uses: sql/query, for_each: [{ a: 1 }, { a: 2 }], with: { statement: "SELECT ${{ item.b }}" } }
  - { id: sum, uses: sql/query, with: { statement: "SELECT ${{ steps.each.outputs.row_count }}" } }
)")
                .codes(),
            "expression-undefined expression-type");
}

TEST(Runbook, ABrokenStepHidesNothingAndMakesNoNoise) {
  const Built built = build_steps(R"(
  - id: a
    uses: sql/qury
    with: { anything: "${{ params.nope }}" }
  - id: b
    uses: sql/query
    if: steps.a.outputs.whatever > 3
    with: { statement: "SELECT ${{ steps.a.outputs.x.y }}", max_rows: "${{ steps.a.outputs.n }}" }
)");
  EXPECT_EQ(built.codes(), "step-unknown expression-undefined");
}

TEST(Runbook, TwentyMistakesInOnePass) {
  const Built built = build(R"(
version: 2
name: [x]
extra: 1
timeout: never
params:
  p: { type: integer, default: x }
  q: { type: strng }
connections:
  local: { type: duckdb, catalogs: { prod: a.duckdb } }
  bad: { type: duckdb }
defaults: { connection: locl }
steps:
  - id: "a b"
    uses: sql/query
    connection: local
    with: { statement: 1, maxrows: 2 }
  - id: b
    uses: sql/qery
    needs: [zzz]
  - id: b
    uses: continuous-sync/plan
  - id: c
    uses: sql/query
    connection: other
    if: params.nope && steps.q.outputs.x == 1
    timeout: 3 weeks
    with: { statement: "${{ lenght('a') }} ${{ 1 == 'a' }} ${{ env. }}" }
  - id: d
    uses: schema-evolution/evolve-catalog
    connection: local
    for_each: 3
    with: { source_catalog: prd, destination_catalog: prod, dry_run: "${{ 'yes' }}" }
)");
  EXPECT_GE(built.diagnostics.error_count(), 20U) << built.words();
  for (const char* code :
       {"value-not-allowed", "wrong-type", "unknown-key", "duration-invalid", "param-type", "missing-key",
        "connection-unknown", "step-id-invalid", "step-unknown", "need-unknown", "step-id-duplicate",
        "step-not-available", "expression-undefined", "expression-syntax", "catalog-unknown", "expression-assign"})
    EXPECT_THAT(built.codes(), HasSubstr(code)) << built.words();
}

TEST(CheckCatalogs, NamesThatComeFromParams) {
  const Built built = build_steps(R"(
  - { id: a, uses: schema-evolution/evolve-catalog, with: { source_catalog: "${{ params.s }}", destination_catalog: "${{ params.d }}" } }
  - { id: b, uses: reconciliation/cross-metastore, with: { source_catalog: prod, destination_catalog: "${{ params.s }}", target: "${{ params.c }}" } }
  - { id: c, uses: schema-evolution/evolve-catalog, with: { source_catalog: "${{ default(env.X, 'zzz') }}", destination_catalog: staging } }
)",
                                  "params: { s: { default: prod }, d: { default: stagin }, c: { default: local } }\n");
  ASSERT_EQ(built.words(), "");
  const auto with = [&](const char* s, const char* d, const char* c) {
    Diagnostics diagnostics(built.source);
    check_catalogs(*built.book, {{"s", s}, {"d", d}, {"c", c}}, diagnostics);
    diagnostics.sort();
    std::string all;
    for (const Diagnostic& finding : diagnostics.items()) all += finding.message + "\n";
    return all;
  };
  EXPECT_EQ(with("prod", "staging", "local"), "");
  EXPECT_EQ(with("prod", "stagin", "local"), "the connection \"local\" has no catalog \"stagin\"\n");
  EXPECT_EQ(with("prod", "staging", "locl"), "there is no connection \"locl\"\n");
  EXPECT_EQ(with("x", "y", "local"),
            "the connection \"local\" has no catalog \"x\"\nthe connection \"local\" has no catalog \"y\"\nthe "
            "connection \"local\" has no catalog \"x\"\n");
}

TEST(Runbook, TenThousandStepsStayLean) {
  std::string steps;
  constexpr int kSteps = 10'000;
  for (int i = 0; i < kSteps; ++i)
    steps += "  - { id: s" + std::to_string(i) + ", uses: sql/query, " +
             (i == 0 ? "" : "needs: [s" + std::to_string(i - 1) + "], ") +
             "with: { statement: SELECT 1, max_rows: \"${{ " +
             (i == 0 ? std::string("1") : "steps.s" + std::to_string(i / 2) + ".outputs.row_count") + " }}\" } }\n";
  steps += "  - { id: last, uses: sql/query, needs: [";
  for (int i = 0; i < kSteps; ++i) steps += (i == 0 ? "s" : ", s") + std::to_string(i);
  steps += "], with: { statement: SELECT 1 } }\n";
  const Built built = build_steps(steps);
  ASSERT_EQ(built.words(), "");
  EXPECT_EQ(built.book->steps.back().needs.size(), static_cast<std::size_t>(kSteps));
}

}  // namespace
}  // namespace lockstep
