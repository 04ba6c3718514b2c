#include "engines/warehouse/duckdb/catalog_source.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "engines/warehouse/duckdb/type_text.h"
#include "engines/warehouse/names.h"

namespace lockstep {

namespace {

constexpr std::string_view kLakePrefix = "ducklake:";
constexpr std::string_view kPostgresPrefix = "postgres:";

// The engine's own databases [executed: ATTACH says that the name is reserved or exists].
constexpr std::array<std::string_view, 3> kReserved = {"memory", "system", "temp"};

// "s3://...", "sqlite:...", "md:...", ":memory:": something that ATTACH does not take for a file's path.
bool names_other_storage(std::string_view path) {
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos || colon == 1) return false;
  return std::all_of(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

Error unsupported(const std::string& name, const std::string& location) {
  return {"catalog-unsupported"_code,
          fmt::format("catalog \"{}\": '{}' is not a file on this machine, and this version opens files only", name,
                      location),
          "name a DuckDB file, or a lake as 'ducklake:FILE' with a local data_path; if it is a file whose name holds a "
          "colon, write './' before it"};
}

Result<CatalogSource> read_source(const ConnectionPlan& plan, const std::string& name, const Json& value) {
  if (std::find(kReserved.begin(), kReserved.end(), fold_name(name)) != kReserved.end())
    return Error("catalog-name-reserved"_code,
                 fmt::format("no catalog can be called \"{}\": DuckDB has a database of its own by that name", name),
                 "give the catalog another name under `catalogs:`");
  CatalogSource source;
  source.name = name;
  source.directory = plan.directory;
  std::string path = value.is_string() ? value.get<std::string>() : value.value("path", std::string());
  source.read_only = value.is_object() && value.value("read_only", false);
  if (const auto place = plan.places.find(name); place != plan.places.end()) source.place = place->second;
  const auto names_it = [&name](const auto& names) {
    return std::any_of(names.begin(), names.end(),
                       [&name](const auto& one) { return fold_name(one) == fold_name(name); });
  };
  source.writable = !source.read_only && names_it(plan.writable);
  source.attach_writable = source.writable;
  if (path.starts_with(kLakePrefix)) {
    source.kind = CatalogKind::lake;
    path.erase(0, kLakePrefix.size());
    source.local = !path.starts_with(kPostgresPrefix);
    if (value.is_object() && value.contains("data_path")) {
      const std::string given = value["data_path"].get<std::string>();
      if (names_other_storage(given)) return unsupported(name, given);
      const std::string data = absolute_path(plan.directory, given);
      source.data_path = data.ends_with('/') ? data : data + "/";
    }
  }
  if (source.local && names_other_storage(path)) return unsupported(name, path);
  source.path = source.local ? absolute_path(plan.directory, path) : path;
  bool makeable = source.kind == CatalogKind::file || source.data_path.has_value();
  source.made_by_live_run = !source.read_only && makeable && names_it(plan.made_by_live_run);
  return source;
}

}  // namespace

std::string absolute_path(const std::string& directory, const std::string& path) {
  return (std::filesystem::path(directory) / path).lexically_normal().string();
}

std::string CatalogSource::real_path() const {
  if (!local) return path;
  std::error_code error;
  std::filesystem::path resolved = std::filesystem::weakly_canonical(path, error);
  return error ? path : resolved.string();
}

std::string CatalogSource::attach_statement(bool override_data_path) const {
  std::string options;
  auto add = [&options](const std::string& option) { options += (options.empty() ? "" : ", ") + option; };
  if (kind == CatalogKind::lake && data_path) add("DATA_PATH " + quote_duckdb_literal(*data_path));
  if (override_data_path) add("OVERRIDE_DATA_PATH true");
  if (kind == CatalogKind::lake && !may_create()) add("CREATE_IF_NOT_EXISTS false");
  if (!attach_writable) add("READ_ONLY");
  std::string target = (kind == CatalogKind::lake ? std::string(kLakePrefix) : std::string()) + path;
  return "ATTACH " + quote_duckdb_literal(target) + " AS " + quote_duckdb_identifier(name) +
         (options.empty() ? "" : " (" + options + ")");
}

Result<std::map<std::string, CatalogSource>> read_catalog_sources(const ConnectionPlan& plan) {
  std::map<std::string, CatalogSource> sources;
  if (!plan.settings.contains("catalogs")) return sources;
  for (const auto& [name, value] : plan.settings["catalogs"].items()) {
    Result<CatalogSource> source = read_source(plan, name, value);
    if (!source) return std::move(source).error();
    sources.emplace(fold_name(name), *std::move(source));
  }
  return sources;
}

}  // namespace lockstep
