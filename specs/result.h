// Errors as values. A Result<T> holds a T or an Error; failure is normal here, exceptions are for bugs.
// Thread-safety: plain values, no sharing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lockstep {

// A stable, documented error code such as "catalog-not-found". Every code literal in the sources is listed in
// docs/errors.md; a test compares the two, which is why codes are written with the _code suffix and nowhere else.
struct Code {
  std::string_view text;
};

consteval Code operator""_code(const char* text, std::size_t size) {
  return Code{std::string_view(text, size)};
}

// What went wrong, in words for a person: `message` names the cause, `remedy` the next step to take (may be empty
// only where nothing can be done). `context` holds outer circumstances, innermost first ("while reading sales.orders").
struct Error {
  std::string code;
  std::string message;
  std::string remedy;
  std::vector<std::string> context;

  Error() = default;
  Error(Code c, std::string what, std::string next = {})
      : code(c.text), message(std::move(what)), remedy(std::move(next)) {}

  Error with_context(std::string circumstance) && {
    context.push_back(std::move(circumstance));
    return std::move(*this);
  }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Precondition: ok(). std::get throws otherwise, which is a bug in the caller.
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] T value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }

  // Precondition: !ok().
  [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
  [[nodiscard]] Error error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Unit {};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
  [[nodiscard]] Error error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<Unit, Error> state_;
};

}  // namespace lockstep
