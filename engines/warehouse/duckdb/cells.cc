#include "engines/warehouse/duckdb/cells.h"

#include <array>
#include <charconv>
#include <cmath>

#include "engines/warehouse/duckdb/type_text.h"
#include "engines/warehouse/duckdb/value_text.h"

namespace lockstep {

namespace {

// Types that the C API of 1.5 knows and the header of 1.4, which is the one the build has, does not name.
constexpr int kGeometry = 40;
constexpr int kVariant = 41;

int type_id(const DuckDbApi& api, duckdb_logical_type type) {
  return static_cast<int>(api.get_type_id(type));
}

template <class T>
T value_at(void* data, idx_t row) {
  return static_cast<T*>(data)[row];
}

Json floating(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return value;
}

// The double whose shortest text is the float's: 0.1f becomes 0.1, not 0.10000000149011612.
double widened(float value) {
  std::array<char, 64> text{};
  auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  double result = static_cast<double>(value);
  if (error == std::errc() && std::isfinite(value)) std::from_chars(text.data(), end, result);
  return result;
}

std::string string_of(duckdb_string_t& text) {
  std::uint32_t length = text.value.inlined.length;
  const char* data = length <= 12 ? text.value.inlined.inlined : text.value.pointer.ptr;
  return {data, length};
}

}  // namespace

bool readable_type(const DuckDbApi& api, duckdb_logical_type type) {
  switch (type_id(api, type)) {
    case DUCKDB_TYPE_UNION:
    case DUCKDB_TYPE_BIT:
    case DUCKDB_TYPE_BIGNUM:
    case kVariant:
    case kGeometry:
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_STRUCT:
      return false;
    default:
      return true;
  }
}

std::string logical_type_text(const DuckDbApi& api, duckdb_logical_type type) {
  auto child_text = [&api](duckdb_logical_type child) {
    std::string text = logical_type_text(api, child);
    api.destroy_logical_type(&child);
    return text;
  };
  if (std::string alias = api.take_text(api.logical_type_get_alias(type)); !alias.empty()) return alias;
  switch (type_id(api, type)) {
    case DUCKDB_TYPE_BOOLEAN:
      return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT:
      return "TINYINT";
    case DUCKDB_TYPE_SMALLINT:
      return "SMALLINT";
    case DUCKDB_TYPE_INTEGER:
      return "INTEGER";
    case DUCKDB_TYPE_BIGINT:
      return "BIGINT";
    case DUCKDB_TYPE_UTINYINT:
      return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT:
      return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER:
      return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT:
      return "UBIGINT";
    case DUCKDB_TYPE_FLOAT:
      return "FLOAT";
    case DUCKDB_TYPE_DOUBLE:
      return "DOUBLE";
    case DUCKDB_TYPE_TIMESTAMP:
      return "TIMESTAMP";
    case DUCKDB_TYPE_DATE:
      return "DATE";
    case DUCKDB_TYPE_TIME:
      return "TIME";
    case DUCKDB_TYPE_INTERVAL:
      return "INTERVAL";
    case DUCKDB_TYPE_HUGEINT:
      return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT:
      return "UHUGEINT";
    case DUCKDB_TYPE_VARCHAR:
      return "VARCHAR";
    case DUCKDB_TYPE_BLOB:
      return "BLOB";
    case DUCKDB_TYPE_TIMESTAMP_S:
      return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return "TIMESTAMP_NS";
    case DUCKDB_TYPE_UUID:
      return "UUID";
    case DUCKDB_TYPE_BIT:
      return "BIT";
    case DUCKDB_TYPE_TIME_TZ:
      return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_TIME_NS:
      return "TIME_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_BIGNUM:
      return "BIGNUM";
    case DUCKDB_TYPE_SQLNULL:
      return "\"NULL\"";
    case kVariant:
      return "VARIANT";
    case kGeometry:
      return "GEOMETRY";
    case DUCKDB_TYPE_UNION: {
      std::string text = "UNION(";
      for (idx_t i = 0; i < api.union_type_member_count(type); ++i)
        text += (i == 0 ? "" : ", ") + print_duckdb_name(api.take_text(api.union_type_member_name(type, i))) + " " +
                child_text(api.union_type_member_type(type, i));
      return text + ")";
    }
    case DUCKDB_TYPE_DECIMAL:
      return "DECIMAL(" + std::to_string(api.decimal_width(type)) + "," + std::to_string(api.decimal_scale(type)) + ")";
    case DUCKDB_TYPE_LIST:
      return child_text(api.list_type_child_type(type)) + "[]";
    case DUCKDB_TYPE_ARRAY:
      return child_text(api.array_type_child_type(type)) + "[" + std::to_string(api.array_type_array_size(type)) + "]";
    case DUCKDB_TYPE_MAP:
      return "MAP(" + child_text(api.map_type_key_type(type)) + ", " + child_text(api.map_type_value_type(type)) + ")";
    case DUCKDB_TYPE_STRUCT: {
      std::string text = "STRUCT(";
      for (idx_t i = 0; i < api.struct_type_child_count(type); ++i)
        text += (i == 0 ? "" : ", ") + print_duckdb_name(api.take_text(api.struct_type_child_name(type, i))) + " " +
                child_text(api.struct_type_child_type(type, i));
      return text + ")";
    }
    case DUCKDB_TYPE_ENUM: {
      std::string text = "ENUM(";
      for (idx_t i = 0; i < api.enum_dictionary_size(type); ++i)
        text += (i == 0 ? "" : ", ") + quote_duckdb_literal(api.take_text(api.enum_dictionary_value(type, i)));
      return text + ")";
    }
    default:
      return "UNKNOWN";
  }
}

CellReader::CellReader(const DuckDbApi& api, duckdb_result* result) : api_(api) {
  idx_t count = api.column_count(result);
  for (idx_t i = 0; i < count; ++i) {
    types_.push_back(api.column_logical_type(result, i));
    columns_.push_back({api.column_name(result, i), logical_type_text(api, types_.back())});
  }
}

CellReader::~CellReader() {
  for (duckdb_logical_type& type : types_) api_.destroy_logical_type(&type);
}

bool CellReader::append(duckdb_data_chunk chunk, std::uint64_t max_rows, std::vector<std::vector<Json>>& rows) const {
  idx_t size = api_.data_chunk_get_size(chunk);
  idx_t take = std::min<idx_t>(size, max_rows - rows.size());
  std::size_t first = rows.size();
  rows.resize(first + take, std::vector<Json>(types_.size()));
  for (std::size_t column = 0; column < types_.size(); ++column) {
    duckdb_vector vector = api_.data_chunk_get_vector(chunk, column);
    void* data = api_.vector_get_data(vector);
    uint64_t* validity = api_.vector_get_validity(vector);
    duckdb_type id = api_.get_type_id(types_[column]);
    for (idx_t row = 0; row < take; ++row) {
      if (validity != nullptr && !api_.validity_row_is_valid(validity, row)) continue;  // stays null
      Json& cell = rows[first + row][column];
      switch (id) {
        case DUCKDB_TYPE_BOOLEAN:
          cell = value_at<bool>(data, row);
          break;
        case DUCKDB_TYPE_TINYINT:
          cell = value_at<int8_t>(data, row);
          break;
        case DUCKDB_TYPE_SMALLINT:
          cell = value_at<int16_t>(data, row);
          break;
        case DUCKDB_TYPE_INTEGER:
          cell = value_at<int32_t>(data, row);
          break;
        case DUCKDB_TYPE_BIGINT:
          cell = value_at<int64_t>(data, row);
          break;
        case DUCKDB_TYPE_UTINYINT:
          cell = value_at<uint8_t>(data, row);
          break;
        case DUCKDB_TYPE_USMALLINT:
          cell = value_at<uint16_t>(data, row);
          break;
        case DUCKDB_TYPE_UINTEGER:
          cell = value_at<uint32_t>(data, row);
          break;
        case DUCKDB_TYPE_UBIGINT:
          cell = value_at<uint64_t>(data, row);
          break;
        case DUCKDB_TYPE_FLOAT:
          cell = floating(widened(value_at<float>(data, row)));
          break;
        case DUCKDB_TYPE_DOUBLE:
          cell = floating(value_at<double>(data, row));
          break;
        case DUCKDB_TYPE_VARCHAR:
          cell = string_of(static_cast<duckdb_string_t*>(data)[row]);
          break;
        case DUCKDB_TYPE_SQLNULL:
          break;
        default:
          cell = vector_value_text(api_, types_[column], vector, row);
      }
    }
  }
  return take < size;
}

}  // namespace lockstep
