#include <fmt/format.h>
#include <filesystem>

#include "engines/file.h"
#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/options.h"
#include "specs/schema.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

// Runs as it is on two small DuckDB files that it makes itself; a test runs it.
constexpr std::string_view kTemplate = R"~(# yaml-language-server: $schema=.lockstep/runbook.schema.json
#
# A Lockstep runbook: bring a clone's structure up to date, then prove that the clone is equal.
#   lockstep validate @FILE@      check it; opens nothing
#   lockstep run @FILE@ --dry-run look at every step; change nothing
#   lockstep run @FILE@           do it
version: 1
name: keep-staging-in-lockstep

# Values that the caller may set: --param source=prod
params:
  source: { type: string, default: prod, description: the catalog that is the truth }
  destination: { type: string, default: staging, description: the clone }

# A DuckDB file is a catalog, and so is a DuckLake ('ducklake:lake/prod.ducklake'). Paths start at this file's folder.
connections:
  local:
    type: duckdb
    catalogs:
      prod: .lockstep/demo/prod.duckdb
      staging: .lockstep/demo/staging.duckdb

defaults: { connection: local, timeout: 10m }

steps:
  # Demo data; remove these two steps when you point the catalogs above at your own files.
  - id: source-table
    uses: sql/query
    with:
      statement: >-
        CREATE OR REPLACE TABLE prod.main.orders AS
        SELECT range AS id, 'customer ' || (range % 7) AS customer, (range * 1.5)::DECIMAL(12,2) AS amount
        FROM range(1000)
  - id: destination-table
    uses: sql/query
    needs: [source-table]
    with:
      statement: "CREATE OR REPLACE TABLE staging.main.orders (id INTEGER, amount DECIMAL(10,2))"

  # 1. Structure: add what the source gained, widen what grew. Nothing is dropped unless you say so.
  - id: evolve
    uses: schema-evolution/evolve-catalog
    needs: [destination-table]
    with:
      source_catalog: "${{ params.source }}"
      destination_catalog: "${{ params.destination }}"
      dry_run: false

  # Your own loading goes here; this one copies the rows.
  - id: load
    uses: sql/query
    needs: [evolve]
    with:
      statement: "INSERT INTO staging.main.orders BY NAME SELECT * FROM prod.main.orders"

  # 2. Proof: every row of every table enters the digest, on both sides.
  - id: reconcile
    uses: reconciliation/cross-metastore
    needs: [load]
    with:
      source_catalog: "${{ params.source }}"
      destination_catalog: "${{ params.destination }}"
      use_checksum: true

  # 3. Evidence: signed when CLONE_XS_SIGNING_SECRET is set, otherwise a warning.
  - id: sign
    uses: provenance/sign
    with:
      source_catalog: "${{ params.source }}"
      destination_catalog: "${{ params.destination }}"
      config: { use_checksum: true }
      result: "${{ steps.reconcile.outputs }}"
)~";

std::string filled_in(const std::string& file) {
  constexpr std::string_view kMark = "@FILE@";
  std::string text(kTemplate);
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + file.size()))
    text.replace(at, kMark.size(), file);
  return text;
}

}  // namespace

int init_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  options.add_options()("positional-file", po::value<std::string>()->default_value("lockstep.yaml"));
  options.add_options()("force", "overwrite an existing file");
  po::positional_options_description positionals;
  positionals.add("positional-file", 1);
  const CommandHelp help{
      "lockstep init [FILE] [options]",
      "Writes a commented runbook that runs as it is (default: lockstep.yaml), and the JSON Schema that\n"
      "gives editors completion.",
      "  lockstep init\n  lockstep init runbooks/nightly.yaml && lockstep run runbooks/nightly.yaml"};
  ParsedCommand parsed = parse_command(arguments, help, options, positionals);
  if (parsed.exit) return *parsed.exit;
  std::filesystem::path path = parsed.values["positional-file"].as<std::string>();
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && parsed.values.count("force") == 0)
    return print_error(Error("file-exists"_code, fmt::format("'{}' is there already", path.string()),
                             "choose another name, or overwrite it with --force"));
  std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::filesystem::create_directories(folder / ".lockstep", ignored);
  Result<void> schema =
      write_file_atomically((folder / ".lockstep/runbook.schema.json").string(), editor_schema().dump(2) + "\n");
  if (!schema) return print_error(schema.error());
  Result<void> written = write_file_atomically(path.string(), filled_in(path.string()));
  if (!written) return print_error(written.error());
  fmt::print("wrote {0}\nnext: lockstep validate {0}, then lockstep run {0} --dry-run\n", path.string());
  return 0;
}

}  // namespace lockstep
