// Two connections that name one catalog: whether they lead to one place, which a comparison with itself would hide.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/reconciliation/cross_metastore.h"
#include "engines/warehouse/databricks/databricks_dialect.h"
#include "tests/unit/engines/fake_warehouse.h"
#include "tests/unit/engines/reconciliation/catalogs_fixture.h"

namespace lockstep {
namespace {

using lockstep::testing::FakeWarehouse;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kQuery = "SELECT current_metastore()";

class OneMetastore : public ::testing::Test {
 protected:
  OneMetastore() {
    for (FakeWarehouse* one : {&east_, &west_}) {
      for (const char* catalog : {"prod", "staging"}) {
        one->add_catalog(catalog);
        one->add_table(catalog, "s", "t", {{"id", "BIGINT"}});
      }
      one->answer_all([](const Statement&) { return Rows{{}, {{3}}, false, -1}; });
    }
  }
  static void names(FakeWarehouse& warehouse, const Json& metastore) {
    warehouse.answer(kQuery, Rows{{{"current_metastore()", "STRING"}}, {{metastore}}, false, -1});
  }
  Result<Look> look(const std::string& source = "prod", const std::string& target = "prod") {
    lockstep::testing::FakeWarehouses warehouses(east_, west_);
    std::unique_ptr<Step> step =
        make_cross_metastore(
            {{"source_catalog", source}, {"destination_catalog", target}, {"source", "east"}, {"target", "west"}})
            .value();
    const StepContext context{warehouses, "east", "/", {"run", "step", 1}, {}, log_, secrets_, {}, {}};
    return step->look(context);
  }
  static std::string code(const Result<Look>& look) { return look ? std::string("none") : look.error().code; }
  static std::string notes(const Result<Look>& look) {
    return look ? look->preview.outputs["notes"].dump() : look.error().code;
  }
  bool asked() const {
    for (const FakeWarehouse* one : {&east_, &west_})
      for (const std::string& sql : one->sent())
        if (sql == kQuery) return true;
    return false;
  }

  FakeWarehouse east_{"east", std::make_shared<const DatabricksDialect>()};
  FakeWarehouse west_{"west", std::make_shared<const DatabricksDialect>()};
  lockstep::testing::SilentLog log_;
  SecretSet secrets_;
};

TEST_F(OneMetastore, TwoWorkspacesOfOneAreOnePlace) {
  for (FakeWarehouse* one : {&east_, &west_}) names(*one, "aws:us-east-1:1111");
  EXPECT_EQ(code(look()), "catalogs-equal");
  EXPECT_EQ(code(look("prod", "PROD")), "catalogs-equal") << "names are compared without regard to case";
}

TEST_F(OneMetastore, TwoMetastoresAreTwoPlaces) {
  names(east_, "aws:us-east-1:1111");
  names(west_, "aws:us-west-2:2222");
  const Result<Look> looked = look();
  EXPECT_EQ(code(looked), "none");
  EXPECT_THAT(notes(looked), Not(HasSubstr("could not be told")));
}

TEST_F(OneMetastore, OneWarehouseByTwoNamesNeedsNoQuestion) {
  for (FakeWarehouse* one : {&east_, &west_}) one->set_identity("https://ws.example warehouse 1");
  EXPECT_EQ(code(look()), "catalogs-equal");
  EXPECT_FALSE(asked());
}

TEST_F(OneMetastore, CatalogsOfTwoNamesNeedNoQuestion) {
  EXPECT_EQ(code(look("prod", "staging")), "none");
  EXPECT_FALSE(asked());
}

// Two sides that cannot name theirs are not one: that would refuse honest comparisons.
TEST_F(OneMetastore, WhatCannotBeToldIsANoteAndNoError) {
  names(east_, "aws:us-east-1:1111");
  west_.fail(kQuery, Error("sql-unknown-name"_code, "[UNRESOLVED_ROUTINE] current_metastore", "-"));
  Result<Look> looked = look();
  EXPECT_EQ(code(looked), "none");
  EXPECT_THAT(notes(looked), HasSubstr("the target does not name its metastore"));

  for (FakeWarehouse* one : {&east_, &west_}) names(*one, nullptr);
  looked = look();
  EXPECT_EQ(code(looked), "none");
  EXPECT_THAT(notes(looked), HasSubstr("the source does not name its metastore"));
}

// An engine without metastores is never asked.
TEST_F(OneMetastore, TheEmbeddedEngineHasNone) {
  names(east_, "aws:us-east-1:1111");
  FakeWarehouse local("west");
  local.add_catalog("prod");
  local.answer_all([](const Statement&) { return Rows{{}, {{3}}, false, -1}; });
  lockstep::testing::FakeWarehouses warehouses(east_, local);
  std::unique_ptr<Step> step =
      make_cross_metastore(
          {{"source_catalog", "prod"}, {"destination_catalog", "prod"}, {"source", "east"}, {"target", "west"}})
          .value();
  const StepContext context{warehouses, "east", "/", {"run", "step", 1}, {}, log_, secrets_, {}, {}};
  EXPECT_EQ(code(step->look(context)), "none");
  EXPECT_THAT(local.sent(), Not(Contains(HasSubstr("metastore"))));
}

}  // namespace
}  // namespace lockstep
