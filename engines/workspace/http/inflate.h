// Bodies with Content-Encoding gzip or deflate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep {

struct Inflated {
  enum class State { done, cut, garbage, too_large };
  State state = State::done;
  std::string text;
};

// `limit` bounds the decoded size: a small body cannot become a large one. deflate is taken with and without its zlib
// header, as servers send both.
Inflated inflate_gzip(std::string_view packed, std::uint64_t limit);
Inflated inflate_deflate(std::string_view packed, std::uint64_t limit);

}  // namespace lockstep
