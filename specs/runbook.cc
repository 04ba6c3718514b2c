#include "specs/runbook.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "specs/expression_lexer.h"
#include "specs/meant_key.h"
#include "specs/nearest.h"
#include "specs/runbook_connections.h"
#include "specs/runbook_params.h"
#include "specs/runbook_step.h"
#include "specs/schema.h"

namespace lockstep {

namespace {

const Json& runbook_schema() {
  return *embedded_schema("runbook");
}

// The schema for the walk: what stands in `uses` is answered here, in words of its own for names that are planned.
const Json& walked_schema() {
  static const Json schema = [] {
    Json copy = runbook_schema();
    copy.at("definitions").at("step").at("properties").at("uses").erase("enum");
    return copy;
  }();
  return schema;
}

class RunbookBuilder {
 public:
  RunbookBuilder(Runbook& book, Diagnostics& diagnostics)
      : book_(book), root_(book.document->root), diagnostics_(diagnostics) {}

  void run() {
    walk_schema(root_, walked_schema(), walked_schema(), diagnostics_);
    refuse_expressions();
    read_head();
    book_.params = read_params(root_child("params"), diagnostics_);
    for (const Param& param : book_.params) scope_.params.emplace(param.name, param_type(param));
    read_connections();
    const Connections connections(book_.connections);
    read_defaults(connections);
    const Node* steps = root_child("steps");
    if (steps != nullptr && steps->kind == Node::Kind::list) read_steps(*steps, connections);
    diagnostics_.merge_repeated({"need-unknown"_code, "expression-undefined"_code, "connection-unknown"_code});
    if (!diagnostics_.has_errors()) confirm();
  }

 private:
  static const Node* child(const Node& map, std::string_view key) {
    const Member* member = map.find(key);
    return member == nullptr ? nullptr : &member->value;
  }

  [[nodiscard]] const Node* root_child(std::string_view key) const {
    const Member* member = find_meant(root_, key, runbook_schema().at("properties"));
    return member == nullptr ? nullptr : &member->value;
  }

  static const Member* step_member(const Node& step, std::string_view key) {
    return find_meant(step, key, runbook_schema().at("definitions").at("step").at("properties"));
  }

  static std::string text_of(const Node* node) {
    return node != nullptr && node->kind == Node::Kind::string ? node->scalar.get<std::string>() : std::string();
  }

  void refuse_expressions() {
    ExpressionPlaces places(scope_, diagnostics_);
    for (const Member& member : root_.members)
      if (member.key == "name" || member.key == "description" || member.key == "timeout" || member.key == "defaults" ||
          member.key == "version")
        places.refuse(member.value, member.key);
  }

  void read_head() {
    book_.name = text_of(child(root_, "name"));
    if (book_.name.empty()) book_.name = std::filesystem::path(book_.path).stem().string();
    if (const Node* timeout = child(root_, "timeout"))
      book_.timeout = read_duration(*timeout, "timeout", false, diagnostics_);
  }

  void read_connections() {
    const Node* all = root_child("connections");
    if (all == nullptr || all->kind != Node::Kind::map) return;
    TypeScope scope;
    scope.params = scope_.params;
    scope.allow_steps = false;
    ExpressionPlaces places(scope, diagnostics_);
    const Json& schema = runbook_schema().at("definitions").at("connection");
    for (const Member& member : all->members) {
      places.check(member.value, &schema, runbook_schema(), member.key);
      ConnectionSpec spec;
      spec.name = member.key;
      spec.type = text_of(member.value.kind == Node::Kind::map ? child(member.value, "type") : nullptr);
      spec.node = &member.value;
      spec.span = member.key_span;
      book_.connections.push_back(std::move(spec));
    }
  }

  void read_defaults(const Connections& connections) {
    const Node* node = root_child("defaults");
    if (node == nullptr || node->kind != Node::Kind::map) return;
    if (const Node* timeout = child(*node, "timeout"))
      defaults_.timeout = read_duration(*timeout, "timeout", false, diagnostics_);
    if (const Node* retry = child(*node, "retry")) defaults_.retry = read_retry(*retry, {}, diagnostics_);
    const Node* connection = child(*node, "connection");
    if (connection == nullptr) return;
    defaults_.connection = text_of(connection);
    defaults_.connection_span = connection->span;
    defaults_.connection_broken = connection->kind != Node::Kind::string || looks_like_template(defaults_.connection) ||
                                  !connections.known(defaults_.connection, connection->span, diagnostics_);
  }

  void read_steps(const Node& list, const Connections& connections) {
    std::vector<const StepShape*> shapes;
    shapes.reserve(list.items.size());
    book_.steps.resize(list.items.size());  // never moved again: the index holds views of the ids
    for (std::size_t i = 0; i < list.items.size(); ++i) shapes.push_back(read_identity(list.items[i], i));
    StepBuilder builder({book_.steps, index_, connections, defaults_, scope_}, diagnostics_);
    for (std::size_t i = 0; i < list.items.size(); ++i)
      if (list.items[i].kind == Node::Kind::map) builder.build(list.items[i], book_.steps[i], shapes[i]);
  }

  // Who the step is, and what others see of it.
  const StepShape* read_identity(const Node& node, std::size_t number) {
    StepSpec& spec = book_.steps[number];
    spec.span = node.span;
    spec.id_span = {node.span.start, node.span.start};
    spec.with_span = spec.id_span;
    if (node.kind != Node::Kind::map) return nullptr;
    const Member* id = step_member(node, "id");
    if (id != nullptr && id->value.kind == Node::Kind::string) {
      spec.id = id->value.scalar.get<std::string>();
      spec.id_span = id->value.span;
    }
    spec.name = text_of(child(node, "name"));
    if (spec.name.empty()) spec.name = spec.id;
    const Member* uses = step_member(node, "uses");
    const StepShape* shape = nullptr;
    if (uses != nullptr && uses->value.kind == Node::Kind::string) {
      spec.uses = uses->value.scalar.get<std::string>();
      spec.with_span = uses->value.span;
      shape = step_shape(spec.uses);
      if (shape == nullptr && !looks_like_template(spec.uses)) unknown_step_type(spec.uses, uses->value.span);
    }
    if (id != nullptr && id->value.kind == Node::Kind::string)
      enter(number, shape, step_member(node, "for_each") != nullptr);
    return shape;
  }

  void enter(std::size_t number, const StepShape* shape, bool repeated) {
    const StepSpec& spec = book_.steps[number];
    if (looks_like_template(spec.id)) return;  // refused later
    if (!spec.id.empty() && !is_identifier(spec.id))
      diagnostics_.error("step-id-invalid"_code, spec.id_span, fmt::format("\"{}\" is no step id", spec.id),
                         "use letters, digits, '_' and '-', and begin with a letter or '_'; `name` takes any title");
    const auto [first, fresh] = index_.emplace(spec.id, number);
    if (!fresh) {
      diagnostics_
          .error("step-id-duplicate"_code, spec.id_span, fmt::format("the step id \"{}\" is used twice", spec.id),
                 "give each step an id of its own")
          .related.push_back({book_.steps[first->second].id_span, "first used here"});
      return;
    }
    TypePtr outputs = ExprType::of_kind(ExprType::Kind::any);
    if (shape != nullptr) outputs = repeated ? shape->outputs_of_items : shape->outputs;
    scope_.steps.emplace(spec.id, std::move(outputs));
  }

  void unknown_step_type(const std::string& uses, Span span) {
    std::vector<std::string> known;
    for (const StepSchema& schema : step_schemas()) known.push_back(schema.uses);
    const std::vector<std::string>& planned = planned_step_types();
    if (std::find(planned.begin(), planned.end(), uses) != planned.end()) {
      diagnostics_.error("step-not-available"_code, span,
                         fmt::format("the step type \"{}\" is not available in this version", uses),
                         fmt::format("available are: {}", fmt::join(known, ", ")));
      return;
    }
    std::string hint = did_you_mean(uses, known);
    diagnostics_.error("step-unknown"_code, span, fmt::format("there is no step type \"{}\"", uses),
                       hint.empty() ? fmt::format("available are: {}", fmt::join(known, ", ")) : std::move(hint));
  }

  // The verdict of the independent validator over what our own walk found nothing in. In slices, because the whole as
  // JSON would hold a large runbook in memory three times.
  void confirm() {
    constexpr std::size_t kSlice = 256;
    Json head = Json::object();
    const Node* steps = nullptr;
    for (const Member& member : root_.members) {
      if (member.key == "steps")
        steps = &member.value;
      else
        head[member.key] = member.value.to_json();
    }
    for (std::size_t from = 0; steps != nullptr && from < steps->items.size(); from += kSlice) {
      Json& slice = head["steps"] = Json::array();
      const std::size_t end = std::min(from + kSlice, steps->items.size());
      for (std::size_t i = from; i < end; ++i) slice.push_back(without_inputs(steps->items[i]));
      if (schema_verdict(head, runbook_schema(), runbook_schema(), Expressions::accepted)) continue;
      diagnostics_.error("schema-refused"_code, {steps->items[from].span.start, steps->items[end - 1].span.end},
                         "the runbook does not fit its schema",
                         "lockstep schema prints it; and please report this file: the place should have been named");
    }
  }

  // The inputs had a verdict of their own, with the step type's schema; here only their being a mapping counts.
  static Json without_inputs(const Node& step) {
    if (step.kind != Node::Kind::map) return step.to_json();
    Json rest = Json::object();
    for (const Member& member : step.members)
      rest[member.key] =
          member.key == "with" && member.value.kind == Node::Kind::map ? Json::object() : member.value.to_json();
    return rest;
  }

  Runbook& book_;
  const Node& root_;
  Diagnostics& diagnostics_;
  TypeScope scope_;
  StepDefaults defaults_;
  std::unordered_map<std::string_view, std::size_t> index_;
};

std::string directory_of(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
  return failed ? std::string(".") : absolute.parent_path().lexically_normal().string();
}

}  // namespace

const ConnectionSpec* Runbook::connection(std::string_view wanted) const {
  for (const ConnectionSpec& spec : connections)
    if (spec.name == wanted) return &spec;
  return nullptr;
}

std::optional<Runbook> build_runbook(std::shared_ptr<const Document> document, std::string path,
                                     Diagnostics& diagnostics) {
  const Node& root = document->root;
  if (root.kind != Node::Kind::map) {
    constexpr Position kStart{1, 1, 0};
    const bool empty = root.kind == Node::Kind::null;
    diagnostics.error("runbook-not-a-mapping"_code, {kStart, kStart},
                      empty ? "empty file: there is no mapping in it"
                            : fmt::format("the file is no mapping, but {}", describe(root.kind)),
                      "a runbook begins with `version: 1` and has `steps:`; `lockstep init` writes one");
    return std::nullopt;
  }
  Runbook book;
  book.document = std::move(document);
  book.path = std::move(path);
  book.directory = directory_of(book.path);
  RunbookBuilder(book, diagnostics).run();
  return book;
}

}  // namespace lockstep
