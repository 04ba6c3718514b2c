#include "engines/reconciliation/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "specs/counted.h"

namespace lockstep {

namespace {

std::string error_text(const Error& error) {
  std::string text = error.message;
  for (const std::string& circumstance : error.context) text += ", " + circumstance;
  return text;
}

void append(std::string& reasons, std::string_view reason) {
  if (reason.empty()) return;
  if (!reasons.empty()) reasons += "; ";
  reasons += reason;
}

// "a, b and 3 more"
std::string names(const std::vector<std::string>& all, std::size_t at_most = 5) {
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), at_most); ++i) text += (i == 0 ? "" : ", ") + all[i];
  if (all.size() > at_most) text += fmt::format(" and {} more", all.size() - at_most);
  return text;
}

std::string columns_text(const std::vector<LeftOut>& columns) {
  std::vector<std::string> all;
  all.reserve(columns.size());
  for (const LeftOut& column : columns) all.push_back(fmt::format("\"{}\" ({})", column.column, column.reason));
  return names(all);
}

std::string rows_text(std::int64_t count) {
  return counted(count, "row");
}

TableVerdict judge_pair(const TablePair& pair, const Reading& source, const Reading& target, const Scope& scope) {
  TableVerdict result;
  std::string failed;
  for (const auto& [reading, side] : {std::pair{&source, "source"}, std::pair{&target, "target"}})
    if (reading->error) append(failed, fmt::format("{}: {}", side, error_text(*reading->error)));
  if (!failed.empty()) {
    result.verdict = Verdict::error;
    result.reason = std::move(failed);
    return result;
  }
  if (!source.count || !target.count) {
    result.reason = scope.read ? "not read: the step was interrupted" : "not read: dry run";
    return result;
  }
  const bool digests = !source.checksum.empty() && !target.checksum.empty();
  if (digests) result.columns_compared = pair.source_columns.size();

  std::string differences;
  if (*source.count != *target.count)
    append(differences,
           fmt::format("{} in the source, {} in the target", rows_text(*source.count), rows_text(*target.count)));
  std::string left_out;
  if (scope.checksum) {
    if (!pair.one_sided.empty()) append(differences, "columns differ: " + columns_text(pair.one_sided));
    if (digests && source.checksum != target.checksum) append(differences, "the digests of the rows differ");
    if (!pair.not_compared.empty()) append(left_out, "columns not compared: " + columns_text(pair.not_compared));
    if (scope.source_digest != scope.target_digest)
      append(left_out, fmt::format("digests of different names are not comparable: {} and {}", scope.source_digest,
                                   scope.target_digest));
    else if (!digests && left_out.empty())
      append(left_out, "the sides have no column in common");
  }
  result.compared = left_out.empty();
  if (!differences.empty()) {
    result.verdict = Verdict::mismatch;
    append(differences, left_out);
    result.reason = std::move(differences);
  } else if (!left_out.empty()) {
    result.verdict = Verdict::not_compared;
    result.reason = std::move(left_out);
  } else {
    result.verdict = Verdict::match;
  }
  return result;
}

Json count_json(const Reading& reading) {
  return reading.count ? Json(*reading.count) : Json(nullptr);
}

Json version_json(const std::optional<std::string>& version) {
  return version ? Json(*version) : Json(nullptr);
}

Json not_compared_json(const std::string& table, const LeftOut& column) {
  return {{"table", table}, {"column", column.column}, {"reason", column.reason}};
}

Json detail_json(const TablePair& pair, const TableVerdict& verdict, const Reading& source, const Reading& target,
                 const Scope& scope) {
  Json detail = Json::object();  // member by member: a list of pairs is copied
  detail["schema"] = pair.schema;
  detail["table"] = pair.table;
  detail["verdict"] = verdict_text(verdict.verdict);
  detail["match"] = verdict.verdict == Verdict::match;
  detail["source_count"] = count_json(source);
  detail["target_count"] = count_json(target);
  detail["source_version"] = version_json(pair.source_version);
  detail["target_version"] = version_json(pair.target_version);
  if (verdict.verdict == Verdict::error) detail["error"] = verdict.reason;
  if (!verdict.reason.empty()) detail["reason"] = verdict.reason;
  if (!scope.checksum) return detail;
  detail["columns_compared"] = verdict.columns_compared;
  if (!source.checksum.empty()) {
    detail["source_checksum"] = source.checksum;
    detail["digest"] = scope.source_digest;
  }
  if (!target.checksum.empty()) {
    detail["target_checksum"] = target.checksum;
    detail["digest"] = scope.target_digest;
  }
  Json left_out = Json::array();
  for (const std::vector<LeftOut>* list : {&pair.one_sided, &pair.not_compared})
    for (const LeftOut& column : *list) left_out.push_back(not_compared_json(pair.name(), column));
  detail["not_compared"] = std::move(left_out);
  if (!pair.casts.empty()) {
    Json casts = Json::array();
    for (const CastColumn& cast : pair.casts)
      casts.push_back({{"column", cast.column},
                       {"source_type", cast.source_type},
                       {"target_type", cast.target_type},
                       {"compared_as", cast.compared_as}});
    detail["casts"] = std::move(casts);
  }
  return detail;
}

struct Tally {
  std::size_t tables = 0;
  std::size_t compared = 0;
  std::size_t columns = 0;
  std::size_t columns_compared = 0;
  std::array<std::size_t, 6> by_verdict{};
  std::vector<std::string> differing;   // "sales.orders (mismatch)"
  std::vector<std::string> unfinished;  // not compared, or in error
  std::vector<std::string> reasons;     // "sales.orders: mismatch: the digests of the rows differ", a table each

  [[nodiscard]] std::size_t count(Verdict verdict) const { return by_verdict[static_cast<std::size_t>(verdict)]; }
  [[nodiscard]] std::size_t mismatched() const {
    return count(Verdict::mismatch) + count(Verdict::missing) + count(Verdict::extra);
  }
  [[nodiscard]] std::string_view status() const {
    if (compared == 0) return "failed";  // nothing was proved, whatever the tables are called
    if (count(Verdict::match) == tables) return "match";
    return count(Verdict::match) == 0 ? "mismatch" : "partial";
  }
};

std::optional<Error> failure_of(const Tally& tally) {
  constexpr const char* kRemedy =
      "`lockstep run ... --report json=FILE` keeps all of it, in the step's `details`; once the cause is mended, run "
      "again";
  if (tally.tables == 0)
    return Error("reconciliation-empty"_code, "no table is in scope, so nothing was compared",
                 "check the catalogs' names and the include and exclude lists");
  if (tally.mismatched() > 0) {
    std::string message = fmt::format("{} of {} {} not match: {}", tally.mismatched(), counted(tally.tables, "table"),
                                      tally.mismatched() == 1 ? "does" : "do", names(tally.differing));
    if (!tally.unfinished.empty())
      message += fmt::format("; {} could not be compared: {}", tally.unfinished.size(), names(tally.unfinished));
    return Error("reconciliation-mismatch"_code, std::move(message), kRemedy);
  }
  if (!tally.unfinished.empty())
    return Error("reconciliation-incomplete"_code,
                 fmt::format("{} of {} could not be compared: {}", tally.unfinished.size(),
                             counted(tally.tables, "table"), names(tally.unfinished)),
                 kRemedy);
  return std::nullopt;
}

std::string figure_of(const Tally& tally, const Scope& scope) {
  if (!scope.read) return counted(tally.tables, "table") + " to compare";
  std::string figure = fmt::format("{} of {} match{}", tally.count(Verdict::match), counted(tally.tables, "table"),
                                   tally.tables == 1 ? "es" : "");
  if (tally.mismatched() > 0)
    figure += fmt::format(", {} {} not", tally.mismatched(), tally.mismatched() == 1 ? "does" : "do");
  if (!tally.unfinished.empty()) figure += fmt::format(", {} not compared", tally.unfinished.size());
  return figure + (scope.checksum ? " (rows and digests)" : " (row counts only)");
}

}  // namespace

std::string_view verdict_text(Verdict verdict) {
  static constexpr std::array<std::string_view, 6> kTexts{"match", "mismatch",     "missing",
                                                          "extra", "not_compared", "error"};
  return kTexts[static_cast<std::size_t>(verdict)];
}

TableVerdict judge(const TablePair& pair, const Reading& source, const Reading& target, const Scope& scope) {
  if (pair.paired()) return judge_pair(pair, source, target, scope);
  TableVerdict result;
  result.verdict = pair.source ? Verdict::missing : Verdict::extra;
  result.reason = !pair.absence.empty() ? pair.absence : pair.source ? "not in the target" : "not in the source";
  const Reading& present = pair.source ? source : target;
  if (present.error) append(result.reason, "and its rows could not be counted: " + error_text(*present.error));
  return result;
}

Outcome report(const PairedCatalogs& catalogs, const Readings& readings, const Side& source, const Side& target,
               const Scope& scope) {
  Tally tally;
  Json details = Json::array();
  Json not_compared = Json::array();
  for (std::size_t i = 0; i < catalogs.tables.size(); ++i) {
    const TablePair& pair = catalogs.tables[i];
    const TableVerdict verdict = judge(pair, readings.source[i], readings.target[i], scope);
    ++tally.tables;
    ++tally.by_verdict[static_cast<std::size_t>(verdict.verdict)];
    tally.compared += verdict.compared ? 1 : 0;
    tally.columns += pair.columns;
    tally.columns_compared += verdict.columns_compared;
    if (verdict.verdict != Verdict::match)
      tally.reasons.push_back(fmt::format("{}: {}: {}", pair.name(), verdict_text(verdict.verdict), verdict.reason));
    const std::string named = fmt::format("{} ({})", pair.name(), verdict_text(verdict.verdict));
    if (verdict.verdict == Verdict::not_compared || verdict.verdict == Verdict::error)
      tally.unfinished.push_back(named);
    else if (verdict.verdict != Verdict::match)
      tally.differing.push_back(named);
    if (!verdict.compared)
      not_compared.push_back({{"table", pair.name()}, {"column", nullptr}, {"reason", verdict.reason}});
    if (scope.checksum)
      for (const std::vector<LeftOut>* list : {&pair.one_sided, &pair.not_compared})
        for (const LeftOut& column : *list) not_compared.push_back(not_compared_json(pair.name(), column));
    details.push_back(detail_json(pair, verdict, readings.source[i], readings.target[i], scope));
  }

  const bool columns_known = source.contents.columns_known && target.contents.columns_known;
  Outcome outcome;
  outcome.outputs = {{"status", tally.status()},
                     {"table_count", tally.tables},
                     {"matched", tally.count(Verdict::match)},
                     {"mismatched", tally.mismatched()},
                     {"missing", tally.count(Verdict::missing)},
                     {"extra", tally.count(Verdict::extra)},
                     {"not_compared", tally.count(Verdict::not_compared)},
                     {"errors", tally.count(Verdict::error)},
                     {"use_checksum", scope.checksum},
                     {"compared", scope.checksum ? "row_counts_and_digests" : "row_counts"},
                     {"digest", nullptr},
                     {"source_version", version_json(source.contents.version)},
                     {"target_version", version_json(target.contents.version)},
                     {"coverage",
                      {{"tables", tally.tables},
                       {"tables_compared", tally.compared},
                       {"columns", columns_known ? Json(tally.columns) : Json()},
                       {"columns_compared", tally.columns_compared},
                       {"not_compared", std::move(not_compared)}}},
                     {"details", std::move(details)},
                     {"notes", scope.notes}};
  if (scope.checksum && scope.source_digest == scope.target_digest) outcome.outputs["digest"] = scope.source_digest;
  outcome.figure = figure_of(tally, scope);
  for (const std::string& pattern : catalogs.unmatched_patterns)
    outcome.warnings.push_back(fmt::format("{} matches no table of either catalog", pattern));
  if (!scope.read) {
    if (tally.tables == 0) outcome.failure = failure_of(tally);  // nothing that reading could change
    return outcome;
  }

  if (readings.interrupted) {
    outcome.failure = readings.interrupted;
  } else if (std::optional<Error> failure = failure_of(tally)) {
    constexpr std::size_t kMostReasons = 10;
    for (std::size_t i = 0; i < std::min(tally.reasons.size(), kMostReasons); ++i)
      failure->context.push_back(tally.reasons[i]);
    if (tally.reasons.size() > kMostReasons)
      failure->context.push_back("... and " + counted(tally.reasons.size() - kMostReasons, "more table"));
    // "warn" is about differences; when tables could not be read, or there were none, nothing was proved.
    const bool proved_nothing = tally.compared == 0 && (tally.tables == 0 || tally.count(Verdict::error) > 0);
    if (scope.warn_only && !proved_nothing)
      outcome.warnings.push_back(failure->message);
    else
      outcome.failure = std::move(failure);
  }
  return outcome;
}

}  // namespace lockstep
