// A column's data type as a tree. Types are compared and reasoned about here, never as text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockstep {

struct TypeField;

struct DataType {
  enum class Kind { scalar, decimal, list, array, structure, map, enumeration, unknown };
  Kind kind = Kind::unknown;
  std::string name;   // scalar: the engine's canonical upper-case name ("BIGINT", "TIMESTAMP WITH TIME ZONE")
  int precision = 0;  // decimal
  int scale = 0;      // decimal
  int size = 0;       // array: its fixed length
  std::vector<TypeField> fields;    // structure: its fields; list, array: one, the element; map: "key" and "value"
  std::vector<std::string> values;  // enumeration
  std::string text;                 // exactly as the engine printed it

  [[nodiscard]] bool nested() const {
    return kind == Kind::list || kind == Kind::array || kind == Kind::structure || kind == Kind::map;
  }
};

struct TypeField {
  std::string name;
  DataType type;
};

// A type that many columns have: 40,000 columns know some ten. Immutable, cheap to copy, never null; copies may be read
// by several threads.
class SharedType {
 public:
  SharedType();  // unknown
  // NOLINTNEXTLINE(google-explicit-constructor): a column's type is given as a type
  SharedType(DataType type) : type_(std::make_shared<const DataType>(std::move(type))) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator const DataType&() const { return *type_; }
  const DataType& operator*() const { return *type_; }
  const DataType* operator->() const { return type_.get(); }

 private:
  std::shared_ptr<const DataType> type_;
};

// A scalar by its canonical name, and a DECIMAL; `text` is the same as it is commonly printed.
DataType scalar_type(std::string_view name);
DataType decimal_type(int precision, int scale);
// Whether it is the scalar of that canonical name.
bool is_scalar(const DataType& type, std::string_view name);

// A struct's field by its name, without regard to (ASCII) case; null when there is none. Points into `type`.
const TypeField* find_type_field(const DataType& type, std::string_view name);

// Structural equality; field names without regard to case, `text` ignored.
bool same_type(const DataType& a, const DataType& b);

}  // namespace lockstep
