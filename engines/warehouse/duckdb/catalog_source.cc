#include "engines/warehouse/duckdb/catalog_source.h"

#include <filesystem>

#include "engines/warehouse/duckdb/type_text.h"
#include "engines/warehouse/names.h"

namespace lockstep {

namespace {

constexpr std::string_view kLakePrefix = "ducklake:";

std::string absolute(const std::string& directory, const std::string& path) {
  return (std::filesystem::path(directory) / path).lexically_normal().string();
}

CatalogSource read_source(const ConnectionPlan& plan, const std::string& name, const Json& value) {
  CatalogSource source;
  source.name = name;
  std::string path = value.is_string() ? value.get<std::string>() : value.value("path", std::string());
  bool read_only = value.is_object() && value.value("read_only", false);
  source.writable = !read_only && plan.writable.contains(name);
  if (path.starts_with(kLakePrefix)) {
    source.kind = CatalogKind::lake;
    path.erase(0, kLakePrefix.size());
    source.local = !path.starts_with("postgres:");
    if (value.is_object() && value.contains("data_path")) {
      std::string data = absolute(plan.directory, value["data_path"].get<std::string>());
      source.data_path = data.ends_with('/') ? data : data + "/";
    }
  }
  source.path = source.local ? absolute(plan.directory, path) : path;
  bool makeable = source.kind == CatalogKind::file || source.data_path.has_value();
  source.made_by_live_run = !read_only && makeable && plan.made_by_live_run.contains(name);
  return source;
}

}  // namespace

std::string CatalogSource::attach_statement() const {
  std::string options;
  auto add = [&options](const std::string& option) { options += (options.empty() ? "" : ", ") + option; };
  if (kind == CatalogKind::lake && data_path) add("DATA_PATH " + quote_duckdb_literal(*data_path));
  if (kind == CatalogKind::lake && !(writable && data_path)) add("CREATE_IF_NOT_EXISTS false");
  if (!writable) add("READ_ONLY");
  std::string target = (kind == CatalogKind::lake ? std::string(kLakePrefix) : std::string()) + path;
  return "ATTACH " + quote_duckdb_literal(target) + " AS " + quote_duckdb_identifier(name) +
         (options.empty() ? "" : " (" + options + ")");
}

Result<std::map<std::string, CatalogSource>> read_catalog_sources(const ConnectionPlan& plan) {
  std::map<std::string, CatalogSource> sources;
  if (!plan.settings.contains("catalogs")) return sources;
  for (const auto& [name, value] : plan.settings["catalogs"].items())
    sources.emplace(fold_name(name), read_source(plan, name, value));
  return sources;
}

}  // namespace lockstep
