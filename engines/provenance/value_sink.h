// JSON values as a stream of events: what the reader of JSON texts produces, and what the canonical writer, the
// redactor and others consume. Nothing is kept as a tree, so that a hostile file of 100 MB costs about its own size in
// memory.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

// Strings and keys are UTF-8 in which a lone surrogate (an escape such as \ud800, which Python's json accepts) may
// stand as its three bytes ED A0..BF xx. In this encoding the order of bytes is the order of code points, Python's
// order of str. Each event answers false to stop the reading; problem() then says why, without a position.
class ValueSink {
 public:
  ValueSink() = default;
  virtual ~ValueSink() = default;
  ValueSink(const ValueSink&) = delete;
  ValueSink& operator=(const ValueSink&) = delete;

  virtual bool null() = 0;
  virtual bool boolean(bool value) = 0;
  virtual bool integer(std::string_view digits) = 0;  // as Python prints an int: no "-0", any size
  virtual bool floating(double value) = 0;            // also NaN and the infinities
  virtual bool string(std::string_view text) = 0;
  virtual bool begin_object() = 0;
  virtual bool key(std::string_view name) = 0;  // followed by the member's value
  virtual bool end_object() = 0;
  virtual bool begin_list() = 0;
  virtual bool end_list() = 0;

  [[nodiscard]] const std::string& problem() const { return problem_; }

 protected:
  bool refuse(std::string why) {
    problem_ = std::move(why);
    return false;
  }

 private:
  std::string problem_;
};

}  // namespace lockstep
