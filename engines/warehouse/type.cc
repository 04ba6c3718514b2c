#include "engines/warehouse/type.h"

#include "engines/warehouse/names.h"
#include "specs/statement_words.h"

namespace lockstep {

SharedType::SharedType() {
  static const auto unknown = std::make_shared<const DataType>();
  type_ = unknown;
}

DataType scalar_type(std::string_view name) {
  DataType type;
  type.kind = DataType::Kind::scalar;
  type.name = name;
  type.text = name;
  return type;
}

DataType decimal_type(int precision, int scale) {
  DataType type;
  type.kind = DataType::Kind::decimal;
  type.precision = precision;
  type.scale = scale;
  type.text = "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
  return type;
}

bool is_scalar(const DataType& type, std::string_view name) {
  return type.kind == DataType::Kind::scalar && type.name == name;
}

const TypeField* find_type_field(const DataType& type, std::string_view name) {
  const std::string wanted = fold_name(name);
  for (const TypeField& field : type.fields)
    if (fold_name(field.name) == wanted) return &field;
  return nullptr;
}

bool same_type(const DataType& a, const DataType& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case DataType::Kind::scalar:
      return a.name == b.name;
    case DataType::Kind::decimal:
      return a.precision == b.precision && a.scale == b.scale;
    case DataType::Kind::enumeration:
      return a.values == b.values;
    case DataType::Kind::unknown:
      return a.text == b.text;
    case DataType::Kind::array:
      if (a.size != b.size) return false;
      break;
    case DataType::Kind::list:
    case DataType::Kind::structure:
    case DataType::Kind::map:
      break;
  }
  if (a.fields.size() != b.fields.size()) return false;
  for (std::size_t i = 0; i < a.fields.size(); ++i) {
    bool named = a.kind == DataType::Kind::structure;
    if (named && !same_name(a.fields[i].name, b.fields[i].name)) return false;
    if (!same_type(a.fields[i].type, b.fields[i].type)) return false;
  }
  return true;
}

}  // namespace lockstep
