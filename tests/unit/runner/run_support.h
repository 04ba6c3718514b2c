// Runbooks made by hand from JSON, and a step type that does as its inputs say.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engines/step.h"
#include "runner/run.h"

namespace lockstep::testing {

inline Node node_of(const Json& json) {
  Node node;
  switch (json.type()) {
    case Json::value_t::object:
      node.kind = Node::Kind::map;
      for (const auto& [key, value] : json.items()) node.members.push_back({key, {}, node_of(value)});
      return node;
    case Json::value_t::array:
      node.kind = Node::Kind::list;
      for (const Json& item : json) node.items.push_back(node_of(item));
      return node;
    case Json::value_t::string:
      node.kind = Node::Kind::string;
      break;
    case Json::value_t::boolean:
      node.kind = Node::Kind::boolean;
      break;
    case Json::value_t::null:
      node.kind = Node::Kind::null;
      break;
    case Json::value_t::number_float:
      node.kind = Node::Kind::floating;
      break;
    default:
      node.kind = Node::Kind::integer;
  }
  node.scalar = json;
  return node;
}

// What the fake steps did, in the order in which it happened.
class Diary {
 public:
  void note(std::string what) {
    std::lock_guard lock(mutex_);
    notes_.push_back(std::move(what));
    changed_.notify_all();
  }
  void enter() {
    std::lock_guard lock(mutex_);
    most_ = std::max(most_, ++now_);
  }
  void leave() {
    std::lock_guard lock(mutex_);
    --now_;
  }
  [[nodiscard]] std::vector<std::string> notes() const {
    std::lock_guard lock(mutex_);
    return notes_;
  }
  [[nodiscard]] std::size_t most_at_once() const {
    std::lock_guard lock(mutex_);
    return most_;
  }
  // Blocks until the note is there; false after ten seconds.
  bool wait_for(const std::string& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return std::find(notes_.begin(), notes_.end(), what) != notes_.end(); });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
  std::size_t now_ = 0;
  std::size_t most_ = 0;
};

// Inputs, all optional: label, outputs, preview, figure, warn, sleep_ms, deaf (ignores the call), changes,
// fails (code of a gate), breaks (code of an Error from act), look_breaks, break_attempts (only the first n), throws,
// preview_fails, outputs_unknown, make_breaks, echo (becomes outputs.echo).
class FakeStep final : public Step {
 public:
  FakeStep(Json inputs, Diary& diary) : inputs_(std::move(inputs)), diary_(diary) {}

  Result<Look> look(const StepContext& context) override {
    diary_.note("look " + label(context));
    if (inputs_.contains("look_breaks")) return error_of(inputs_["look_breaks"]);
    Look look;
    look.actions.push_back(
        {Action::Kind::sql, "local", "t", "ALTER " + label(context), "because", inputs_.value("changes", false)});
    look.preview.outputs = inputs_.value("preview", Json::object());
    look.preview.figure = "preview";
    look.outputs_unknown = inputs_.value("outputs_unknown", false);
    if (inputs_.value("no_actions", false)) look.actions.clear();
    if (inputs_.contains("preview_fails")) look.preview.failure = error_of(inputs_["preview_fails"]);
    return look;
  }

  Result<Outcome> act(const StepContext& context, const Look& look) override {
    diary_.note("act " + label(context));
    diary_.enter();
    Result<Outcome> outcome = act_inside(context, look);
    diary_.leave();
    return outcome;
  }

 private:
  [[nodiscard]] std::string label(const StepContext& context) const {
    return context.run.step_id + (inputs_.contains("label") ? ":" + inputs_["label"].dump() : "");
  }
  static Error error_of(const std::string& code) {
    Error error("internal-error"_code, "fake " + code, "fix it");
    error.code = code;
    return error;
  }
  Result<Outcome> act_inside(const StepContext& context, const Look& look) {
    if (Result<void> started = context.log.started(look.actions.front()); !started) return std::move(started).error();
    if (context.progress) context.progress("working", 0.5);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(inputs_.value("sleep_ms", 0));
    while (std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (inputs_.value("deaf", false)) continue;
      if (context.call.stopped()) return error_of("cancelled");
      if (context.call.expired()) return error_of("timeout");
    }
    if (inputs_.contains("throws")) throw std::runtime_error("boom");
    if (inputs_.contains("breaks") && context.run.attempt <= inputs_.value("break_attempts", 1000))
      return error_of(inputs_["breaks"]);
    if (Result<void> ended = context.log.finished(look.actions.front(), {}); !ended) return std::move(ended).error();
    diary_.note("end " + label(context));
    Outcome outcome;
    outcome.outputs = inputs_.value("outputs", Json::object());
    if (inputs_.contains("echo")) outcome.outputs["echo"] = inputs_["echo"];
    outcome.figure = inputs_.value("figure", "");
    if (inputs_.contains("warn")) outcome.warnings.push_back(inputs_["warn"]);
    if (inputs_.contains("fails")) outcome.failure = error_of(inputs_["fails"]);
    return outcome;
  }

  Json inputs_;
  Diary& diary_;
};

class NoWarehouses final : public Warehouses {
 public:
  Result<Warehouse*> get(std::string_view) override {
    return Error("connection-unknown"_code, "there is none", "use none");
  }
};

// What a reporter was told, as "started a", "finished a succeeded".
class TestReporter final : public Reporter {
 public:
  void run_started(const RunReport&) override { told.emplace_back("run started"); }
  void step_started(const StepReport& step) override { told.push_back("started " + step.id); }
  void step_progress(const StepReport& step, std::string_view what, double) override {
    progress.push_back(step.id + " " + std::string(what));
  }
  void step_retrying(const StepReport& step, const Error& error, std::chrono::milliseconds) override {
    told.push_back("retrying " + step.id + " " + error.code);
  }
  void step_finished(const StepReport& step) override {
    told.push_back("finished " + step.id + " " + std::string(to_string(step.status)));
  }
  void run_finished(const RunReport& report) override {
    told.push_back("run " + std::string(to_string(report.status)));
  }

  std::vector<std::string> told;
  std::vector<std::string> progress;
};

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "lockstep-run-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// One run of steps given as JSON: [{"id": "a", "needs": ["x"], "if": "...", "with": {...}, "for_each": ..., ...}].
// `uses` is always the fake's.
class TestRun {
 public:
  explicit TestRun(std::string_view steps_json, Json params = Json::object()) {
    for (const auto& [name, value] : params.items()) params_[name] = value;
    const Json steps = Json::parse(steps_json);
    build_document(steps);
    runbook_.path = "test.yaml";
    runbook_.name = "test";
    runbook_.directory = "/";
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < steps.size(); ++i) index[steps[i]["id"]] = i;
    for (std::size_t i = 0; i < steps.size(); ++i) add_step(steps[i], runbook_.document->root.items[i], index);
    accesses_.resize(steps.size());
  }

  TestRun& writes(std::size_t step, const std::string& catalog) {
    accesses_[step].push_back({"local", catalog, true});
    return *this;
  }

  // The run must have begun.
  RunReport run(const std::stop_token& stop = {}, const std::stop_token& hard_stop = {}) {
    Result<RunReport> report = try_run(stop, hard_stop);
    if (!report) throw std::runtime_error(report.error().message);
    return *std::move(report);
  }
  Result<RunReport> try_run(const std::stop_token& stop = {}, const std::stop_token& hard_stop = {}) {
    Diagnostics diagnostics(nullptr);
    graph_ = build_graph(runbook_, accesses_, diagnostics);
    EXPECT_FALSE(diagnostics.has_errors());
    type_.uses = "fake/step";
    type_.needs_connection = false;
    type_.make = [this](const Json& inputs) -> Result<std::unique_ptr<Step>> {
      if (inputs.contains("make_breaks")) return Error("inputs-invalid"_code, "no", "yes");
      return std::unique_ptr<Step>(std::make_unique<FakeStep>(inputs, diary));
    };
    RunInputs inputs{runbook_, graph_, params_, secret_values, secrets, warehouses_, [this](std::string_view uses) {
                       return uses == "fake/step" ? &type_ : nullptr;
                     }};
    return run_runbook(inputs, options, reporter, stop, hard_stop);
  }

  Runbook& runbook() { return runbook_; }

  RunOptions options;
  SecretValues secret_values;
  SecretSet secrets;
  Diary diary;
  TestReporter reporter;

 private:
  // The conditions stand in the source, so that reasons can quote them.
  void build_document(const Json& steps) {
    auto document = std::make_shared<Document>();
    document->root = node_of(steps);
    std::string text;
    for (Node& step : document->root.items)
      for (Member& member : step.members)
        if (member.key == "if") {
          member.value.span.start = {1, static_cast<std::uint32_t>(text.size()) + 1,
                                     static_cast<std::uint32_t>(text.size())};
          text += member.value.scalar.get<std::string>();
          member.value.span.end = {1, static_cast<std::uint32_t>(text.size()) + 1,
                                   static_cast<std::uint32_t>(text.size())};
          text += " ";
        }
    document->source = std::make_shared<const Source>(Source{"test.yaml", text});
    runbook_.document = document;
  }

  void add_step(const Json& json, const Node& node, const std::map<std::string, std::size_t>& index) {
    Diagnostics diagnostics(runbook_.document->source);
    StepSpec& spec = runbook_.steps.emplace_back();
    spec.id = json["id"];
    spec.uses = json.value("uses", "fake/step");
    spec.with = value_of(node, "with");
    for (const Json& need : json.value("needs", Json::array())) spec.needs.push_back({index.at(need), {}, false});
    if (const Node* condition = value_of(node, "if")) {
      spec.condition = parse_template(*condition, true, diagnostics);
      spec.condition_uses_status = references_of(*spec.condition).status_function;
    }
    if (const Node* list = value_of(node, "for_each")) {
      if (list->kind == Node::Kind::list)
        spec.for_each_list = list;
      else
        spec.for_each = parse_template(*list, false, diagnostics);
    }
    if (json.contains("timeout_ms")) spec.timeout = Milliseconds(json["timeout_ms"].get<int>());
    spec.retry.max_attempts = json.value("max_attempts", 1);
    spec.retry.backoff = Milliseconds(json.value("backoff_ms", 1));
    spec.retry.on = json.value("on", std::vector<std::string>{});
    spec.continue_on_error = json.value("continue_on_error", false);
    EXPECT_FALSE(diagnostics.has_errors()) << json.dump();
  }

  static const Node* value_of(const Node& map, std::string_view key) {
    for (const Member& member : map.members)
      if (member.key == key) return &member.value;
    return nullptr;
  }

  Runbook runbook_;
  Graph graph_;
  ParamValues params_;
  std::vector<std::vector<CatalogAccess>> accesses_;
  NoWarehouses warehouses_;
  StepType type_;
};

inline std::map<std::string, std::string> statuses(const RunReport& report) {
  std::map<std::string, std::string> all;
  for (const StepReport& step : report.steps) all[step.id] = to_string(step.status);
  return all;
}

}  // namespace lockstep::testing
