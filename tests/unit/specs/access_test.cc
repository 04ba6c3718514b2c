#include <gtest/gtest.h>

#include "specs/runbook.h"
#include "specs/schema_node.h"

namespace lockstep {
namespace {

// A runbook with two connections, and one step of a type.
class Accesses {
 public:
  explicit Accesses(bool two_connections = true) {
    add("local", {{"type", "duckdb"}, {"catalogs", {{"prod", "a"}, {"staging", "b"}, {"My-Lake", "c"}}}});
    if (two_connections) add("dr", {{"type", "duckdb"}, {"catalogs", {{"prod", "d"}}}});
  }

  std::string of(const std::string& uses, const Json& inputs, const std::string& connection = "local") {
    StepSpec step;
    step.uses = uses;
    step.connection = connection;
    step.with = whole_with_ ? &*whole_with_ : nullptr;
    std::string text;
    for (const CatalogAccess& access : catalog_accesses(runbook_, step, inputs))
      text += (text.empty() ? "" : " ") + access.connection + ":" + (access.catalog.empty() ? "?" : access.catalog) +
              (access.writes ? ":write" : ":read");
    return text;
  }
  std::string query(const Json& statement) { return of("sql/query", {{"statement", statement}}); }
  void with_is_an_expression() { whole_with_ = schema_node("${{ params.with }}", 1); }

 private:
  void add(const std::string& name, const Json& settings) {
    nodes_.push_back(std::make_unique<Node>(*schema_node(settings, 10)));
    runbook_.connections.push_back(ConnectionSpec{name, "duckdb", nodes_.back().get(), Span{}});
  }

  Runbook runbook_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::optional<Node> whole_with_;
};

TEST(Access, FollowsTheMarksAndDryRun) {
  Accesses accesses;
  const Json both{{"source_catalog", "prod"}, {"destination_catalog", "staging"}};
  const std::string evolve = "schema-evolution/evolve-catalog";
  EXPECT_EQ(accesses.of(evolve, both), "local:prod:read local:staging:read");  // dry_run is true unless said otherwise
  Json live = both;
  live["dry_run"] = false;
  EXPECT_EQ(accesses.of(evolve, live), "local:prod:read local:staging:write");
  live["dry_run"] = nullptr;  // not known before the run
  EXPECT_EQ(accesses.of(evolve, live), "local:prod:read local:staging:write");
  live["dry_run"] = true;
  EXPECT_EQ(accesses.of(evolve, live), "local:prod:read local:staging:read");
  EXPECT_EQ(accesses.of("schema-evolution/detect", live), "local:prod:read local:staging:read");
  EXPECT_EQ(accesses.of("schema-evolution/apply", {{"destination_catalog", "staging"}, {"dry_run", false}}),
            "local:staging:write");
}

TEST(Access, CountsUnknownCatalogsAsSome) {
  Accesses accesses;
  EXPECT_EQ(accesses.of("schema-evolution/evolve-catalog",
                        {{"source_catalog", nullptr}, {"destination_catalog", nullptr}, {"dry_run", false}}),
            "local:?:write");
  accesses.with_is_an_expression();
  EXPECT_EQ(accesses.of("schema-evolution/evolve-catalog", Json::object()), "local:?:write");
  EXPECT_EQ(accesses.of("schema-evolution/detect", Json::object()), "local:?:read");
}

TEST(Access, TakesTheConnectionsOfBothSides) {
  Accesses accesses;
  const std::string reconcile = "reconciliation/cross-metastore";
  const Json both{{"source_catalog", "prod"}, {"destination_catalog", "prod"}};
  EXPECT_EQ(accesses.of(reconcile, both), "local:prod:read");
  Json sides = both;
  sides["target"] = "dr";
  EXPECT_EQ(accesses.of(reconcile, sides), "dr:prod:read local:prod:read");
  sides["source"] = "dr";
  EXPECT_EQ(accesses.of(reconcile, sides), "dr:prod:read");
}

TEST(Access, UsesTheOnlyConnection) {
  Accesses one(false);
  EXPECT_EQ(one.of("sql/query", {{"statement", "DROP TABLE prod.a.b"}}, ""), "local:prod:write");
  Accesses two;
  EXPECT_EQ(two.of("sql/query", {{"statement", "DROP TABLE prod.a.b"}}, ""), ":?:write");
}

TEST(Access, KnowsStepsWithoutCatalogs) {
  Accesses accesses;
  EXPECT_EQ(accesses.of("provenance/sign", {{"source_catalog", "prod"}, {"destination_catalog", "staging"}}), "");
  EXPECT_EQ(accesses.of("no/such", {{"source_catalog", "prod"}}), "");
}

TEST(Access, TellsReadingStatementsFromWritingOnes) {
  Accesses accesses;
  for (const char* sql :
       {"SELECT * FROM prod.s.t", "  -- INSERT\n /* DROP /* nested */ TABLE */ from PROD.s.t", "(select 1 FROM prod.x)",
        "WITH a AS (SELECT 1) SELECT * FROM a, prod.s.t", "EXPLAIN SELECT * FROM prod.s.t", "DESCRIBE prod.s.t",
        "SUMMARIZE prod.s.t", "SELECT 'DROP TABLE x', \"delete\", $$ insert $$, $q$ update $q$, $insert FROM prod.s.t",
        "SELECT 'it''s; DROP' FROM \"prod\".s.t", "SELECT E'\\'; DROP' FROM prod.s.t",
        "SELECT * FROM prod.s.t; SELECT 2", "SELECT * REPLACE (a AS b) FROM prod.s.t", "TABLE prod.s.t",
        "VALUES (1), (2) -- prod", "SHOW TABLES FROM prod"})
    EXPECT_EQ(accesses.query(sql), std::string(sql).find("-- prod") == std::string::npos ? "local:prod:read" : "")
        << sql;
  for (const char* sql : {"INSERT INTO prod.s.t VALUES (1)", "update prod.s.t SET a = 1", "DELETE FROM prod.s.t",
                          "CREATE TABLE prod.s.t (a INT)", "EXPLAIN ANALYZE INSERT INTO prod.s.t VALUES (1)",
                          "SELECT 1; DROP TABLE prod.s.t", "WITH a AS (SELECT 1) INSERT INTO prod.s.t SELECT * FROM a",
                          "COPY prod.s.t TO 'x'", "USE prod", "CALL f('x', prod)", "SELECT 1 FROM prod.s.t; VACUUM",
                          "ATTACH 'x' AS prod", "CHECKPOINT prod", "SET schema = prod",
                          "SELECT '' AS x /* */ INTO prod.s.t", "SELECT E'\\\\' FROM prod.s.t; DROP TABLE t --'"})
    EXPECT_EQ(accesses.query(sql), "local:prod:write") << sql;
}

TEST(Access, NamesCatalogsByIdentifiers) {
  Accesses accesses;
  EXPECT_EQ(accesses.query("SELECT * FROM \"my-lake\".s.t JOIN Staging.s.u USING (id)"),
            "local:My-Lake:read local:staging:read");
  EXPECT_EQ(accesses.query("SELECT 'prod', $prod, production FROM x -- staging"), "");
  EXPECT_EQ(accesses.query("SELECT 1"), "");
  EXPECT_EQ(accesses.query("CREATE TABLE t (a INT)"), "local:?:write");
  EXPECT_EQ(accesses.query(""), "local:?:write");
  EXPECT_EQ(accesses.query("/* never closed"), "local:?:write");
  EXPECT_EQ(accesses.query(nullptr), "local:?:write");
  EXPECT_EQ(accesses.query("SELECT 'never closed prod"), "");
}

// prod stays read-only, and steps that read it need not wait.
TEST(Access, TellsWhatAStatementWritesToFromWhatItReads) {
  Accesses accesses;
  for (const char* sql :
       {"INSERT INTO staging.a.b SELECT * FROM prod.a.b", "insert or replace into STAGING.a.b FROM prod.a.b",
        "INSERT INTO staging.a.b FROM prod.a.b ON CONFLICT DO UPDATE SET x = 1",
        "UPDATE staging.a.b SET x = y FROM prod.a.b", "DELETE FROM \"staging\".a.b USING prod.a.b",
        "MERGE INTO staging.a.b USING prod.a.b ON true WHEN MATCHED THEN DELETE",
        "CREATE OR REPLACE TABLE staging.a.b AS FROM prod.a.b",
        "CREATE VIEW IF NOT EXISTS staging.a.b AS SELECT * FROM prod.a.b",
        "SELECT 1; INSERT INTO staging.a.b FROM prod.a.b; SELECT 2"})
    EXPECT_EQ(accesses.query(sql), "local:prod:read local:staging:write") << sql;
  for (const char* sql :
       {"INSERT INTO b SELECT * FROM prod.a.b, staging.a.b", "WITH x AS (FROM prod.a.b) INSERT INTO staging.a.b FROM x",
        "COPY prod.a.b TO 'staging'; COPY staging.a.b FROM 'x'", "DROP TABLE staging.a.b, prod.a.b",
        "CREATE INDEX i ON staging.a.b (c); DROP TABLE prod.a.b",
        "EXPLAIN ANALYZE INSERT INTO staging.a.b FROM prod.a.b",
        "INSERT INTO staging.a.b FROM prod.a.b; INSERT INTO prod.a.b FROM staging.a.b",
        "ALTER TABLE staging.a.b ADD COLUMN c INT; TRUNCATE prod.a.b"})
    EXPECT_EQ(accesses.query(sql), "local:prod:write local:staging:write") << sql;
}

}  // namespace
}  // namespace lockstep
