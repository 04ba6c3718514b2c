// Two real catalogs in a temporary folder, and the steps of this capability run over them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engines/evolution/evolution_steps.h"
#include "engines/warehouse/connections.h"
#include "specs/schema.h"
#include "support.h"

namespace lockstep {

class EvolutionLab {
 public:
  explicit EvolutionLab(CatalogKind source = CatalogKind::file, CatalogKind destination = CatalogKind::file) {
    std::string pattern = (std::filesystem::temp_directory_path() / "lockstep-evolution-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    directory_ = pattern;
    ConnectionPlan plan;
    plan.name = "c";
    plan.type = "duckdb";
    plan.directory = directory_.string();
    plan.settings = {{"type", "duckdb"},
                     {"catalogs", {{"prod", place("prod", source)}, {"staging", place("staging", destination)}}}};
    plan.writable = {"prod", "staging"};
    warehouses_ = plan_warehouses({plan});
    const Result<Warehouse*> opened = warehouses_->get("c");
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    warehouse_ = opened.ok() ? *opened : nullptr;
  }
  ~EvolutionLab() {
    warehouses_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  EvolutionLab(const EvolutionLab&) = delete;
  EvolutionLab& operator=(const EvolutionLab&) = delete;

  Warehouse& warehouse() { return *warehouse_; }

  // Runs statements one by one; the answer is the last one's rows. A failure fails the test.
  std::vector<std::vector<Json>> sql(const std::vector<std::string>& statements) {
    std::vector<std::vector<Json>> rows;
    for (const char* catalog : {"prod", "staging"}) {
      const auto opened = warehouse_->open(catalog, {});
      EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    }
    for (const std::string& statement : statements) {
      const Result<Rows> done = warehouse_->run({statement, {}}, {});
      EXPECT_TRUE(done.ok()) << statement << "\n" << (done.ok() ? "" : done.error().message);
      if (done.ok()) rows = done->rows;
    }
    return rows;
  }

  struct Ran {
    Look look;
    Outcome outcome;
    std::vector<std::string> log;  // statements as logged
  };

  // look(), then act() as the runner does it.
  Ran run(std::string_view uses, const Json& inputs) {
    TestContext test(warehouse_);
    for (const StepType& type : evolution_step_types()) {
      if (type.uses != uses) continue;
      Result<std::unique_ptr<Step>> step = type.make(inputs);
      if (!step) {
        ADD_FAILURE() << step.error().message;
        return {};
      }
      Result<Look> look = (*step)->look(test.context);
      if (!look) {
        ADD_FAILURE() << look.error().code << ": " << look.error().message;
        return {};
      }
      Result<Outcome> outcome = (*step)->act(test.context, *look);
      if (!outcome) {
        ADD_FAILURE() << outcome.error().code << ": " << outcome.error().message;
        return {};
      }
      // Inputs and outputs have the shapes that the step's schema promises.
      const StepSchema* schema = step_schema(uses);
      if (schema == nullptr) {
        ADD_FAILURE() << "no schema for " << uses;
        return {};
      }
      for (const auto& [value, part] :
           {std::pair{&inputs, schema->with}, std::pair{&std::as_const(look->preview.outputs), schema->outputs},
            std::pair{&std::as_const(outcome->outputs), schema->outputs}})
        for (const std::string& finding : schema_findings(*value, *part, *schema->root))
          ADD_FAILURE() << uses << ": " << finding << "\n" << value->dump(2);
      return {*look, *outcome, test.log.started_texts};
    }
    ADD_FAILURE() << "no step type " << uses;
    return {};
  }

  Ran evolve(Json inputs = Json::object()) {
    inputs["source_catalog"] = "prod";
    inputs["destination_catalog"] = "staging";
    return run("schema-evolution/evolve-catalog", inputs);
  }
  Ran evolve_live(Json inputs = Json::object()) {
    inputs["dry_run"] = false;
    return evolve(std::move(inputs));
  }
  Ran detect(const std::string& table, Json inputs = Json::object()) {
    inputs["source_catalog"] = "prod";
    inputs["destination_catalog"] = "staging";
    inputs["schema_name"] = "main";
    inputs["table_name"] = table;
    return run("schema-evolution/detect", inputs);
  }
  Ran apply(const std::string& table, const Json& changes, Json inputs = Json::object()) {
    inputs["destination_catalog"] = "staging";
    inputs["schema_name"] = "main";
    inputs["table_name"] = table;
    inputs["changes"] = changes;
    return run("schema-evolution/apply", inputs);
  }

  // The entry of a table in details; null when there is none.
  static Json detail(const Outcome& outcome, const std::string& table) {
    for (const Json& entry : outcome.outputs["details"])
      if (entry["table"] == table) return entry;
    return nullptr;
  }

  std::string version(std::string_view catalog) {
    const auto version = warehouse_->version(catalog, {});
    EXPECT_TRUE(version.ok());
    return version.ok() && *version ? **version : "";
  }

 private:
  static Json place(const std::string& name, CatalogKind kind) {
    if (kind == CatalogKind::file) return name + ".duckdb";
    return {{"path", "ducklake:" + name + ".ducklake"}, {"data_path", name + "-data/"}};
  }

  std::filesystem::path directory_;
  std::unique_ptr<Warehouses> warehouses_;
  Warehouse* warehouse_ = nullptr;
};

}  // namespace lockstep
