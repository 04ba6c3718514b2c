#include "engines/warehouse/duckdb/value_text.h"

#include <memory>
#include <vector>

namespace lockstep {

namespace {

// Frees what the C API hands out.
class OwnedType {
 public:
  OwnedType(const DuckDbApi& api, duckdb_logical_type type) : api_(api), type_(type) {}
  ~OwnedType() { api_.destroy_logical_type(&type_); }
  OwnedType(const OwnedType&) = delete;
  OwnedType& operator=(const OwnedType&) = delete;
  [[nodiscard]] duckdb_logical_type get() const { return type_; }

 private:
  const DuckDbApi& api_;
  duckdb_logical_type type_;
};

class OwnedValues {
 public:
  explicit OwnedValues(const DuckDbApi& api) : api_(api) {}
  ~OwnedValues() {
    for (duckdb_value& value : values_) api_.destroy_value(&value);
  }
  OwnedValues(const OwnedValues&) = delete;
  OwnedValues& operator=(const OwnedValues&) = delete;
  void add(duckdb_value value) { values_.push_back(value); }
  // Never null: the C API makes no empty list of a null pointer.
  duckdb_value* data() { return values_.empty() ? &none_ : values_.data(); }
  [[nodiscard]] idx_t size() const { return values_.size(); }

 private:
  const DuckDbApi& api_;
  std::vector<duckdb_value> values_;
  duckdb_value none_ = nullptr;
};

// Recursion is bounded by the nesting of a type that the engine itself has accepted.
class ValueBuilder {
 public:
  explicit ValueBuilder(const DuckDbApi& api) : api_(api) {}

  [[nodiscard]] duckdb_value build(duckdb_logical_type type, duckdb_vector vector, idx_t row) const {
    uint64_t* validity = api_.vector_get_validity(vector);
    if (validity != nullptr && !api_.validity_row_is_valid(validity, row)) return api_.create_null_value();
    void* data = api_.vector_get_data(vector);
    switch (api_.get_type_id(type)) {
      case DUCKDB_TYPE_BOOLEAN:
        return api_.create_bool(at<bool>(data, row));
      case DUCKDB_TYPE_TINYINT:
        return api_.create_int8(at<int8_t>(data, row));
      case DUCKDB_TYPE_SMALLINT:
        return api_.create_int16(at<int16_t>(data, row));
      case DUCKDB_TYPE_INTEGER:
        return api_.create_int32(at<int32_t>(data, row));
      case DUCKDB_TYPE_BIGINT:
        return api_.create_int64(at<int64_t>(data, row));
      case DUCKDB_TYPE_UTINYINT:
        return api_.create_uint8(at<uint8_t>(data, row));
      case DUCKDB_TYPE_USMALLINT:
        return api_.create_uint16(at<uint16_t>(data, row));
      case DUCKDB_TYPE_UINTEGER:
        return api_.create_uint32(at<uint32_t>(data, row));
      case DUCKDB_TYPE_UBIGINT:
        return api_.create_uint64(at<uint64_t>(data, row));
      case DUCKDB_TYPE_HUGEINT:
        return api_.create_hugeint(at<duckdb_hugeint>(data, row));
      case DUCKDB_TYPE_UHUGEINT:
        return api_.create_uhugeint(at<duckdb_uhugeint>(data, row));
      case DUCKDB_TYPE_FLOAT:
        return api_.create_float(at<float>(data, row));
      case DUCKDB_TYPE_DOUBLE:
        return api_.create_double(at<double>(data, row));
      case DUCKDB_TYPE_DECIMAL:
        return decimal(type, data, row);
      case DUCKDB_TYPE_DATE:
        return api_.create_date(at<duckdb_date>(data, row));
      case DUCKDB_TYPE_TIME:
        return api_.create_time(at<duckdb_time>(data, row));
      case DUCKDB_TYPE_TIME_NS:
        return api_.create_time_ns(at<duckdb_time_ns>(data, row));
      case DUCKDB_TYPE_TIME_TZ:
        return api_.create_time_tz_value(at<duckdb_time_tz>(data, row));
      case DUCKDB_TYPE_TIMESTAMP:
        return api_.create_timestamp(at<duckdb_timestamp>(data, row));
      case DUCKDB_TYPE_TIMESTAMP_TZ:
        return api_.create_timestamp_tz(at<duckdb_timestamp>(data, row));
      case DUCKDB_TYPE_TIMESTAMP_S:
        return api_.create_timestamp_s(at<duckdb_timestamp_s>(data, row));
      case DUCKDB_TYPE_TIMESTAMP_MS:
        return api_.create_timestamp_ms(at<duckdb_timestamp_ms>(data, row));
      case DUCKDB_TYPE_TIMESTAMP_NS:
        return api_.create_timestamp_ns(at<duckdb_timestamp_ns>(data, row));
      case DUCKDB_TYPE_INTERVAL:
        return api_.create_interval(at<duckdb_interval>(data, row));
      case DUCKDB_TYPE_UUID:
        return uuid(data, row);
      case DUCKDB_TYPE_BLOB: {
        auto& text = reinterpret_cast<duckdb_string_t*>(data)[row];
        return api_.create_blob(reinterpret_cast<const uint8_t*>(bytes(text)), length(text));
      }
      case DUCKDB_TYPE_ENUM:
        return api_.create_enum_value(type, enum_index(type, data, row));
      case DUCKDB_TYPE_LIST:
        return list(type, vector, data, row);
      case DUCKDB_TYPE_ARRAY:
        return array(type, vector, row);
      case DUCKDB_TYPE_MAP:
        return map(type, vector, data, row);
      case DUCKDB_TYPE_STRUCT:
        return structure(type, vector, row);
      case DUCKDB_TYPE_VARCHAR: {
        auto& text = reinterpret_cast<duckdb_string_t*>(data)[row];
        return api_.create_varchar_length(bytes(text), length(text));
      }
      default:
        return api_.create_varchar_length("(not printable)", 15);
    }
  }

 private:
  template <class T>
  static T at(void* data, idx_t row) {
    return static_cast<T*>(data)[row];
  }
  static const char* bytes(duckdb_string_t& text) {
    return text.value.inlined.length <= 12 ? text.value.inlined.inlined : text.value.pointer.ptr;
  }
  static idx_t length(const duckdb_string_t& text) { return text.value.inlined.length; }

  [[nodiscard]] duckdb_value decimal(duckdb_logical_type type, void* data, idx_t row) const {
    duckdb_hugeint wide{};
    auto set = [&wide](int64_t value) {
      wide.lower = static_cast<uint64_t>(value);
      wide.upper = value < 0 ? -1 : 0;
    };
    switch (api_.decimal_internal_type(type)) {
      case DUCKDB_TYPE_SMALLINT:
        set(at<int16_t>(data, row));
        break;
      case DUCKDB_TYPE_INTEGER:
        set(at<int32_t>(data, row));
        break;
      case DUCKDB_TYPE_BIGINT:
        set(at<int64_t>(data, row));
        break;
      default:
        wide = at<duckdb_hugeint>(data, row);
    }
    return api_.create_decimal({api_.decimal_width(type), api_.decimal_scale(type), wide});
  }

  // Stored as a hugeint with the topmost bit flipped, so that it sorts; the constructor wants the plain bits.
  [[nodiscard]] duckdb_value uuid(void* data, idx_t row) const {
    auto stored = at<duckdb_hugeint>(data, row);
    return api_.create_uuid({stored.lower, static_cast<uint64_t>(stored.upper) ^ (1ULL << 63)});
  }

  [[nodiscard]] uint64_t enum_index(duckdb_logical_type type, void* data, idx_t row) const {
    switch (api_.enum_internal_type(type)) {
      case DUCKDB_TYPE_UTINYINT:
        return at<uint8_t>(data, row);
      case DUCKDB_TYPE_USMALLINT:
        return at<uint16_t>(data, row);
      default:
        return at<uint32_t>(data, row);
    }
  }

  [[nodiscard]] duckdb_value list(duckdb_logical_type type, duckdb_vector vector, void* data, idx_t row) const {
    OwnedType child(api_, api_.list_type_child_type(type));
    auto entry = at<duckdb_list_entry>(data, row);
    OwnedValues values(api_);
    for (idx_t i = 0; i < entry.length; ++i)
      values.add(build(child.get(), api_.list_vector_get_child(vector), entry.offset + i));
    return api_.create_list_value(child.get(), values.data(), values.size());
  }

  [[nodiscard]] duckdb_value array(duckdb_logical_type type, duckdb_vector vector, idx_t row) const {
    OwnedType child(api_, api_.array_type_child_type(type));
    idx_t size = api_.array_type_array_size(type);
    OwnedValues values(api_);
    for (idx_t i = 0; i < size; ++i)
      values.add(build(child.get(), api_.array_vector_get_child(vector), row * size + i));
    return api_.create_array_value(child.get(), values.data(), values.size());
  }

  // A map is stored as a list of key-value structs.
  [[nodiscard]] duckdb_value map(duckdb_logical_type type, duckdb_vector vector, void* data, idx_t row) const {
    OwnedType key(api_, api_.map_type_key_type(type));
    OwnedType value(api_, api_.map_type_value_type(type));
    duckdb_vector entries = api_.list_vector_get_child(vector);
    auto entry = at<duckdb_list_entry>(data, row);
    OwnedValues keys(api_);
    OwnedValues values(api_);
    for (idx_t i = 0; i < entry.length; ++i) {
      keys.add(build(key.get(), api_.struct_vector_get_child(entries, 0), entry.offset + i));
      values.add(build(value.get(), api_.struct_vector_get_child(entries, 1), entry.offset + i));
    }
    return api_.create_map_value(type, keys.data(), values.data(), keys.size());
  }

  [[nodiscard]] duckdb_value structure(duckdb_logical_type type, duckdb_vector vector, idx_t row) const {
    OwnedValues values(api_);
    for (idx_t i = 0; i < api_.struct_type_child_count(type); ++i) {
      OwnedType child(api_, api_.struct_type_child_type(type, i));
      values.add(build(child.get(), api_.struct_vector_get_child(vector, i), row));
    }
    return api_.create_struct_value(type, values.data());
  }

  const DuckDbApi& api_;
};

}  // namespace

std::string vector_value_text(const DuckDbApi& api, duckdb_logical_type type, duckdb_vector vector, idx_t row) {
  duckdb_value value = ValueBuilder(api).build(type, vector, row);
  if (value == nullptr) return "(not printable)";
  std::string text = api.take_text(api.get_varchar(value));
  api.destroy_value(&value);
  return text;
}

}  // namespace lockstep
