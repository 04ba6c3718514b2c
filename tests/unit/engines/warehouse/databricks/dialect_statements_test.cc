// Every kind of statement that the Databricks dialect writes, as tests/spark/dialect_statements.json: the tests on
// Spark execute what stands there, this test holds the file equal to what the dialect writes. To write it anew:
//   LOCKSTEP_UPDATE_GOLDEN=1 unit_engines --gtest_filter='DialectStatements.*'
//
// "statements": after `setup`, `statement` must succeed; with "spark": false, only Databricks takes it, and open-source
// Spark must refuse it. "digests": after `setup`, `statement` and `against` must give the same row, or, with
// "equal": false, another one. "vectors": `statement` must give exactly `row`; docs/digest.md publishes them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engines/warehouse/databricks/databricks_dialect.h"
#include "specs/document.h"
#include "tests/unit/engines/warehouse/databricks/dialect_support.h"

namespace lockstep {
namespace {

using Texts = std::vector<std::string>;

const TableName kOther{"staging", "sales", "orders"};
const TableName kSpaced{"prod", "or-ders", "line items"};

const char* const kMapping = "'delta.columnMapping.mode' = 'name'";
const char* const kWidening = "'delta.enableTypeWidening' = 'true'";
const char* const kDefaults = "'delta.feature.allowColumnDefaults' = 'supported'";

Texts table(const TableName& name, const std::string& columns, const std::string& properties = {},
            const Texts& more = {}) {
  Texts setup{"DROP TABLE IF EXISTS " + kDialect.qualified(name)};
  setup.push_back("CREATE TABLE " + kDialect.qualified(name) + " (" + columns + ") USING DELTA" +
                  (properties.empty() ? "" : " TBLPROPERTIES (" + properties + ")"));
  for (const std::string& one : more) setup.push_back(one);
  return setup;
}

std::string insert(const TableName& name, const std::string& rows) {
  return "INSERT INTO " + kDialect.qualified(name) + " " + rows;
}

class Collection {
 public:
  void statement(const char* note, const Texts& setup, const std::string& sql, bool spark = true) {
    statements_.push_back({{"note", note}, {"setup", setup}, {"statement", sql}, {"spark", spark}});
  }

  // Both tables have one column c: of type `a` with the rows of SELECT `rows_a`, and likewise b.
  void digest(const char* note, const std::pair<const char*, std::string>& a,
              const std::pair<const char*, std::string>& b, bool equal) {
    const Result<DataType> common = kDialect.common_type(type(a.first), type(b.first));
    ASSERT_TRUE(common.ok()) << note;
    Texts setup = table(kOrders, std::string("c ") + a.first, {}, {insert(kOrders, a.second)});
    for (const std::string& one : table(kOther, std::string("c ") + b.first, {}, {insert(kOther, b.second)}))
      setup.push_back(one);
    digests_.push_back({{"note", note},
                        {"setup", setup},
                        {"statement", kDialect.digest_query(kOrders, "1", {{"c", type(a.first), *common, true}})},
                        {"against", kDialect.digest_query(kOther, "1", {{"c", type(b.first), *common, true}})},
                        {"equal", equal}});
  }
  void digest(const char* note, const char* both, const std::string& rows_a, const std::string& rows_b, bool equal) {
    digest(note, std::pair(both, rows_a), std::pair(both, rows_b), equal);
  }

  // `columns` in the words of CREATE TABLE, `typed` the same for the digest.
  void vector(const std::string& columns, const std::vector<DigestColumn>& typed, const std::string& rows,
              const char* count, const char* sum_1, const char* sum_2) {
    vectors_.push_back({{"note", columns + " " + rows},
                        {"setup", table(kOrders, columns, {}, {insert(kOrders, rows)})},
                        {"statement", kDialect.digest_query(kOrders, "1", typed)},
                        {"row", {count, sum_1, sum_2}}});
  }

  // A literal must come back as the text that it was made from.
  void literal(const std::string& text) {
    vectors_.push_back({{"note", "literal"},
                        {"setup", Json::array()},
                        {"statement", "SELECT " + kDialect.literal(text) + " AS c"},
                        {"row", Json::array({text})}});
  }

  [[nodiscard]] Json json() const {
    Json schemas = Json::array();
    for (const TableName& name : {kOrders, kOther, kSpaced})
      schemas.push_back(Json::array({name.catalog, name.schema}));
    return {{"schemas", schemas}, {"statements", statements_}, {"digests", digests_}, {"vectors", vectors_}};
  }

 private:
  Json statements_ = Json::array();
  Json digests_ = Json::array();
  Json vectors_ = Json::array();
};

void additions(Collection& all) {
  const std::string columns = "id INT, st STRUCT<a: INT>, arr ARRAY<STRUCT<x: INT>>, m MAP<STRING, STRUCT<v: INT>>";
  all.statement(
      "several columns, nested ones too, with comments", table(kOrders, columns),
      kDialect.add_columns(kOrders, {{{"note"}, type("STRING"), "it's \\ new"},
                                     {{"price"}, type("DECIMAL(18,4)"), "both ' and \""},
                                     {{"st", "b"}, type("STRING"), {}},
                                     {{"arr", "element", "z"}, type("INT"), {}},
                                     {{"m", "value", "w"}, type("ARRAY<STRUCT<p: INT, q: MAP<STRING, DATE>>>"), {}}}));
  all.statement("names with blanks, dots and back-quotes", table(kSpaced, "id INT", kMapping),
                kDialect.add_columns(kSpaced, {{{"order id"}, type("INT"), {}},
                                               {{"a.b"}, type("STRUCT<`p q`: INT>"), {}},
                                               {{"x`y"}, type("VARCHAR(10)"), {}},
                                               {{"select"}, type("CHAR(3)"), {}}}));
  all.statement("every scalar type", table(kOrders, "id INT", "'delta.feature.timestampNtz' = 'supported'"),
                kDialect.add_columns(kOrders, {{{"c1"}, type("TINYINT"), {}},
                                               {{"c2"}, type("SMALLINT"), {}},
                                               {{"c3"}, type("BIGINT"), {}},
                                               {{"c4"}, type("FLOAT"), {}},
                                               {{"c5"}, type("DOUBLE"), {}},
                                               {{"c6"}, type("BOOLEAN"), {}},
                                               {{"c7"}, type("BINARY"), {}},
                                               {{"c8"}, type("DATE"), {}},
                                               {{"c9"}, type("TIMESTAMP"), {}},
                                               {{"c10"}, type("TIMESTAMP_NTZ"), {}},
                                               {{"c11"}, type("DECIMAL(38,18)"), {}}}));
}

void type_changes(Collection& all) {
  const auto widen = [&](const char* from, const char* to) {
    all.statement("widening", table(kOrders, std::string("c ") + from, kWidening),
                  kDialect.change_leaf_type(kOrders, {"c"}, type(to)));
  };
  widen("TINYINT", "SMALLINT");
  widen("SMALLINT", "INT");
  widen("INT", "BIGINT");
  widen("INT", "DECIMAL(12,2)");
  widen("INT", "DOUBLE");
  widen("BIGINT", "DECIMAL(20,0)");
  widen("FLOAT", "DOUBLE");
  widen("DECIMAL(10,2)", "DECIMAL(14,4)");
  all.statement("DATE to TIMESTAMP_NTZ",
                table(kOrders, "c DATE", std::string(kWidening) + ", 'delta.feature.timestampNtz' = 'supported'"),
                kDialect.change_leaf_type(kOrders, {"c"}, type("TIMESTAMP_NTZ")));
  all.statement("a length is no widening", table(kOrders, "c VARCHAR(5)"),
                kDialect.change_leaf_type(kOrders, {"c"}, type("VARCHAR(9)")));
  all.statement("a VARCHAR becomes STRING", table(kOrders, "c VARCHAR(5)"),
                kDialect.change_leaf_type(kOrders, {"c"}, type("STRING")));
  all.statement("a CHAR becomes VARCHAR", table(kOrders, "c CHAR(5)"),
                kDialect.change_leaf_type(kOrders, {"c"}, type("VARCHAR(9)")));
  all.statement("a CHAR becomes STRING", table(kOrders, "c CHAR(5)"),
                kDialect.change_leaf_type(kOrders, {"c"}, type("STRING")));
  const Texts nested = table(kOrders, "st STRUCT<a: INT, n: STRUCT<d: FLOAT>>, m MAP<INT, ARRAY<INT>>", kWidening);
  all.statement("a field", nested, kDialect.change_leaf_type(kOrders, {"st", "a"}, type("BIGINT")));
  all.statement("a field of a field", nested, kDialect.change_leaf_type(kOrders, {"st", "n", "d"}, type("DOUBLE")));
  all.statement("a map's key", nested, kDialect.change_leaf_type(kOrders, {"m", "key"}, type("BIGINT")));
  all.statement("an element inside a map's value", nested,
                kDialect.change_leaf_type(kOrders, {"m", "value", "element"}, type("BIGINT")));
}

void columns(Collection& all) {
  const Texts mapped = table(kOrders, "id INT NOT NULL, note STRING, st STRUCT<a: INT, b: INT>", kMapping);
  all.statement("rename", mapped, kDialect.rename_column(kOrders, {"note"}, "free text"));
  all.statement("drop", mapped, kDialect.drop_column(kOrders, {"note"}));
  all.statement("drop a field", mapped, kDialect.drop_column(kOrders, {"st", "b"}));
  all.statement("drop what is gone already", mapped, kDialect.drop_column(kOrders, {"gone"}));
  all.statement("DROP NOT NULL", mapped, kDialect.set_nullable(kOrders, "id", true));
  all.statement("SET NOT NULL: open-source Delta refuses it", mapped, kDialect.set_nullable(kOrders, "note", false),
                false);
  all.statement("comment", mapped, kDialect.set_comment(kOrders, "id", "it's"));
  all.statement("comment with a backslash", mapped, kDialect.set_comment(kOrders, "id", "C:\\new"));
  all.statement("comment with both quotes", mapped, kDialect.set_comment(kOrders, "id", "'a' \"b\" ${env:HOME}"));
  all.statement("no comment", mapped, kDialect.set_comment(kOrders, "id", ""));
  const Texts plain = table(kOrders, "n INT, d DATE", kDefaults, {insert(kOrders, "VALUES (NULL, NULL), (1, NULL)")});
  all.statement("a literal default", plain, kDialect.set_default(kOrders, "n", "7"));
  all.statement("an expression as default", plain, kDialect.set_default(kOrders, "d", "current_date()"));
  all.statement("no default", plain, kDialect.set_default(kOrders, "n", std::nullopt));
  all.statement("fill", plain, kDialect.fill_column(kOrders, "n", type("INT"), "7"));
  for (const TableFeature feature :
       {TableFeature::type_widening, TableFeature::column_mapping, TableFeature::column_defaults,
        TableFeature::timestamp_ntz, TableFeature::variant_type})
    all.statement(std::string(table_feature_name(feature)).c_str(), table(kOrders, "id INT"),
                  kDialect.enable_feature(kOrders, feature));
}

void reads(Collection& all) {
  const Texts setup = table(kOrders,
                            "id INT, orders STRUCT<id: INT>, c CHAR(3), v VARCHAR(4), t TIMESTAMP, b BINARY, "
                            "f FLOAT, m MAP<STRING, MAP<INT, DOUBLE>>, a ARRAY<STRUCT<x: DECIMAL(5,2), d: DATE>>",
                            {},
                            {insert(kOrders,
                                    "VALUES (1, struct(2), 'a', 'b', TIMESTAMP'2024-01-01 00:00:00', X'61', "
                                    "1.5, map('k', map(1, 2.0)), array(struct(1.25, DATE'2024-01-01')))")});
  std::vector<DigestColumn> all_columns;
  for (const auto& [name, text] :
       std::vector<std::pair<const char*, const char*>>{{"id", "INT"},
                                                        {"orders", "STRUCT<id: INT>"},
                                                        {"c", "CHAR(3)"},
                                                        {"v", "VARCHAR(4)"},
                                                        {"t", "TIMESTAMP"},
                                                        {"b", "BINARY"},
                                                        {"f", "FLOAT"},
                                                        {"m", "MAP<STRING, MAP<INT, DOUBLE>>"},
                                                        {"a", "ARRAY<STRUCT<x: DECIMAL(5,2), d: DATE>>"}})
    all_columns.push_back({name, type(text), type(text), true});
  all.statement("digest of every kind of column", setup, kDialect.digest_query(kOrders, "1", all_columns));
  all.statement("digest without columns", setup, kDialect.digest_query(kOrders, std::nullopt, {}));
  all.statement("the checksum of Clone-Xs", setup,
                kDialect.clone_xs_query(kOrders, "1", {"id", "c", "v", "t", "b", "f"}));
  all.statement("the checksum of Clone-Xs overflows after a few rows",
                table(kOrders, "id INT", {}, {insert(kOrders, "SELECT 1 FROM range(64)")}),
                kDialect.clone_xs_query(kOrders, "1", {"id"}), false);
  all.statement("rows, and NULLs of a column", table(kOrders, "n INT", {}, {insert(kOrders, "VALUES (NULL), (1)")}),
                "SELECT 0 AS i, " + kDialect.as_text("count(*)") + " || ',' || " +
                    kDialect.as_text("count(*) FILTER (WHERE `n` IS NULL)") + " AS n FROM " +
                    kDialect.from(kOrders, std::nullopt));
}

void digests(Collection& all) {
  all.digest("the order of rows does not matter", "INT", "VALUES (1), (2), (3)", "VALUES (3), (1), (2)", true);
  all.digest("the number of copies does", "INT", "VALUES (1), (1), (2), (2)", "VALUES (1), (1), (1), (2)", false);
  all.digest("NULL is not zero", "INT", "VALUES (NULL)", "VALUES (0)", false);
  all.digest("NULL is not the empty text", "STRING", "VALUES (NULL)", "VALUES ('')", false);
  all.digest("the two zeros are one", "DOUBLE", "VALUES (DOUBLE('-0.0'))", "VALUES (DOUBLE('0.0'))", true);
  all.digest("NaN is NaN", "DOUBLE", "VALUES (DOUBLE('NaN'))", "VALUES (-DOUBLE('NaN'))", true);
  all.digest("[] is not [NULL]", "ARRAY<INT>", "VALUES (array())", "VALUES (array(CAST(NULL AS INT)))", false);
  all.digest("[] is not NULL", "ARRAY<INT>", "VALUES (array())", "VALUES (NULL)", false);
  all.digest("[1, NULL] is not [NULL, 1]", "ARRAY<INT>", "VALUES (array(1, NULL))", "VALUES (array(NULL, 1))", false);
  all.digest("[[1], [2]] is not [[1, 2]]", "ARRAY<ARRAY<INT>>", "VALUES (array(array(1), array(2)))",
             "VALUES (array(array(1, 2)))", false);
  all.digest("a NULL struct is not a struct of NULLs", "STRUCT<a: INT, d: DATE>", "VALUES (NULL)",
             "VALUES (named_struct('a', CAST(NULL AS INT), 'd', CAST(NULL AS DATE)))", false);
  all.digest("a NULL field is not another NULL field", "STRUCT<a: INT, b: INT>",
             "VALUES (named_struct('a', 1, 'b', CAST(NULL AS INT)))",
             "VALUES (named_struct('a', CAST(NULL AS INT), 'b', 1))", false);
  all.digest("map entries have no order", "MAP<STRING, MAP<STRING, INT>>",
             "VALUES (map('a', map('x', 1, 'y', 2), 'b', map('z', 3)))",
             "VALUES (map('b', map('z', 3), 'a', map('y', 2, 'x', 1)))", true);
  all.digest("map values count", "MAP<STRING, INT>", "VALUES (map('a', 1))", "VALUES (map('a', 2))", false);
  all.digest("a map's NULL value is not an absent entry", "MAP<STRING, INT>", "VALUES (map('a', 1, 'b', NULL))",
             "VALUES (map('a', 1))", false);
  all.digest("microseconds inside count", "ARRAY<TIMESTAMP>", "VALUES (array(TIMESTAMP'2024-01-01 00:00:00.000001Z'))",
             "VALUES (array(TIMESTAMP'2024-01-01 00:00:00.000002Z'))", false);
  all.digest("the zeros are one inside as well", "ARRAY<FLOAT>", "VALUES (array(FLOAT('-0.0'), NULL))",
             "VALUES (array(FLOAT('0.0'), NULL))", true);
  all.digest("the last bit of a float inside counts", "ARRAY<DOUBLE>", "VALUES (array(0.1D + 0.2D))",
             "VALUES (array(0.3D))", false);
  all.digest("bytes inside count", "ARRAY<BINARY>", "VALUES (array(X'6100'))", "VALUES (array(X'61'))", false);
  all.digest("quotes and the text null inside", "ARRAY<STRING>", "VALUES (array('null', 'a\",\"b'))",
             "VALUES (array(CAST(NULL AS STRING), 'a\",\"b'))", false);
  all.digest("one number in two types", {"INT", "VALUES (1), (NULL)"}, {"BIGINT", "VALUES (1), (NULL)"}, true);
  all.digest("one number in two DECIMALs", {"DECIMAL(10,2)", "VALUES (1.23)"}, {"DECIMAL(20,4)", "VALUES (1.23)"},
             true);
  all.digest("a FLOAT held as DOUBLE", {"FLOAT", "VALUES (FLOAT('0.1'))"}, {"DOUBLE", "VALUES (DOUBLE(FLOAT('0.1')))"},
             true);
  all.digest("structs in another order",
             {"STRUCT<a: INT, b: DATE>", "VALUES (named_struct('a', 1, 'b', DATE'2024-01-01'))"},
             {"STRUCT<b: DATE, a: BIGINT>", "VALUES (named_struct('b', DATE'2024-01-01', 'a', BIGINT(1)))"}, true);
  all.digest("padding is not part of a CHAR", {"CHAR(3)", "VALUES ('ab')"}, {"CHAR(5)", "VALUES ('ab')"}, true);
  all.digest("but what a STRING copied from it holds", {"CHAR(3)", "VALUES ('ab')"}, {"STRING", "VALUES ('ab ')"},
             true);
  all.digest("blanks at the end of a STRING count", "STRING", "VALUES ('ab')", "VALUES ('ab ')", false);
  all.digest("VARIANT: fields of an object have no order", "VARIANT", R"(SELECT parse_json('{"a":1,"b":[null]}'))",
             R"(SELECT parse_json('{"b":[null],"a":1}'))", true);
  all.digest("VARIANT: a date is not its text", "VARIANT", "SELECT CAST(DATE'2024-01-01' AS VARIANT)",
             R"(SELECT parse_json('"2024-01-01"'))", false);
  all.digest("VARIANT: its null is not NULL", "ARRAY<VARIANT>", "SELECT array(parse_json('null'))",
             "SELECT array(CAST(NULL AS VARIANT))", false);
  all.digest("microseconds of local times inside", "STRUCT<t: TIMESTAMP_NTZ, c: CHAR(3)>",
             "SELECT named_struct('t', TIMESTAMP_NTZ'2024-01-01 00:00:00.000001', 'c', 'x')",
             "SELECT named_struct('t', TIMESTAMP_NTZ'2024-01-01 00:00:00', 'c', 'x')", false);
  all.digest("DATE held as TIMESTAMP_NTZ", {"DATE", "VALUES (DATE'2024-01-01')"},
             {"TIMESTAMP_NTZ", "VALUES (TIMESTAMP_NTZ'2024-01-01 00:00:00')"}, true);
  all.digest("large DECIMALs", "DECIMAL(38,0)", "VALUES (99999999999999999999999999999999999998)",
             "VALUES (99999999999999999999999999999999999999)", false);
}

// Computed by hand from the definition of XXH64, not by the engine.
void vectors(Collection& all) {
  const DataType integer = type("INT");
  const DataType text = type("STRING");
  const DataType list = type("ARRAY<INT>");
  const DataType map = type("MAP<STRING, INT>");
  all.vector("a INT NOT NULL", {{"a", integer, integer, false}}, "VALUES (1)", "1", "-6698625589789238999",
             "6204781946817736360");
  all.vector("a INT NOT NULL", {{"a", integer, integer, false}}, "VALUES (1), (1)", "2", "-13397251179578477998",
             "12409563893635472720");
  all.vector("a INT, b STRING", {{"a", integer, integer, true}, {"b", text, text, true}}, "VALUES (1, 'x'), (NULL, '')",
             "2", "9918482700680947085", "7178421575304957412");
  all.vector("a ARRAY<INT>", {{"a", list, list, true}}, "VALUES (array())", "1", "-2855431408147776298",
             "1894184864901181852");
  all.vector("a ARRAY<INT>", {{"a", list, list, true}}, "VALUES (array(CAST(NULL AS INT)))", "1", "3409424488718753311",
             "-184372818121122504");
  all.vector("m MAP<STRING, INT>", {{"m", map, map, true}}, "VALUES (map('b', 1, 'a', 2))", "1", "-5637683860211852808",
             "-7846003728850649411");
}

void literals(Collection& all) {
  for (const char* text : {"plain", "it's", "back\\slash", "ends with \\", "say \"so\"", "it's \"so\" \\ here",
                           "${env:HOME}", "'${x}'", "line\nbreak", "naïve", "\\' OR 1 = 1 -- "})
    all.literal(text);
}

TEST(DialectStatements, AreTheOnesThatTheSparkTestsExecute) {
  Collection all;
  additions(all);
  type_changes(all);
  columns(all);
  reads(all);
  digests(all);
  vectors(all);
  literals(all);
  const std::string path = LOCKSTEP_SOURCE_DIR "/tests/spark/dialect_statements.json";
  const std::string wanted = all.json().dump(1) + "\n";
  if (std::getenv("LOCKSTEP_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << wanted;
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == wanted) << "the dialect writes other statements than " << path
                                    << " holds: see the head of this test for how to write it anew";
}

}  // namespace
}  // namespace lockstep
