#include "engines/workspace/statement_answer.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "engines/workspace/api_error.h"
#include "specs/counted.h"
#include "specs/json_member.h"

namespace lockstep {

namespace {

using End = StatementState::End;

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

// "... SQLSTATE: 42601 (line 1, pos 0)"
std::string sql_state_in(const std::string& message) {
  constexpr std::string_view kMark = "SQLSTATE: ";
  constexpr std::size_t kLength = 5;
  const std::size_t at = message.rfind(kMark);
  if (at == std::string::npos) return {};
  std::string state = message.substr(at + kMark.size(), kLength);
  const bool whole = state.size() == kLength && std::all_of(state.begin(), state.end(), [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                     });
  return whole ? state : std::string();
}

enum class CellKind { integer, boolean, floating, text };

CellKind kind_of(const std::string& type_name) {
  constexpr std::array<std::string_view, 8> kIntegers{"BYTE",   "SHORT",   "INT",      "LONG",
                                                      "BIGINT", "TINYINT", "SMALLINT", "INTEGER"};
  const std::string name = upper(type_name);
  if (std::find(kIntegers.begin(), kIntegers.end(), name) != kIntegers.end()) return CellKind::integer;
  if (name == "BOOLEAN") return CellKind::boolean;
  if (name == "FLOAT" || name == "DOUBLE") return CellKind::floating;
  return CellKind::text;
}

// What cannot be read as its type keeps its text: nothing is invented, nothing lost.
Json cell_of(Json& wire, CellKind kind) {
  if (!wire.is_string()) {
    if (wire.is_primitive()) return kind == CellKind::text && !wire.is_null() ? Json(wire.dump()) : std::move(wire);
    return wire.dump();
  }
  const auto& text = wire.get_ref<const std::string&>();
  const char* const end = text.data() + text.size();
  switch (kind) {
    case CellKind::integer: {
      std::int64_t value = 0;
      const auto [stop, error] = std::from_chars(text.data(), end, value);
      if (error == std::errc() && stop == end) return value;
      break;
    }
    case CellKind::boolean:
      if (text == "true") return true;
      if (text == "false") return false;
      break;
    case CellKind::floating: {
      double value = 0;
      const auto [stop, error] = std::from_chars(text.data(), end, value);
      if (error == std::errc() && stop == end && std::isfinite(value)) return value;
      break;
    }
    case CellKind::text:
      break;
  }
  return std::move(wire);
}

std::pair<std::string, const char*> parameter_of(const Json& value) {
  if (value.is_boolean()) return {value.get<bool>() ? "true" : "false", "BOOLEAN"};
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    return {fmt::format("{}", value.get<std::uint64_t>()), "DECIMAL(20,0)"};
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    // INT where it fits: LIMIT takes nothing wider.
    const bool narrow =
        number >= std::numeric_limits<std::int32_t>::min() && number <= std::numeric_limits<std::int32_t>::max();
    return {fmt::format("{}", number), narrow ? "INT" : "BIGINT"};
  }
  if (value.is_number_float()) return {fmt::format("{}", value.get<double>()), "DOUBLE"};
  return {value.is_string() ? value.get<std::string>() : value.dump(), "STRING"};
}

}  // namespace

std::optional<std::int64_t> integer_of(const Json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

StatementState state_of(const Json& answer) {
  StatementState state;
  const Json* status = object_member(answer, "status");
  if (status == nullptr) return state;
  state.word = text_member(*status, "state");
  if (state.word == "SUCCEEDED") state.end = End::succeeded;
  if (state.word == "FAILED") state.end = End::failed;
  if (state.word == "CANCELED") state.end = End::canceled;
  if (state.word == "CLOSED") state.end = End::closed;
  state.sql_state = text_member(*status, "sql_state");
  if (const Json* error = object_member(*status, "error")) {
    if (const auto code = error->find("error_code"); code != error->end() && code->is_primitive() && !code->is_null())
      state.error_code = code->is_string() ? code->get<std::string>() : code->dump();
    state.message = trimmed(text_member(*error, "message"));
    if (state.sql_state.empty()) state.sql_state = text_member(*error, "sql_state");
  }
  if (state.sql_state.empty()) state.sql_state = sql_state_in(state.message);
  return state;
}

std::optional<ResultManifest> manifest_of(const Json& answer) {
  const Json* json = object_member(answer, "manifest");
  if (json == nullptr) return std::nullopt;
  ResultManifest manifest;
  if (const Json* schema = object_member(*json, "schema"))
    if (const auto columns = schema->find("columns"); columns != schema->end() && columns->is_array())
      for (const Json& column : *columns) {
        std::string name = text_member(column, "type_name");
        std::string text = text_member(column, "type_text");
        manifest.columns.push_back({text_member(column, "name"), text.empty() ? name : std::move(text)});
        manifest.type_names.push_back(std::move(name));
      }
  if (const auto count = json->find("total_chunk_count"); count != json->end()) manifest.chunks = integer_of(*count);
  if (const auto count = json->find("total_row_count"); count != json->end()) manifest.rows = integer_of(*count);
  const auto truncated = json->find("truncated");
  manifest.truncated = truncated != json->end() && truncated->is_boolean() && truncated->get<bool>();
  return manifest;
}

Chunk chunk_of(const Json& result) {
  Chunk chunk;
  if (!result.is_object()) return chunk;
  const auto rows = result.find("data_array");
  chunk.has_rows = rows != result.end() && rows->is_array();
  const auto take_next = [&chunk](const Json& object) {
    if (const auto next = object.find("next_chunk_index"); next != object.end())
      // Chunk 0 is never a next one; a message format without absent numbers sends it for "none".
      if (const std::optional<std::int64_t> index = integer_of(*next); index && *index > 0) chunk.next = index;
  };
  take_next(result);
  const auto links = result.find("external_links");
  if (links == result.end() || !links->is_array()) return chunk;
  for (const Json& json : *links) {
    if (!json.is_object()) continue;
    ExternalLink link{text_member(json, "external_link"), {}, std::nullopt};
    if (const auto index = json.find("chunk_index"); index != json.end()) link.chunk = integer_of(*index);
    if (const Json* headers = object_member(json, "http_headers"))
      for (const auto& [name, value] : headers->items())
        if (value.is_string()) link.headers.emplace_back(name, value.get<std::string>());
    if (!link.url.empty()) chunk.links.push_back(std::move(link));
    chunk.next.reset();  // the last link's counts
    take_next(json);
  }
  return chunk;
}

Result<std::int64_t> take_rows(Json& data, const ResultManifest& manifest, std::uint64_t most,
                               std::vector<std::vector<Json>>& rows) {
  std::vector<CellKind> kinds;
  kinds.reserve(manifest.type_names.size());
  for (const std::string& name : manifest.type_names) kinds.push_back(kind_of(name));
  if (!data.is_array())
    return Error("workspace-answer-invalid"_code, "a part of the result is no list of rows", "run the step again");
  for (Json& row : data) {
    if (!row.is_array() || row.size() != kinds.size())
      return Error(
          "workspace-answer-invalid"_code,
          fmt::format("a row of the result has not the {} that its columns need", counted(kinds.size(), "cell")),
          "run the step again");
    if (rows.size() >= most) continue;
    std::vector<Json>& cells = rows.emplace_back(std::move(row.get_ref<Json::array_t&>()));
    for (std::size_t i = 0; i < kinds.size(); ++i) cells[i] = cell_of(cells[i], kinds[i]);
  }
  return static_cast<std::int64_t>(data.size());
}

Json statement_parameters(const std::vector<std::pair<std::string, Json>>& parameters) {
  Json list = Json::array();
  for (const auto& [name, value] : parameters) {
    if (value.is_null()) {
      list.push_back({{"name", name}, {"type", "STRING"}});
      continue;
    }
    const auto [text, type] = parameter_of(value);
    list.push_back({{"name", name}, {"value", text}, {"type", type}});
  }
  return list;
}

}  // namespace lockstep
