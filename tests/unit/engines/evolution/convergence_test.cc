// Evolving converges, whatever the two tables look like: after a live run a second look finds nothing to do for every
// table that was not refused, refused tables are untouched, and the data that was there is still there.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <rapidcheck/detail/Configuration.h>
#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "engines/warehouse/names.h"
#include "lab.h"

namespace lockstep {
namespace {

struct RandomColumn {
  std::string name;
  std::string type;
  bool required = false;
  std::string default_text;
  std::string comment;
};

// A small pool of names, so that the two sides meet often; some need quotes.
rc::Gen<std::string> any_name() {
  return rc::gen::element<std::string>("a", "B", "c c", "select", "d\"d", "\xC3\xA9t\xC3\xA9", "f.g", "amount");
}

rc::Gen<std::string> any_scalar() {
  return rc::gen::element<std::string>("SMALLINT", "INTEGER", "BIGINT", "DECIMAL(10,2)", "DECIMAL(14,2)", "FLOAT",
                                       "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN");
}

std::string any_type(int depth) {
  const int shape = depth == 0 ? 0 : *rc::gen::inRange(0, 8);
  if (shape == 5) return any_type(depth - 1) + "[]";
  if (shape == 6) return "MAP(VARCHAR, " + any_type(depth - 1) + ")";
  if (shape == 7) {
    const auto names = *rc::gen::unique<std::vector<std::string>>(*rc::gen::inRange<std::size_t>(1, 4),
                                                                  rc::gen::element<std::string>("x", "y", "\"z z\""));
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name + " " + any_type(depth - 1);
    return "STRUCT(" + text + ")";
  }
  return *any_scalar();
}

std::string literal_of(const std::string& type) {
  if (type == "VARCHAR") return "'it''s'";
  if (type == "DATE") return "'2024-02-29'";
  if (type == "TIMESTAMP") return "'2024-02-29 12:00:00'";
  if (type == "BOOLEAN") return "true";
  return type.find('(') != std::string::npos && type.find("DECIMAL") != 0 ? ""
         : type.find('[') != std::string::npos                            ? ""
                                                                          : "7";
}

std::vector<RandomColumn> any_columns() {
  std::vector<RandomColumn> columns;
  std::set<std::string> taken;
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    RandomColumn column;
    column.name = *any_name();
    if (!taken.insert(fold_name(column.name)).second) continue;
    column.type = any_type(2);
    column.required = *rc::gen::inRange(0, 4) == 0;
    if (*rc::gen::inRange(0, 3) == 0) column.default_text = literal_of(column.type);
    if (*rc::gen::inRange(0, 5) == 0) column.comment = *rc::gen::element<std::string>("it's", "two\nlines", "plain");
    columns.push_back(std::move(column));
  }
  return columns;
}

std::string quoted(const std::string& name) {
  return file_dialect().quote(name);
}

std::vector<std::string> create(const std::string& table, const std::vector<RandomColumn>& columns) {
  std::string body;
  std::vector<std::string> statements(1);
  for (const RandomColumn& column : columns) {
    body += (body.empty() ? "" : ", ") + quoted(column.name) + " " + column.type +
            (column.required ? " NOT NULL" : "") +
            (column.default_text.empty() ? "" : " DEFAULT " + column.default_text);
    if (!column.comment.empty())
      statements.push_back("COMMENT ON COLUMN " + table + "." + quoted(column.name) + " IS " +
                           file_dialect().literal(column.comment));
  }
  statements[0] = "CREATE TABLE " + table + " (" + body + ")";
  return statements;
}

// Two rows: the first with values in every scalar column, the second with NULL where that is allowed.
std::vector<std::string> fill(const std::string& table, const std::vector<RandomColumn>& columns) {
  std::string names;
  std::string first;
  std::string second;
  for (const RandomColumn& column : columns) {
    const std::string value = literal_of(column.type);
    if (value.empty() && column.required) return {};  // no value at hand: the table stays empty
    names += (names.empty() ? "" : ", ") + quoted(column.name);
    first += (first.empty() ? "" : ", ") + (value.empty() ? "NULL" : value);
    second += (second.empty() ? "" : ", ") + (column.required ? value : "NULL");
  }
  return {"INSERT INTO " + table + " (" + names + ") VALUES (" + first + "), (" + second + ")"};
}

// What a reader sees of the columns that are to survive.
std::vector<std::vector<Json>> survivors(EvolutionLab& lab, const std::string& table,
                                         const std::vector<RandomColumn>& columns) {
  std::string list;
  for (const RandomColumn& column : columns) {
    const std::string name = quoted(column.name);
    // Widening prints some values anew (1.5 as FLOAT and DOUBLE): what has to stay is being there.
    list += (list.empty() ? "" : ", ") + ("count(" + name + ")");
  }
  return lab.sql({"SELECT count(*), " + list + " FROM staging.main." + table});
}

// One pair of catalogs serves all cases, each with a table of its own: opening catalogs takes longer than a case.
class Cases {
 public:
  Cases(CatalogKind source, CatalogKind destination) : lab_(source, destination) {}

  void run() {
    const std::string table = "t" + std::to_string(next_++);
    const std::vector<RandomColumn> source = any_columns();
    const std::vector<RandomColumn> destination = any_columns();
    std::vector<std::string> setup = create("prod.main." + table, source);
    for (const auto& more : {create("staging.main." + table, destination), fill("staging.main." + table, destination)})
      setup.insert(setup.end(), more.begin(), more.end());
    for (const std::string& statement : setup) RC_LOG() << statement << "\n";
    lab_.sql(setup);
    const auto before = survivors(lab_, table, destination);

    const Json inputs = {{"include_tables", {"main." + table}}};
    const EvolutionLab::Ran first = lab_.evolve_live(inputs);
    RC_LOG() << first.outcome.outputs.dump(2) << "\n";
    RC_ASSERT(first.outcome.outputs["total_tables"] == 1);
    RC_ASSERT(survivors(lab_, table, destination) == before);
    const bool refused = first.outcome.outputs["tables_with_errors"] != 0;
    if (refused) {
      // Refused by look(), not found out by trying.
      RC_ASSERT(first.log.empty());
      RC_ASSERT(!EvolutionLab::detail(first.outcome, "main." + table)["errors"].empty());
    } else {
      RC_ASSERT(!first.outcome.failure);
    }
    const EvolutionLab::Ran second = lab_.evolve_live(inputs);
    RC_ASSERT(second.look.actions.empty());
    RC_ASSERT(second.outcome.outputs["tables_with_errors"] == first.outcome.outputs["tables_with_errors"]);
    RC_CLASSIFY(refused);
    lab_.sql({"DROP TABLE prod.main." + table, "DROP TABLE staging.main." + table});
  }

 private:
  EvolutionLab lab_;
  int next_ = 0;
};

void check(const char* what, CatalogKind source, CatalogKind destination) {
  Cases cases(source, destination);
  rc::detail::TestMetadata metadata;
  metadata.id = what;
  metadata.description = what;
  // A case is a dozen statements on disk: fewer of them, unless RC_PARAMS asks for more.
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  if (std::getenv("RC_PARAMS") == nullptr) params.maxSuccess = 25;
  const rc::detail::TestResult result = rc::detail::checkTestable([&] { cases.run(); }, metadata, params);
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  EXPECT_TRUE(result.is<rc::detail::SuccessResult>()) << message.str();
}

TEST(Convergence, OnFiles) {
  check("evolve converges on DuckDB files", CatalogKind::file, CatalogKind::file);
}

TEST(Convergence, OnLakes) {
  check("evolve converges on DuckLakes", CatalogKind::lake, CatalogKind::lake);
}

TEST(Convergence, FromFileToLake) {
  check("evolve converges from a file to a lake", CatalogKind::file, CatalogKind::lake);
}

}  // namespace
}  // namespace lockstep
