// libduckdb.so, opened on first use: a table of the C API functions that Lockstep calls.
// Linking the library would cost 10 ms at every start of the program, needed or not.
#pragma once

#include <duckdb.h>
#include <memory>
#include <string>
#include <type_traits>

#include "specs/result.h"

// One line a function; the type is taken from duckdb.h.
// clang-format off
#define LOCKSTEP_DUCKDB_FUNCTIONS(X)                                                                                   \
  X(library_version) X(create_config) X(set_config) X(destroy_config) X(open_ext) X(close) X(connect)                  \
  X(disconnect) X(interrupt) X(free) X(destroy_result) X(result_error) X(column_count) X(column_name)                  \
  X(column_logical_type) X(column_type) X(rows_changed) X(result_return_type) X(fetch_chunk)                           \
  X(destroy_data_chunk) X(data_chunk_get_size) X(data_chunk_get_vector) X(vector_get_data)                             \
  X(vector_get_validity) X(validity_row_is_valid) X(extract_statements) X(extract_statements_error)                    \
  X(prepare_extracted_statement) X(destroy_extracted) X(prepare_error) X(destroy_prepare) X(nparams)                   \
  X(parameter_name) X(prepared_statement_type) X(bind_boolean) X(bind_int64) X(bind_uint64) X(bind_double)             \
  X(bind_varchar_length) X(bind_null) X(pending_prepared_streaming) X(pending_error) X(execute_pending)                \
  X(destroy_pending) X(get_type_id) X(destroy_logical_type) X(logical_type_get_alias) X(decimal_width)                 \
  X(decimal_scale) X(decimal_internal_type) X(enum_internal_type) X(enum_dictionary_size)                              \
  X(enum_dictionary_value) X(list_type_child_type) X(array_type_child_type) X(array_type_array_size)                   \
  X(map_type_key_type) X(map_type_value_type) X(struct_type_child_count) X(struct_type_child_name)                     \
  X(struct_type_child_type) X(list_vector_get_child) X(array_vector_get_child) X(struct_vector_get_child)              \
  X(create_bool) X(create_int8) X(create_uint8) X(create_int16) X(create_uint16) X(create_int32)                       \
  X(create_uint32) X(create_int64) X(create_uint64) X(create_hugeint) X(create_uhugeint) X(create_decimal)             \
  X(create_float) X(create_double) X(create_date) X(create_time) X(create_time_ns) X(create_time_tz_value)             \
  X(create_timestamp) X(create_timestamp_tz) X(create_timestamp_s) X(create_timestamp_ms)                              \
  X(create_timestamp_ns) X(create_interval) X(create_blob) X(create_uuid) X(create_varchar_length)                     \
  X(create_struct_value) X(create_list_value) X(create_array_value) X(create_map_value) X(create_enum_value)           \
  X(create_null_value) X(destroy_value) X(get_varchar) X(prepared_statement_column_count)                              \
  X(prepared_statement_column_name) X(prepared_statement_column_logical_type) X(union_type_member_count)               \
  X(union_type_member_name) X(union_type_member_type)
// clang-format on

namespace lockstep {

// Immutable once loaded; thread-safe.
struct DuckDbApi {
// NOLINTNEXTLINE(bugprone-macro-parentheses): a declared name takes none
#define LOCKSTEP_DUCKDB_POINTER(name) decltype(&::duckdb_##name) name = nullptr;
  LOCKSTEP_DUCKDB_FUNCTIONS(LOCKSTEP_DUCKDB_POINTER)
#undef LOCKSTEP_DUCKDB_POINTER
  std::string version;         // "1.5.5"
  std::string extension_path;  // of ducklake.duckdb_extension, beside the library

  // A text that the library allocated, taken over and freed.
  [[nodiscard]] std::string take_text(char* text) const;
};

// Loads the library once a process: $LOCKSTEP_DUCKDB_LIB, else ../lib/lockstep/libduckdb.so beside the program's
// folder. Errors: "engine-not-found", "engine-version" (the DuckLake extension is built for exactly one version).
Result<const DuckDbApi*> duckdb_api();

}  // namespace lockstep
