#include "engines/evolution/type_merge.h"

#include <gtest/gtest.h>

#include "support.h"

namespace lockstep {
namespace {

TypeMerge merged(const char* source, const char* destination) {
  return merge_types(file_type(source), file_type(destination));
}

TEST(TypeMerge, EqualTypesDifferInNothing) {
  for (const char* type :
       {"BIGINT", "DECIMAL(10,2)", "STRUCT(a INTEGER, b VARCHAR)[]", "MAP(VARCHAR, INTEGER[])", "INTEGER[3]"}) {
    const TypeMerge merge = merged(type, type);
    EXPECT_TRUE(merge.changes.empty()) << type;
    EXPECT_TRUE(same_type(merge.with_removed, file_type(type))) << type;
  }
}

TEST(TypeMerge, DecimalScaleIsADifference) {
  const TypeMerge merge = merged("DECIMAL(12,2)", "DECIMAL(10,2)");
  ASSERT_EQ(merge.changes.size(), 1U);
  EXPECT_EQ(merge.changes[0].kind, FieldChange::Kind::type);
  EXPECT_TRUE(merge.changes[0].path.empty());
}

TEST(TypeMerge, FieldsAreFoundInsideStructsListsAndMaps) {
  const TypeMerge merge = merged(
      "STRUCT(a BIGINT, items STRUCT(price DECIMAL(10,2), sku VARCHAR)[], m MAP(VARCHAR, STRUCT(x INTEGER, y "
      "INTEGER)))",
      "STRUCT(a INTEGER, items STRUCT(price DECIMAL(10,2))[], m MAP(VARCHAR, STRUCT(x INTEGER)), old DATE)");
  ASSERT_EQ(merge.changes.size(), 4U);
  EXPECT_EQ(path_text(merge.changes[0].path), "a");
  EXPECT_EQ(merge.changes[0].kind, FieldChange::Kind::type);
  EXPECT_EQ(path_text(merge.changes[1].path), "items.element.sku");
  EXPECT_EQ(merge.changes[1].kind, FieldChange::Kind::added);
  EXPECT_EQ(path_text(merge.changes[2].path), "m.value.y");
  EXPECT_EQ(path_text(merge.changes[3].path), "old");
  EXPECT_EQ(merge.changes[3].kind, FieldChange::Kind::removed);
}

TEST(TypeMerge, KeepsTheDestinationsOrderAndItsOwnFields) {
  const TypeMerge merge = merged("STRUCT(n VARCHAR, b VARCHAR, a BIGINT)", "STRUCT(a INTEGER, gone DATE, b VARCHAR)");
  EXPECT_TRUE(same_type(merge.with_removed, file_type("STRUCT(a BIGINT, gone DATE, b VARCHAR, n VARCHAR)")));
  EXPECT_TRUE(same_type(merge.without_removed, file_type("STRUCT(a BIGINT, b VARCHAR, n VARCHAR)")));
}

TEST(TypeMerge, WhatComesToTheSourcesTypeIsPrintedLikeIt) {
  EXPECT_EQ(file_dialect().print_type(merged("STRUCT(a BIGINT, b VARCHAR)", "STRUCT(a INTEGER)").with_removed),
            "STRUCT(a BIGINT, b VARCHAR)");
}

TEST(TypeMerge, OrderAndCaseOfFieldsAreNotes) {
  const TypeMerge merge = merged("STRUCT(b VARCHAR, A INTEGER)", "STRUCT(a INTEGER, b VARCHAR)");
  EXPECT_TRUE(merge.changes.empty());
  EXPECT_EQ(merge.notes.size(), 2U);
}

TEST(TypeMerge, AnotherShapeIsOneChangeOfTheWhole) {
  for (const auto& [source, destination] : {std::pair{"INTEGER[]", "INTEGER"}, std::pair{"INTEGER[3]", "INTEGER[4]"},
                                            std::pair{"STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)"}}) {
    const TypeMerge merge = merged(source, destination);
    ASSERT_EQ(merge.changes.size(), 1U) << source;
    EXPECT_EQ(merge.changes[0].kind, FieldChange::Kind::type);
    EXPECT_TRUE(same_type(merge.with_removed, file_type(source)));
  }
}

}  // namespace
}  // namespace lockstep
