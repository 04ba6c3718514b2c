#include "engines/workspace/query_history.h"

#include <fmt/format.h>
#include <algorithm>

#include "engines/workspace/host.h"
#include "engines/workspace/statement_answer.h"

namespace lockstep {

namespace {

constexpr int kMostPages = 20;
constexpr int kRowsPerPage = 250;

// A list of {key, value}; a mapping is understood as well.
bool carries(const Json& row, const std::pair<std::string, std::string>& tag) {
  const auto found = row.find("query_tags");
  if (found == row.end()) return false;
  if (found->is_object()) return text_member(*found, tag.first) == tag.second;
  return found->is_array() && std::any_of(found->begin(), found->end(), [&tag](const Json& entry) {
           return text_member(entry, "key") == tag.first && text_member(entry, "value") == tag.second;
         });
}

}  // namespace

Json query_tags_json(const QueryTags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) {
    Json& tag = list.emplace_back(Json::object());
    tag["key"] = key;
    tag["value"] = value;
  }
  return list;
}

Result<std::optional<std::string>> find_tagged_statement(Workspace& workspace, const QueryTags& tags,
                                                         std::int64_t since, const Call& call) {
  const std::string path = fmt::format(
      "/api/2.0/sql/history/queries?filter_by.warehouse_ids={}&filter_by.query_start_time_range.start_time_ms={}"
      "&max_results={}",
      percent_encoded(workspace.config().warehouse_id), since, kRowsPerPage);
  std::string page;
  for (int pages = 0; pages < kMostPages; ++pages) {
    const ApiAnswer answer = workspace.send(
        {"GET", page.empty() ? path : path + "&page_token=" + percent_encoded(page), std::nullopt, false},
        RequestClass::idempotent, call);
    if (!answer.json) return *answer.error;
    if (!answer.json->is_object()) return std::optional<std::string>();
    if (const auto rows = answer.json->find("res"); rows != answer.json->end() && rows->is_array())
      for (const Json& row : *rows) {
        if (!row.is_object()) continue;
        std::string id = text_member(row, "query_id");
        if (!id.empty() && std::all_of(tags.begin(), tags.end(), [&row](const auto& tag) { return carries(row, tag); }))
          return std::optional(std::move(id));
      }
    page = text_member(*answer.json, "next_page_token");
    if (page.empty()) break;
  }
  return std::optional<std::string>();
}

}  // namespace lockstep
