// What a query's result is held against: `expect: {rows, value, empty}`. Pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "engines/warehouse/warehouse.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

struct Expectation {
  std::optional<std::uint64_t> rows;
  std::optional<bool> empty;
  std::optional<Json> value;  // a scalar; null expects NULL

  // "input-invalid" for anything but the three fields.
  static Result<Expectation> from_json(const Json& expect);

  // How many rows must be fetched to decide; more need not be.
  [[nodiscard]] std::uint64_t rows_needed() const;

  // Nothing when everything holds, else "expectation-failed" naming expected and actual. `rows` may be truncated, at
  // no fewer than rows_needed() rows.
  [[nodiscard]] std::optional<Error> check(const Rows& rows) const;
};

// Whether a cell is the expected value. Numbers are equal when they are the same number, however written: 2.50 is the
// DECIMAL text "2.5", 1 is the float 1.0. Text, booleans and null equal only themselves.
bool same_value(const Json& expected, const Json& cell, bool numeric_column);

// Whether the engine's type is a number whose cells come as text (DECIMAL, HUGEINT, ...).
bool numeric_type(std::string_view type);

}  // namespace lockstep
