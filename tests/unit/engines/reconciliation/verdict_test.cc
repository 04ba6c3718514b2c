#include "engines/reconciliation/verdict.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TablePair pair_of(std::size_t compared_columns) {
  TablePair pair;
  pair.schema = "main";
  pair.table = "t";
  pair.source.emplace();
  pair.target.emplace();
  pair.source_columns.resize(compared_columns);
  pair.target_columns.resize(compared_columns);
  return pair;
}

Reading read(std::int64_t count, std::string checksum = {}) {
  Reading reading;
  reading.count = count;
  reading.checksum = std::move(checksum);
  return reading;
}

Reading failed() {
  Reading reading;
  reading.error = Error("sql-failed"_code, "no such file", "");
  return reading;
}

Scope digests(std::string source = "d/1", std::string target = "d/1") {
  Scope scope;
  scope.checksum = true;
  scope.source_digest = std::move(source);
  scope.target_digest = std::move(target);
  return scope;
}

TEST(Judge, MatchNeedsCountAndDigest) {
  EXPECT_EQ(judge(pair_of(2), read(3, "1:2"), read(3, "1:2"), digests()).verdict, Verdict::match);
  EXPECT_EQ(judge(pair_of(2), read(3, "1:2"), read(4, "1:2"), digests()).verdict, Verdict::mismatch);
  EXPECT_EQ(judge(pair_of(2), read(3, "1:2"), read(3, "1:3"), digests()).verdict, Verdict::mismatch);
  EXPECT_EQ(judge(pair_of(0), read(3), read(3), digests()).verdict, Verdict::not_compared);
  EXPECT_EQ(judge(pair_of(2), read(3), read(3), Scope{}).verdict, Verdict::match);  // row counts only
}

TEST(Judge, DigestsOfDifferentNamesAreNotComparable) {
  const Scope scope = digests("d/1", "d/2");
  const TableVerdict equal = judge(pair_of(2), read(3), read(3), scope);
  EXPECT_EQ(equal.verdict, Verdict::not_compared);
  EXPECT_NE(equal.reason.find("d/1 and d/2"), std::string::npos);
  EXPECT_FALSE(equal.compared);
  EXPECT_EQ(judge(pair_of(2), read(3), read(4), scope).verdict, Verdict::mismatch);  // counts are comparable
}

TEST(Judge, OneSidesFailureIsAnErrorAndNeverAMismatch) {
  for (const Scope& scope : {Scope{}, digests()}) {
    EXPECT_EQ(judge(pair_of(2), failed(), read(3, "1:2"), scope).reason, "source: no such file");
    EXPECT_EQ(judge(pair_of(2), read(3, "1:2"), failed(), scope).reason, "target: no such file");
    EXPECT_EQ(judge(pair_of(2), failed(), failed(), scope).verdict, Verdict::error);
  }
}

TEST(Judge, WhatWasNotReadIsNotCompared) {
  EXPECT_EQ(judge(pair_of(2), Reading{}, read(3, "1:2"), digests()).verdict, Verdict::not_compared);
}

TEST(Judge, ColumnsLeftOutForbidAMatch) {
  TablePair pair = pair_of(2);
  pair.not_compared = {{"u", "a UNION"}};
  EXPECT_EQ(judge(pair, read(3, "1:2"), read(3, "1:2"), digests()).verdict, Verdict::not_compared);
  EXPECT_EQ(judge(pair, read(3, "1:2"), read(3, "9:9"), digests()).verdict, Verdict::mismatch);
  pair.one_sided = {{"x", "only in the source"}};
  const TableVerdict both = judge(pair, read(3, "1:2"), read(3, "1:2"), digests());
  EXPECT_EQ(both.verdict, Verdict::mismatch);
  EXPECT_EQ(both.reason, "columns differ: \"x\" (only in the source); columns not compared: \"u\" (a UNION)");
}

TEST(Judge, AMissingTableStaysMissingWhenTheOtherSideCannotBeRead) {
  TablePair pair = pair_of(1);
  pair.target.reset();
  const TableVerdict verdict = judge(pair, failed(), Reading{}, digests());
  EXPECT_EQ(verdict.verdict, Verdict::missing);
  EXPECT_NE(verdict.reason.find("no such file"), std::string::npos);
}

TEST(Report, NamesTheFirstTablesAndCountsEachOnce) {
  PairedCatalogs catalogs;
  Readings readings;
  for (int i = 0; i < 8; ++i) {
    catalogs.tables.push_back(pair_of(1));
    catalogs.tables.back().table = "t" + std::to_string(i);
    readings.source.push_back(i == 7 ? failed() : read(1));
    readings.target.push_back(read(i == 0 || i == 7 ? 1 : 2));
  }
  const Side side;
  const Outcome outcome = report(catalogs, readings, side, side, Scope{});
  EXPECT_EQ(outcome.outputs["status"], "partial");
  EXPECT_EQ(outcome.outputs["matched"], 1);
  EXPECT_EQ(outcome.outputs["mismatched"], 6);
  EXPECT_EQ(outcome.outputs["errors"], 1);
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->message,
            "6 of 8 tables do not match: main.t1 (mismatch), main.t2 (mismatch), main.t3 (mismatch), main.t4 "
            "(mismatch), main.t5 (mismatch) and 1 more; 1 could not be compared: main.t7 (error)");
}

}  // namespace
}  // namespace lockstep
