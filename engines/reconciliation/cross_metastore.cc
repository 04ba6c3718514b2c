#include "engines/reconciliation/cross_metastore.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engines/filter.h"
#include "engines/parallel.h"
#include "engines/reconciliation/reading.h"
#include "engines/reconciliation/table_pair.h"
#include "engines/reconciliation/verdict.h"
#include "engines/warehouse/names.h"
#include "specs/counted.h"
#include "specs/json_member.h"

namespace lockstep {

namespace {

constexpr std::size_t kDefaultWorkers = 4;

struct Request {
  std::string source_catalog;
  std::string target_catalog;
  std::string source_connection;  // empty: the step's
  std::string target_connection;
  std::optional<Json> target_workspace;  // a connection of this step alone
  bool checksum = false;
  bool warn_only = false;
  bool pin_versions = false;
  DigestAlgorithm algorithm = DigestAlgorithm::lockstep;
  std::size_t workers = kDefaultWorkers;
  TableFilter filter;
};

Result<Request> read_request(const Json& inputs) {
  Request request;
  if (const auto workspace = inputs.find("target_workspace"); workspace != inputs.end() && workspace->is_object())
    request.target_workspace = *workspace;
  request.source_catalog = text_member(inputs, "source_catalog");
  request.target_catalog = text_member(inputs, "destination_catalog");
  if (request.source_catalog.empty() || request.target_catalog.empty())
    return Error("input-invalid"_code, "`source_catalog` and `destination_catalog` must both be names",
                 "give both; they are names under `catalogs:` of a connection");
  request.source_connection = text_member(inputs, "source");
  request.target_connection = text_member(inputs, "target");
  if (request.target_workspace && !request.target_connection.empty())
    return Error("input-invalid"_code, "`target` and `target_workspace` both say where the destination is",
                 "give one of the two");
  if (const auto checksum = inputs.find("checksum"); checksum != inputs.end() && checksum->is_object()) {
    request.checksum = true;
    if (text_member(*checksum, "algorithm") == "clone-xs") request.algorithm = DigestAlgorithm::clone_xs;
  }
  request.checksum = inputs.value("use_checksum", request.checksum);
  request.pin_versions = inputs.value("pin_versions", false);
  request.warn_only = text_member(inputs, "on_mismatch") == "warn";
  if (const auto workers = inputs.find("max_workers"); workers != inputs.end() && workers->is_number_integer())
    request.workers = static_cast<std::size_t>(std::clamp<std::int64_t>(workers->get<std::int64_t>(), 1, 256));
  Result<TableFilter> filter = TableFilter::from_inputs(inputs);
  if (!filter) return std::move(filter).error();
  request.filter = std::move(filter).value();
  return request;
}

class CrossMetastore : public Step {
 public:
  explicit CrossMetastore(Request request) : request_(std::move(request)) {}

  Result<Look> look(const StepContext& context) override {
    if (Result<void> opened = open_sides(context); !opened) return opened.error();
    if (request_.algorithm == DigestAlgorithm::clone_xs)
      for (const Side* side : {&source_, &target_})
        if (request_.checksum && side->dialect->clone_xs_name().empty())
          return Error(
              "checksum-not-available"_code,
              fmt::format("the engine of catalog \"{}\" ({}) cannot compute the checksum of Clone-Xs",
                          side == &source_ ? request_.source_catalog : request_.target_catalog, side->dialect->name()),
              "leave out checksum.algorithm: Lockstep's own digest runs on every engine");
    if (Result<void> described = describe_sides(context.call); !described) return described.error();
    pairs_ = pair_catalogs(take_tables(source_), *source_.dialect, take_tables(target_), *target_.dialect,
                           request_.filter, request_.checksum ? request_.algorithm : DigestAlgorithm::none);
    pin_versions(pairs_, source_, target_, request_.pin_versions, request_.workers, context.call);
    plans_ = plan_reads(pairs_, source_, target_, request_.checksum, request_.workers);
    scope_.checksum = request_.checksum;
    scope_.warn_only = request_.warn_only;
    scope_.source_digest = digest_name(*source_.dialect, request_.algorithm);
    scope_.target_digest = digest_name(*target_.dialect, request_.algorithm);
    add_notes();

    Look look;
    // A thousand tables are megabytes of SQL.
    look.actions.resize(plans_.size());
    parallel_for(plans_.size(), processors(), {}, [&](std::size_t i) { look.actions[i] = action_of(plans_[i]); });
    if (context.acts && !plans_.empty()) return look;
    Readings unread;
    unread.source.resize(pairs_.tables.size());
    unread.target.resize(pairs_.tables.size());
    Scope dry = scope_;
    dry.read = false;
    look.preview = report(pairs_, unread, source_, target_, dry);
    if (!context.acts) look.preview.outputs["dry_run"] = true;
    return look;
  }

  Result<Outcome> act(const StepContext& context, const Look& look) override {
    if (look.actions.size() != plans_.size()) return plan_mismatch(plans_.size(), look.actions.size());
    const Readings readings =
        read_all(plans_, look.actions, pairs_, source_, target_, request_.workers, context.call, context.progress);
    return report(pairs_, readings, source_, target_, scope_);
  }

 private:
  Result<void> open_side(Side& side, const std::string& connection, const std::string& catalog,
                         const StepContext& context, SideName name) const {
    const bool is_inline = name == SideName::target && request_.target_workspace;
    side.connection = connection.empty() ? context.connection : connection;
    Result<Warehouse*> warehouse = is_inline
                                       ? context.warehouses.open_inline(*request_.target_workspace, context.directory)
                                       : context.warehouses.get(side.connection);
    if (!warehouse) return in_side(std::move(warehouse).error(), name, catalog);
    side.warehouse = *warehouse;
    if (is_inline) side.connection = side.warehouse->name();
    Result<const Dialect*> dialect = side.warehouse->open(catalog, context.call);
    if (!dialect) return in_side(std::move(dialect).error(), name, catalog);
    side.dialect = *dialect;
    return {};
  }

  Result<void> open_sides(const StepContext& context) {
    if (Result<void> opened =
            open_side(source_, request_.source_connection, request_.source_catalog, context, SideName::source);
        !opened)
      return opened;
    if (Result<void> opened =
            open_side(target_, request_.target_connection, request_.target_catalog, context, SideName::target);
        !opened)
      return opened;
    if (fold_name(request_.source_catalog) != fold_name(request_.target_catalog)) return {};
    if (source_.warehouse->identity() == target_.warehouse->identity() || one_metastore(context.call))
      return Error("catalogs-equal"_code,
                   fmt::format("source and destination are the same catalog \"{}\"", request_.source_catalog),
                   "name the clone in `destination_catalog`; a catalog compared with itself proves nothing");
    return {};
  }

  // Two connections may lead to one place, by another warehouse or another workspace of one metastore.
  bool one_metastore(const Call& call) {
    std::string names[2];
    for (const Side* side : {&source_, &target_}) {
      const std::string query = side->dialect->metastore_query();
      if (query.empty()) return false;
      const Result<Rows> rows = side->warehouse->run({query, {}, 1}, call);
      const bool told = rows && rows->rows.size() == 1 && !rows->rows[0].empty() && rows->rows[0][0].is_string();
      if (!told) {
        scope_.notes.push_back(fmt::format(
            "whether both catalogs \"{}\" are one and the same could not be told: the {} does not name its metastore",
            request_.source_catalog, side == &source_ ? "source" : "target"));
        return false;
      }
      names[side == &source_ ? 0 : 1] = rows->rows[0][0].get<std::string>();
    }
    return names[0] == names[1];
  }

  static Error in_side(Error error, SideName name, const std::string& catalog) {
    return std::move(error).with_context(fmt::format("while reading the {} catalog \"{}\"", side_text(name), catalog));
  }

  // One bulk read for both catalogs when one connection has them; where a statement costs a round trip, two at once are
  // answered and read sooner.
  Result<void> describe_sides(const Call& call) {
    if (source_.warehouse == target_.warehouse && !source_.dialect->capabilities().remote) {
      Result<std::vector<CatalogContents>> both =
          source_.warehouse->describe({request_.source_catalog, request_.target_catalog}, call);
      if (!both)
        return std::move(both).error().with_context(
            fmt::format("while reading the columns of the catalogs \"{}\" and \"{}\"", request_.source_catalog,
                        request_.target_catalog));
      if (both->size() != 2) return shape_error();
      source_.contents = std::move((*both)[0]);
      target_.contents = std::move((*both)[1]);
      return {};
    }
    std::optional<Error> failed[2];
    parallel_for(2, 2, {}, [&](std::size_t i) {
      Side& side = i == 0 ? source_ : target_;
      const std::string& catalog = i == 0 ? request_.source_catalog : request_.target_catalog;
      // Rows are counted whatever the columns are.
      Result<std::vector<CatalogContents>> contents =
          request_.checksum ? side.warehouse->describe({catalog}, call) : side.warehouse->list_tables({catalog}, call);
      if (!contents)
        failed[i] = in_side(std::move(contents).error(), i == 0 ? SideName::source : SideName::target, catalog);
      else if (contents->size() != 1)
        failed[i] = shape_error();
      else
        side.contents = std::move(contents->front());
    });
    for (std::optional<Error>& error : failed)
      if (error) return *std::move(error);
    return {};
  }

  // The catalog's name and version stay.
  static CatalogContents take_tables(Side& side) {
    return {side.contents.catalog, side.contents.version, std::exchange(side.contents.tables, {}),
            side.contents.columns_known};
  }

  static Error shape_error() {
    return Error("unexpected-result"_code, "the engine described another number of catalogs than it was asked for",
                 "report this as a defect, with the runbook");
  }

  void add_notes() {
    if (!pairs_.views.empty())
      scope_.notes.push_back(fmt::format("views are not in scope: {} left out ({}{})", pairs_.views.size(),
                                         pairs_.views.front(), pairs_.views.size() == 1 ? "" : ", ..."));
    for (const auto& [side, name] : {std::pair{&source_, "source"}, std::pair{&target_, "target"}})
      if (!side->contents.version && side->dialect->capabilities().table_versions) {
        if (!request_.pin_versions)
          scope_.notes.push_back(fmt::format(
              "the tables of the {} catalog \"{}\" are read as they are at the moment of each statement; "
              "pin_versions: true reads each at the version it has at the start, for one statement more a table",
              name, side->contents.catalog));
      } else if (!side->contents.version) {
        scope_.notes.push_back(
            fmt::format("the {} catalog \"{}\" has no versions: each statement reads it as it is at that moment", name,
                        side->contents.catalog));
      }
    if (request_.checksum && request_.algorithm == DigestAlgorithm::clone_xs)
      scope_.notes.push_back(
          "checksum.algorithm: clone-xs skips NULLs and joins values with '|', so that different rows can have one "
          "checksum; Lockstep's own digest tells them apart");
    if (!request_.checksum)
      scope_.notes.push_back("only row counts are compared; use_checksum: true compares the content");
  }

  Action action_of(const ReadPlan& plan) const {
    const Side& side = plan.side == SideName::source ? source_ : target_;
    const TablePair& first = pairs_.tables[plan.tables.front()];
    Action action;
    action.connection = side.connection;
    action.target = plan.tables.size() == 1
                        ? side.contents.catalog + "." + first.name()
                        : fmt::format("{} ({})", side.contents.catalog, counted(plan.tables.size(), "table"));
    action.text = read_sql(plan, pairs_, source_, target_);
    action.why = plan.digest ? fmt::format("count and digest the rows of the {}", side_text(plan.side))
                             : fmt::format("count the rows of the {}", side_text(plan.side));
    return action;
  }

  Request request_;
  Side source_;
  Side target_;
  PairedCatalogs pairs_;
  std::vector<ReadPlan> plans_;
  Scope scope_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_cross_metastore(const Json& inputs) {
  Result<Request> request = read_request(inputs);
  if (!request) return std::move(request).error();
  return std::unique_ptr<Step>(std::make_unique<CrossMetastore>(std::move(request).value()));
}

}  // namespace lockstep
