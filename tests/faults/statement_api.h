// The Statement Execution API, scripted: what a statement comes to is told beforehand, and any of the requests can be
// spoilt. It counts how often each statement was EXECUTED, which is what a client must never get wrong. Serves a
// HostileServer as its handler. Thread-safe once it serves.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "specs/document.h"
#include "tests/faults/hostile_server.h"

namespace lockstep::testing {

// The requests that a client makes.
enum class Op { submit, poll, chunk, cancel, history, discovery, token, link };

// What a statement comes to.
struct StatementPlan {
  // The states that its answers tell, the submit's first, then one more with each poll; the last one stays.
  std::vector<std::string> states{"SUCCEEDED"};
  std::vector<Json> chunks{Json::array({Json::array({"1"})})};  // lists of rows of one INT column; the first is inline
  bool links = false;                                           // the chunks lie behind presigned links
  bool cancellable = true;                                      // CANCELED once it was asked for
  int history_lag = 0;                                          // looks at the history that do not show it yet
  std::function<void(Op, Json& answer)> edit;                   // the last word on an answer; may be null
};

// What is done to the first `times` requests of a kind.
struct ApiFault {
  Op op = Op::submit;
  bool executes = true;                              // the request does its work, and only the answer is spoilt
  std::function<Reply(const Reply& honest)> answer;  // null: no fault
  int times = 1;
};

class StatementApi {
 public:
  explicit StatementApi(StatementPlan plan, std::vector<ApiFault> faults = {}, bool tls = false);

  Reply serve(const ServedRequest& request);

  // Tokens: one that is always good, and those that the token endpoint gives out ("token-1", ...).
  static constexpr const char* kToken = "dapi-of-the-test";
  void revoke();                 // of those given out so far, none is good any more
  void lifetime(int seconds);    // of those given out from now on
  void hide_history(bool hide);  // no statement is ever shown there

  [[nodiscard]] int requests(Op op) const;
  [[nodiscard]] int executions() const;       // of all statements together
  [[nodiscard]] int most_executions() const;  // of the statement that was executed most often
  [[nodiscard]] std::vector<std::chrono::steady_clock::time_point> times(Op op) const;
  [[nodiscard]] std::vector<Json> submits() const;  // the bodies

 private:
  struct Executed {
    Json tags;
    std::size_t told = 0;  // states
    bool cancelled = false;
    int looks = 0;  // at the history
  };

  Reply honest(Op op, const ServedRequest& request, const std::string& id, std::size_t index);
  [[nodiscard]] bool admits(Op op, const ServedRequest& request) const;
  Json statement_json(const std::string& id, bool next);
  [[nodiscard]] Json chunk_json(const std::string& id, std::size_t index, const std::string& base) const;
  Json history_json();

  const StatementPlan plan_;
  const std::vector<ApiFault> faults_;
  const bool tls_;
  mutable std::mutex mutex_;
  std::map<Op, std::vector<std::chrono::steady_clock::time_point>> times_;
  std::vector<Json> submits_;
  std::map<std::string, int> executions_;
  std::map<std::string, Executed> executed_;
  std::string base_;  // as the last request addressed the server
  std::set<std::string> tokens_;
  int tokens_given_ = 0;
  int lifetime_ = 3600;
  bool hidden_ = false;
};

Reply json_reply(const Json& body, int status = 200);

}  // namespace lockstep::testing
