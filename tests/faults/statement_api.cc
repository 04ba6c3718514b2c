#include "tests/faults/statement_api.h"

#include <fmt/format.h>
#include <algorithm>
#include <string_view>

namespace lockstep::testing {

namespace {

struct Addressed {
  Op op = Op::poll;
  bool known = true;
  std::string id;
  std::size_t index = 0;
};

Addressed addressed(const ServedRequest& request) {
  constexpr std::string_view kStatements = "/api/2.0/sql/statements";
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  const bool post = request.method == "POST";
  if (path == kStatements && post) return {Op::submit, true, {}, 0};
  if (path == "/api/2.0/sql/history/queries") return {Op::history, true, {}, 0};
  if (path == "/oidc/.well-known/oauth-authorization-server") return {Op::discovery, true, {}, 0};
  if (path == "/oidc/v1/token" && post) return {Op::token, true, {}, 0};
  const bool link = path.starts_with("/storage/");
  if (!link && !path.starts_with(kStatements)) return {Op::poll, false, {}, 0};
  const std::string_view rest = path.substr(link ? 9 : kStatements.size() + 1);
  const std::string id(rest.substr(0, rest.find('/')));
  const std::string_view tail = rest.substr(id.size());
  const auto index = [&] { return std::stoul(std::string(tail.substr(tail.rfind('/') + 1))); };
  if (link) return {Op::link, true, id, index()};
  if (tail.empty() && !post) return {Op::poll, true, id, 0};
  if (tail == "/cancel" && post) return {Op::cancel, true, id, 0};
  if (tail.starts_with("/result/chunks/") && !post) return {Op::chunk, true, id, index()};
  return {Op::poll, false, {}, 0};
}

Reply refusal_of(int status, const char* code, const char* message) {
  return json_reply({{"error_code", code}, {"message", message}}, status);
}

}  // namespace

Reply json_reply(const Json& body, int status) {
  Reply reply;
  reply.status = status;
  reply.headers = {{"Content-Type", "application/json"}};
  reply.body = body.dump();
  return reply;
}

StatementApi::StatementApi(StatementPlan plan, std::vector<ApiFault> faults, bool tls)
    : plan_(std::move(plan)), faults_(std::move(faults)), tls_(tls), tokens_{kToken} {}

Reply StatementApi::serve(const ServedRequest& request) {
  const std::lock_guard lock(mutex_);
  const Addressed what = addressed(request);
  if (!what.known) return refusal_of(404, "ENDPOINT_NOT_FOUND", "No API found");
  base_ = fmt::format("{}://{}", tls_ ? "https" : "http", request.header("Host"));
  times_[what.op].push_back(std::chrono::steady_clock::now());
  const int number = static_cast<int>(times_[what.op].size());
  if (what.op == Op::submit) submits_.push_back(Json::parse(request.body, nullptr, false));
  for (const ApiFault& fault : faults_)
    if (fault.op == what.op && fault.answer && number <= fault.times)
      return fault.answer(fault.executes ? honest(what.op, request, what.id, what.index) : json_reply(Json::object()));
  return honest(what.op, request, what.id, what.index);
}

bool StatementApi::admits(Op op, const ServedRequest& request) const {
  if (op == Op::discovery || op == Op::token) return true;
  const std::string header = request.header("Authorization");
  if (op == Op::link) return header.empty();  // a presigned address is refused to whoever signs once more
  constexpr std::string_view kBearer = "Bearer ";
  return header.starts_with(kBearer) && tokens_.contains(header.substr(kBearer.size()));
}

Reply StatementApi::honest(Op op, const ServedRequest& request, const std::string& id, std::size_t index) {
  if (!admits(op, request))
    return op == Op::link ? refusal_of(400, "InvalidArgument", "Only one auth mechanism allowed")
                          : json_reply({{"error_code", 401}, {"message", "Credential is not valid"}}, 401);
  const bool about_one = op == Op::poll || op == Op::chunk || op == Op::cancel || op == Op::link;
  if (about_one && !executed_.contains(id)) return refusal_of(404, "NOT_FOUND", "The statement was not found");
  Json answer = Json::object();
  switch (op) {
    case Op::submit: {
      const std::string made = fmt::format("s{}", executed_.size() + 1);
      ++executions_[submits_.back().value("statement", std::string())];
      executed_[made].tags = submits_.back().value("query_tags", Json::array());
      answer = statement_json(made, false);
      break;
    }
    case Op::poll:
      answer = statement_json(id, true);
      break;
    case Op::chunk:
      answer = chunk_json(id, index, base_);
      break;
    case Op::cancel:
      executed_[id].cancelled = plan_.cancellable;
      break;
    case Op::history:
      answer = history_json();
      break;
    case Op::discovery:
      answer = {{"token_endpoint", base_ + "/oidc/v1/token"}};
      break;
    case Op::token: {
      const std::string token = fmt::format("token-{}-of-the-test", ++tokens_given_);
      tokens_.insert(token);
      answer = {{"access_token", token}, {"token_type", "Bearer"}, {"expires_in", lifetime_}};
      break;
    }
    case Op::link:
      answer = plan_.chunks.at(index);
      break;
  }
  if (plan_.edit) plan_.edit(op, answer);
  return json_reply(answer);
}

Json StatementApi::statement_json(const std::string& id, bool next) {
  Executed& one = executed_[id];
  if (next) one.told = std::min(one.told + 1, plan_.states.size() - 1);
  const std::string state = one.cancelled ? "CANCELED" : plan_.states[one.told];
  Json answer{{"statement_id", id}, {"status", {{"state", state}}}};
  if (state != "SUCCEEDED" && state != "CLOSED") return answer;
  std::size_t rows = 0;
  for (const Json& chunk : plan_.chunks) rows += chunk.size();
  answer["manifest"] = {
      {"format", "JSON_ARRAY"},
      {"schema", {{"columns", {{{"name", "n"}, {"type_name", "INT"}, {"type_text", "INT"}, {"position", 0}}}}}},
      {"total_chunk_count", plan_.chunks.size()},
      {"total_row_count", rows},
      {"truncated", false}};
  answer["result"] = plan_.chunks.empty() ? Json::object() : chunk_json(id, 0, base_);
  return answer;
}

Json StatementApi::chunk_json(const std::string& id, std::size_t index, const std::string& base) const {
  Json chunk{{"chunk_index", index}};
  if (index >= plan_.chunks.size()) return Json::object();
  if (plan_.links)
    chunk["external_link"] = fmt::format("{}/storage/{}/{}?sig=signature-of-the-test-{}", base, id, index, index);
  else
    chunk["data_array"] = plan_.chunks[index];
  if (index + 1 < plan_.chunks.size()) chunk["next_chunk_index"] = index + 1;
  return plan_.links ? Json{{"external_links", Json::array({chunk})}} : chunk;
}

Json StatementApi::history_json() {
  Json rows = Json::array();
  for (auto& [id, one] : executed_)
    if (!hidden_ && one.looks++ >= plan_.history_lag)
      rows.push_back({{"query_id", id}, {"status", "FINISHED"}, {"query_tags", one.tags}});
  return {{"res", rows}, {"has_next_page", false}};
}

void StatementApi::revoke() {
  const std::lock_guard lock(mutex_);
  tokens_.clear();
}

void StatementApi::lifetime(int seconds) {
  const std::lock_guard lock(mutex_);
  lifetime_ = seconds;
}

void StatementApi::hide_history(bool hide) {
  const std::lock_guard lock(mutex_);
  hidden_ = hide;
}

int StatementApi::requests(Op op) const {
  return static_cast<int>(times(op).size());
}

std::vector<std::chrono::steady_clock::time_point> StatementApi::times(Op op) const {
  const std::lock_guard lock(mutex_);
  const auto found = times_.find(op);
  return found == times_.end() ? std::vector<std::chrono::steady_clock::time_point>() : found->second;
}

int StatementApi::executions() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(executed_.size());
}

int StatementApi::most_executions() const {
  const std::lock_guard lock(mutex_);
  int most = 0;
  for (const auto& [sql, times] : executions_) most = std::max(most, times);
  return most;
}

std::vector<Json> StatementApi::submits() const {
  const std::lock_guard lock(mutex_);
  return submits_;
}

}  // namespace lockstep::testing
