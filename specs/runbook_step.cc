#include "specs/runbook_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "specs/meant_key.h"
#include "specs/nearest.h"
#include "specs/schema.h"
#include "specs/suggestion_budget.h"

namespace lockstep {

namespace {

const Node* value_of(const Node& map, std::string_view key) {
  const Member* member = map.find(key);
  return member == nullptr ? nullptr : &member->value;
}

bool is_template(const Node& node) {
  return node.kind == Node::Kind::string && looks_like_template(node.scalar.get_ref<const std::string&>());
}

bool has_input(const StepSpec& step, std::string_view field) {
  const Node* value =
      step.with != nullptr && step.with->kind == Node::Kind::map ? value_of(*step.with, field) : nullptr;
  return value != nullptr && value->kind != Node::Kind::null;
}

}  // namespace

std::optional<Milliseconds> read_duration(const Node& node, std::string_view name, bool zero_allowed,
                                          Diagnostics& diagnostics) {
  if ((node.kind != Node::Kind::string && node.kind != Node::Kind::integer) || is_template(node)) return std::nullopt;
  const std::string text = node.kind == Node::Kind::string ? node.scalar.get<std::string>() : node.scalar.dump();
  if (text.starts_with('-')) return std::nullopt;  // the schema walk has reported it
  const Result<Milliseconds> duration = parse_duration(text);
  if (!duration) {
    diagnostics.error("duration-invalid"_code, node.span, fmt::format("\"{}\": {}", name, duration.error().message),
                      duration.error().remedy);
    return std::nullopt;
  }
  if (duration->count() == 0 && !zero_allowed) {
    diagnostics.error("duration-invalid"_code, node.span,
                      fmt::format("\"{}\" is zero, which leaves no time to do anything", name),
                      fmt::format("give it some time, or leave \"{}\" out for no limit", name));
    return std::nullopt;
  }
  return *duration;
}

RetryPolicy read_retry(const Node& given, RetryPolicy base, Diagnostics& diagnostics) {
  if (given.kind != Node::Kind::map) return base;
  if (const Node* attempts = value_of(given, "max_attempts");
      attempts != nullptr && attempts->kind == Node::Kind::integer) {
    const double count = attempts->scalar.get<double>();  // a huge integer does not fit an int
    if (count >= 1 && count <= 100) base.max_attempts = static_cast<int>(count);
  }
  const Node* most = value_of(given, "max_backoff");
  if (most != nullptr)
    if (const std::optional<Milliseconds> value = read_duration(*most, "max_backoff", true, diagnostics))
      base.max_backoff = *value;
  if (const Node* first = value_of(given, "backoff"); first != nullptr) {
    const std::optional<Milliseconds> value = read_duration(*first, "backoff", true, diagnostics);
    if (value) base.backoff = *value;
    if (value && *value > base.max_backoff) {
      if (most != nullptr)
        diagnostics.error("retry-invalid"_code, first->span, "\"backoff\" is longer than \"max_backoff\"",
                          "make max_backoff the longer one");
      base.max_backoff = *value;
    }
  }
  if (const Node* codes = value_of(given, "on"); codes != nullptr && codes->kind == Node::Kind::list) {
    base.on.clear();
    for (const Node& code : codes->items)
      if (code.kind == Node::Kind::string) base.on.push_back(code.scalar.get<std::string>());
  }
  return base;
}

StepBuilder::StepBuilder(Shared shared, Diagnostics& diagnostics)
    : shared_(shared),
      diagnostics_(diagnostics),
      places_(shared_.scope, diagnostics),
      needed_by_(shared.steps.size(), 0) {}

std::vector<std::string> StepBuilder::ids() const {
  std::vector<std::string> ids;
  for (const StepSpec& step : shared_.steps)
    if (!step.id.empty()) ids.push_back(step.id);
  return ids;
}

void StepBuilder::build(const Node& node, StepSpec& spec, const StepShape* shape) {
  spec.timeout = shared_.defaults.timeout;
  spec.retry = shared_.defaults.retry;
  const Node* connection_node = nullptr;
  const Node* condition_node = nullptr;
  static const Json& properties = embedded_schema("runbook")->at("definitions").at("step").at("properties");
  for (const Member& member : node.members) {
    const Node& value = member.value;
    const std::string_view key = meant_key(node, member.key, properties);
    if (key == "with") {
      if (value.kind == Node::Kind::map || is_template(value)) spec.with = &value;
      spec.with_span = member.key_span;
    } else if (key == "needs") {
      needs(value, spec);
    } else if (key == "if") {
      condition_node = &value;
      continue;
    } else if (key == "for_each") {
      for_each(value, spec);
      continue;
    } else if (key == "timeout") {
      if (const std::optional<Milliseconds> read = read_duration(value, "timeout", false, diagnostics_))
        spec.timeout = *read;
    } else if (key == "retry") {
      spec.retry = read_retry(value, spec.retry, diagnostics_);
    } else if (key == "connection") {
      connection_node = &value;
    } else if (key == "continue_on_error") {
      spec.continue_on_error = value.kind == Node::Kind::boolean && value.scalar.get<bool>();
    }
    if (key != "with") places_.refuse(value, member.key);
  }
  // Behind for_each, which says what `item` is.
  inputs(spec, shape);
  shared_.scope.item = nullptr;
  if (condition_node != nullptr) condition(*condition_node, spec);
  implied_needs(spec);
  connection(connection_node, spec, shape);
}

void StepBuilder::needs(const Node& node, StepSpec& spec) {
  if (node.kind == Node::Kind::string) need(node, spec);
  for (const Node& entry : node.items) need(entry, spec);
}

void StepBuilder::need(const Node& entry, StepSpec& spec) {
  if (entry.kind != Node::Kind::string || is_template(entry)) return;
  const auto& id = entry.scalar.get_ref<const std::string&>();
  const auto found = shared_.index.find(id);
  if (found == shared_.index.end()) {
    std::string hint;
    if (may_suggest(diagnostics_, shared_.steps.size())) hint = did_you_mean(id, ids());
    diagnostics_.error("need-unknown"_code, entry.span, fmt::format("there is no step \"{}\"", id),
                       hint.empty() ? "name the id of a step of this runbook" : std::move(hint));
    return;
  }
  const auto self = static_cast<std::size_t>(&spec - shared_.steps.data());
  if (found->second == self) {
    diagnostics_.error("need-self"_code, entry.span, fmt::format("the step \"{}\" needs itself", id),
                       "take it out of its needs");
    return;
  }
  if (std::exchange(needed_by_[found->second], self + 1) != self + 1)
    spec.needs.push_back({found->second, entry.span, false});
}

void StepBuilder::implied_needs(StepSpec& spec) {
  const auto self = static_cast<std::size_t>(&spec - shared_.steps.data());
  for (const ExpressionPlaces::StepReference& reference : places_.take_references()) {
    const auto found = shared_.index.find(reference.id);
    if (found == shared_.index.end()) continue;  // reported by the check of the expression
    if (found->second == self)
      diagnostics_.error("need-self"_code, reference.span,
                         fmt::format("the step \"{}\" reads its own outputs", reference.id), "name an earlier step");
    else if (std::exchange(needed_by_[found->second], self + 1) != self + 1)
      spec.needs.push_back({found->second, reference.span, true});
  }
}

TypePtr StepBuilder::item_type(const Node& list) {
  TypePtr together;
  for (const Node& item : list.items) {
    TypePtr type;
    if (is_template(item)) {
      const std::optional<ExpressionPlaces::Checked> checked = places_.check_scalar(item, false);
      type = checked ? checked->type : ExprType::of_kind(ExprType::Kind::any);
    } else {
      places_.check(item, nullptr, Json(), "for_each");
      type = holds_template(item) ? ExprType::of_kind(ExprType::Kind::any) : ExprType::of_value(item.to_json());
    }
    together = together ? ExprType::unite(together, type) : type;
  }
  return together ? together : ExprType::of_kind(ExprType::Kind::any);
}

void StepBuilder::for_each(const Node& node, StepSpec& spec) {
  shared_.scope.item = nullptr;  // the list itself has no item yet
  TypePtr item = ExprType::of_kind(ExprType::Kind::any);
  if (node.kind == Node::Kind::list) {
    spec.for_each_list = &node;
    item = item_type(node);
  } else if (is_template(node)) {
    std::optional<ExpressionPlaces::Checked> checked = places_.check_scalar(node, false);
    if (checked) {
      const ExprType& type = *checked->type;
      const bool maybe = type.kind == ExprType::Kind::any && type.one_of.empty();
      if (!maybe && (type.kind != ExprType::Kind::list || type.nullable))
        diagnostics_.error("for-each-type"_code, node.span,
                           fmt::format("\"for_each\" needs a list, but this is {}", type.to_string()),
                           type.kind == ExprType::Kind::list ? "write default(..., from_json('[]')) around it"
                           : checked->text.whole             ? "give a list; from_json(...) reads one from a text"
                                                             : "write nothing beside the ${{ }}");
      else if (type.element)
        item = type.element;
      spec.for_each = std::move(checked->text);
    }
  } else if (node.kind == Node::Kind::string) {
    diagnostics_.error("for-each-type"_code, node.span, "\"for_each\" needs a list, but this is a text",
                       "write [a, b], or an expression: \"${{ params.NAME }}\"");
  }
  shared_.scope.item = std::move(item);
}

void StepBuilder::condition(const Node& node, StepSpec& spec) {
  if (node.kind != Node::Kind::string && node.kind != Node::Kind::boolean) return;
  shared_.scope.status_functions = true;
  std::optional<ExpressionPlaces::Checked> checked = places_.check_scalar(node, true);
  shared_.scope.status_functions = false;
  if (!checked) return;
  const ExprType& type = *checked->type;
  const bool maybe = type.kind == ExprType::Kind::any && !misfit(type, *ExprType::of_kind(ExprType::Kind::boolean));
  if (!maybe && (type.kind != ExprType::Kind::boolean || type.nullable))
    diagnostics_.error("condition-type"_code, checked->text.pieces.front().span,
                       fmt::format("\"if\" needs a boolean, but this is {}", type.to_string()),
                       type.kind == ExprType::Kind::boolean ? "write default(..., false)"
                                                            : "compare it with something: ==, !=, >, ...");
  spec.condition_uses_status = references_of(checked->text).status_function;
  spec.condition = std::move(checked->text);
}

void StepBuilder::inputs(StepSpec& spec, const StepShape* shape) {
  static const Json kNoSchema;
  if (shape == nullptr) {
    // An unknown step type says nothing of its inputs; their expressions are still checked.
    if (spec.with != nullptr) places_.check(*spec.with, nullptr, kNoSchema, "with");
    return;
  }
  const StepSchema& schema = *shape->schema;
  const SchemaWalk walk{spec.with_span, "with"};
  if (spec.with != nullptr) {
    check_schema(*spec.with, *schema.with, *schema.root, diagnostics_, walk);
    places_.check(*spec.with, schema.with, *schema.root, "with");
    return;
  }
  Node nothing;
  nothing.kind = Node::Kind::map;
  nothing.span = spec.with_span;
  check_schema(nothing, *schema.with, *schema.root, diagnostics_, walk);
}

void StepBuilder::connection(const Node* given, StepSpec& spec, const StepShape* shape) {
  bool broken = false;
  if (given != nullptr && given->kind == Node::Kind::string && !is_template(*given)) {
    spec.connection = given->scalar.get<std::string>();
    broken = !shared_.connections.known(spec.connection, given->span, diagnostics_);
  } else if (given != nullptr || shared_.defaults.connection_broken) {
    broken = true;
  } else if (!shared_.defaults.connection.empty()) {
    spec.connection = shared_.defaults.connection;
  } else if (shared_.connections.all().size() == 1) {
    spec.connection = shared_.connections.all().front().name;
  }
  if (broken) spec.connection.clear();
  if (shape == nullptr) return;
  const bool elsewhere = has_input(spec, "target_workspace");
  const bool needed =
      shape->runs_sql || std::any_of(shape->catalogs.begin(), shape->catalogs.end(), [&](const CatalogField& field) {
        if (elsewhere && field.connection_field == "target") return false;
        return has_input(spec, field.name) &&
               (field.connection_field.empty() || !has_input(spec, field.connection_field));
      });
  if (needed && spec.connection.empty() && !broken) choose_connection(spec);
  connection_inputs(spec, *shape);
}

void StepBuilder::choose_connection(const StepSpec& spec) {
  const std::vector<ConnectionSpec>& all = shared_.connections.all();
  if (all.empty()) {
    if (!std::exchange(connection_missing_, true))
      diagnostics_.error("connection-missing"_code, spec.id_span,
                         fmt::format("the step \"{}\" needs a connection, but the runbook defines none", spec.id),
                         "write connections: { local: { type: duckdb, catalogs: { NAME: FILE } } }");
    return;
  }
  std::string names;
  for (std::size_t i = 0; i < all.size() && i < 12; ++i) names += (i == 0 ? "" : ", ") + all[i].name;
  diagnostics_.error("connection-ambiguous"_code, spec.id_span,
                     fmt::format("the step \"{}\" names no connection, and the runbook defines several", spec.id),
                     fmt::format("write connection: {} on the step, or under defaults: (defined are: {}{})",
                                 all.front().name, names, all.size() > 12 ? ", ..." : ""));
}

void StepBuilder::connection_inputs(StepSpec& spec, const StepShape& shape) {
  const bool elsewhere = has_input(spec, "target_workspace");
  for (const CatalogField& field : shape.catalogs) {
    if (elsewhere && field.connection_field == "target") continue;
    if (!field.connection_field.empty() && has_input(spec, field.connection_field)) {
      const std::string* name = literal_input(spec, field.connection_field);
      const Span span = spec.with->find(field.connection_field)->value.span;
      if (name == nullptr || !shared_.connections.known(*name, span, diagnostics_)) continue;
    }
    const std::string* catalog = literal_input(spec, field.name);
    const ConnectionSpec* connection = shared_.connections.find(connection_of(field, spec));
    if (catalog == nullptr || connection == nullptr) continue;
    shared_.connections.check_catalog(*connection, *catalog, spec.with->find(field.name)->value.span, diagnostics_);
  }
}

}  // namespace lockstep
