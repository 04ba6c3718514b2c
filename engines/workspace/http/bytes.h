// Where bytes of a response come from: a connection, or a text in a test.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace lockstep {

struct ReadOutcome {
  enum class State {
    data,  // `count` bytes, at least one
    end,   // the peer ended its side in order (FIN; over TLS close_notify)
    lost,  // reset, TLS broken off, or shut down by the watch; `why` for people
  };
  State state = State::data;
  std::size_t count = 0;
  std::string why;
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual ReadOutcome read(std::span<char> space) = 0;
};

}  // namespace lockstep
