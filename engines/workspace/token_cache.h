// A token that expires, fetched once for all threads.
//
// From min(lifetime / 2, 20 min) before its expiry on a new one is fetched by the thread that notices, while the others
// go on with the old one; 40 s before its expiry (a quarter of the lifetime of a token that short-lived) nobody uses it
// any more, and everybody waits for that one fetch. A failed early fetch is tried again a minute later. (The policy of
// the Databricks SDK for Go.)
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "engines/workspace/token_source.h"

namespace lockstep {

struct FetchedToken {
  std::string value;
  std::chrono::seconds lifetime{3600};
};

class CachedTokenSource final : public TokenSource {
 public:
  using Fetch = std::function<Result<FetchedToken>(const Call& call)>;
  using Clock = std::function<SteadyTime()>;
  CachedTokenSource(Fetch fetch, OnSecret on_secret, Clock clock = &std::chrono::steady_clock::now);

  Result<std::string> header(const Call& call) override;
  bool renew(std::string_view refused_header) override;

 private:
  struct Token {
    std::string header;
    SteadyTime stale;    // from here on another one should be fetched
    SteadyTime useless;  // from here on it must not be used
  };

  Result<std::string> fetch_now(const Call& call, std::unique_lock<std::mutex>& lock);

  const Fetch fetch_;
  const OnSecret on_secret_;
  const Clock clock_;
  std::mutex mutex_;
  std::condition_variable_any fetched_;
  std::optional<Token> token_;
  bool fetching_ = false;
  std::uint64_t fetches_ = 0;        // that have ended
  std::optional<Error> last_error_;  // of the last fetch that ended
};

}  // namespace lockstep
