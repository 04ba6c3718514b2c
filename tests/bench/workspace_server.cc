// A workspace that answers at once, but for its latency: what bench.py measures the client against.
//   workspace_server LATENCY_MS [CA_FILE]     over TLS, with the CA written to CA_FILE when one is named
// Prints its port, then obeys lines of stdin: "figures" prints what was served so far as JSON, with the moments
// (seconds since 1970) at which the statements since the last time came; "drift" first lets 100 of the clone's tables
// lack a column again; the end of stdin ends it. Two catalogs, prod and staging, of 1,000 tables x 20 columns.
#include <fmt/format.h>
#include <sys/resource.h>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <shared_mutex>
#include <thread>

#include "engines/workspace/answer_json.h"
#include "tests/faults/hostile_server.h"

namespace {

using namespace lockstep::testing;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kTables = 1000;
constexpr int kColumns = 20;
constexpr int kDriftedEvery = 10;

// The columns of every table, and their text in the answer of information_schema, ready to be sent.
class Tables {
 public:
  Tables() { drift(); }

  void drift() {
    std::unique_lock lock(mutex_);
    for (int clone = 0; clone < 2; ++clone)
      for (int table = 0; table < kTables; ++table) {
        std::vector<std::pair<std::string, std::string>>& columns = tables_[clone][table];
        columns.clear();
        const bool drifted = clone == 1 && table % kDriftedEvery == 0;
        for (int column = 0; column < (drifted ? kColumns - 1 : kColumns); ++column) {
          static const char* kTypes[] = {"bigint", "string", "decimal(12,2)", "timestamp", "double"};
          // Every table has columns of its own, as in life: what is read twice is read of the clone alone.
          columns.emplace_back(fmt::format("t{:04}_c{}", table, column), kTypes[column % 5]);
        }
      }
    for (int clone = 0; clone < 2; ++clone)
      for (int table = 0; table < kTables; ++table) write(clone, table);
  }

  // A row a table, comma between; how many are added to `count`.
  // `named`: the rest of a statement that asks for some tables only; empty: all.
  [[nodiscard]] std::string rows(int clone, int index, std::string_view named, bool with_columns,
                                 std::size_t& count) const {
    std::shared_lock lock(mutex_);
    std::string all;
    for (int table = 0; table < kTables; ++table) {
      const std::string name = fmt::format("t{:04}", table);
      if (!named.empty() && named.find("'" + name + "'") == std::string_view::npos) continue;
      all += fmt::format(R"({}["{}","sales","{}","MANAGED")", all.empty() ? "" : ",", index, name);
      if (with_columns && index > 0 && texts_[clone][table] == texts_[0][table])
        all += fmt::format(R"(,"{}",null)", tables_[clone][table].size());
      else if (with_columns)
        all += fmt::format(R"(,"{}","{}")", tables_[clone][table].size(), texts_[clone][table]);
      all += ']';
      ++count;
    }
    return all;
  }

  // False when there is no such table, or it has the column already.
  bool add(int clone, int table, const std::string& column, const std::string& type) {
    if (table < 0 || table >= kTables) return false;
    std::unique_lock lock(mutex_);
    for (const auto& [name, known] : tables_[clone][table])
      if (name == column) return false;
    tables_[clone][table].emplace_back(column, type);
    write(clone, table);
    return true;
  }

 private:
  // As the statement makes it: a text has its length before it, '-' is NULL.
  void write(int clone, int table) {
    std::string& text = texts_[clone][table];
    text.clear();
    int position = 0;
    for (const auto& [name, type] : tables_[clone][table])
      text += fmt::format("{}?{}:{}{}:{}--", position++, name.size(), name, type.size(), type);
  }

  mutable std::shared_mutex mutex_;
  std::vector<std::pair<std::string, std::string>> tables_[2][kTables];
  std::string texts_[2][kTables];
};

struct Answer {
  std::vector<std::pair<const char*, const char*>> columns;  // name, type_name
  std::string rows;                                          // JSON arrays, comma between
  std::size_t row_count = 0;
  std::string error;
};

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

std::string numbered_rows(std::size_t count, const char* rest) {
  std::string rows;
  for (std::size_t i = 0; i < count; ++i) rows += fmt::format("{}[\"{}\",{}]", i == 0 ? "" : ",", i, rest);
  return rows;
}

Answer contents(const Tables& tables, std::string_view sql) {
  Answer answer;
  answer.columns = {{"catalog_index", "INT"}, {"table_schema", "STRING"}, {"table_name", "STRING"},
                    {"table_type", "STRING"}, {"column_count", "LONG"},   {"columns", "STRING"}};
  const bool with_columns = sql.find("array_join(array_sort(collect_list(concat(") != std::string_view::npos;
  if (!with_columns) answer.columns.resize(4);
  if (!with_columns && !sql.starts_with("SELECT 0 AS catalog_index, t.table_schema, t.table_name, t.table_type FROM")) {
    answer.error = "[UNKNOWN_TO_BENCH] another form of the metadata statement than this server answers";
    return answer;
  }
  constexpr std::string_view kMark = "information_schema.tables AS t";
  int index = 0;
  for (std::size_t at = sql.find(kMark); at != std::string_view::npos; at = sql.find(kMark, at + 1)) {
    const std::string_view before = sql.substr(0, at);
    const std::string_view catalog = before.substr(before.rfind("FROM ") + 5);
    if (index > 0) answer.rows += ',';
    const std::size_t in = sql.find("(t.table_schema, t.table_name) IN (");
    answer.rows +=
        tables.rows(catalog.find("staging") == std::string_view::npos ? 0 : 1, index++,
                    in == std::string_view::npos ? std::string_view() : sql.substr(in), with_columns, answer.row_count);
  }
  return answer;
}

// ALTER TABLE `staging`.`sales`.`t0010` ADD COLUMNS (`t0010_c19` DOUBLE)
Answer alter(Tables& tables, std::string_view sql) {
  Answer answer;
  const std::size_t list = sql.find(" ADD COLUMNS (");
  const std::size_t table = sql.find(".`t");
  const std::size_t name = sql.find('`', list == std::string_view::npos ? sql.size() : list);
  const std::size_t end = name == std::string_view::npos ? name : sql.find("` ", name + 1);
  if (end == std::string_view::npos || table == std::string_view::npos || table > list || !sql.ends_with(')')) {
    answer.error = "[PARSE_SYNTAX_ERROR] this server knows one form of ALTER: " + std::string(sql.substr(0, 200));
    return answer;
  }
  const std::string type(sql.substr(end + 2, sql.size() - 1 - (end + 2)));
  if (!tables.add(sql.find("staging") == std::string_view::npos ? 0 : 1,
                  std::atoi(std::string(sql.substr(table + 3, 4)).c_str()),
                  std::string(sql.substr(name + 1, end - name - 1)), type))
    answer.error = "[FIELD_ALREADY_EXISTS] " + std::string(sql.substr(0, 200));
  return answer;
}

Answer answer_to(Tables& tables, const std::string& sql) {
  constexpr const char* kSums = R"("42","271828182845904523536","314159265358979323846")";
  Answer answer;
  if (sql.find("information_schema.tables") != std::string::npos) return contents(tables, sql);
  if (sql.starts_with("ALTER TABLE")) return alter(tables, sql);
  if (sql.find(" AS sum_1") != std::string::npos) {
    answer.columns = {{"row_count", "LONG"}, {"sum_1", "STRING"}, {"sum_2", "STRING"}};
    answer.row_count = count_of(sql, " AS row_count");
    answer.rows = fmt::format("[{}]", kSums);
    if (sql.starts_with("SELECT 0 AS i")) {
      answer.columns.insert(answer.columns.begin(), {"i", "INT"});
      answer.rows = numbered_rows(answer.row_count, kSums);
    }
    return answer;
  }
  if (sql.starts_with("SELECT 0 AS i, count(*)")) {
    answer.columns = {{"i", "INT"}, {"row_count", "LONG"}};
    answer.row_count = count_of(sql, " AS row_count");
    answer.rows = numbered_rows(answer.row_count, R"("42")");
    return answer;
  }
  if (sql.starts_with("DESCRIBE HISTORY ")) {
    answer.columns = {{"version", "LONG"}, {"operation", "STRING"}};
    answer.rows = R"(["7","WRITE"])";
    answer.row_count = 1;
    return answer;
  }
  if (sql == "SELECT 1") {
    answer.columns = {{"1", "INT"}};
    answer.rows = R"(["1"])";
    answer.row_count = 1;
    return answer;
  }
  answer.error = "[UNKNOWN_TO_BENCH] " + sql.substr(0, 200);
  return answer;
}

std::string body_of(const Answer& answer, int number) {
  const std::string id = fmt::format("01f0{:04x}-0000-1000-8000-{:012x}", number & 0xffff, number);
  if (!answer.error.empty())
    return Json{
        {"statement_id", id},
        {"status", {{"state", "FAILED"}, {"error", {{"error_code", "BAD_REQUEST"}, {"message", answer.error}}}}}}
        .dump();
  std::string columns;
  for (std::size_t i = 0; i < answer.columns.size(); ++i)
    columns += fmt::format(R"({}{{"name":"{}","type_text":"{}","type_name":"{}","position":{}}})", i == 0 ? "" : ",",
                           answer.columns[i].first, answer.columns[i].second, answer.columns[i].second, i);
  return fmt::format(
      R"({{"statement_id":"{0}","status":{{"state":"SUCCEEDED"}},"manifest":{{"format":"JSON_ARRAY","schema":)"
      R"({{"column_count":{1},"columns":[{2}]}},"total_chunk_count":1,"total_row_count":{3},"truncated":false}},)"
      R"("result":{{"chunk_index":0,"row_offset":0,"row_count":{3},"data_array":[{4}]}}}})",
      id, answer.columns.size(), columns, answer.row_count, answer.rows);
}

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::milliseconds latency(argc > 1 ? std::atoi(argv[1]) : 20);
  Tables tables;
  std::atomic<int> failed{0}, now{0}, most{0};
  std::mutex mutex;
  std::vector<double> moments;  // of statements
  ServerSetup setup;
  setup.tls = argc > 2;
  setup.handler = [&](const ServedRequest& request) {
    const Clock::time_point began = Clock::now();
    const double moment = seconds_since_1970();
    const int under_way = ++now;
    for (int seen = most; seen < under_way && !most.compare_exchange_weak(seen, under_way);) {
    }
    Reply reply;
    reply.headers = {{"Content-Type", "application/json"}};
    if (request.method == "POST" && request.target == "/api/2.0/sql/statements") {
      // The client's own quick parser: what the server works here, the client on the same two cores lacks.
      const Json body = lockstep::parse_answer(request.body).value_or(Json());
      const Answer answer = answer_to(tables, body.is_object() ? body.value("statement", std::string()) : "");
      {
        const std::lock_guard lock(mutex);
        moments.push_back(moment);
      }
      if (!answer.error.empty()) ++failed;
      reply.body = body_of(answer, request.number);
    } else {
      reply.status = 404;
      reply.body = R"({"error_code":"ENDPOINT_NOT_FOUND","message":"not in the bench"})";
    }
    // From the request to the answer: what this server works itself is part of the latency, not on top of it.
    std::this_thread::sleep_until(began + latency);
    --now;
    return reply;
  };
  const HostileServer server(std::move(setup));
  if (argc > 2) std::filesystem::copy_file(ca_file(), argv[2], std::filesystem::copy_options::overwrite_existing);
  std::cout << server.port() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "drift") tables.drift();
    const std::lock_guard lock(mutex);
    std::cout << Json{{"moments", std::exchange(moments, {})},
                      {"failed", failed.exchange(0)},
                      {"most_at_once", most.exchange(0)},
                      {"requests", server.executed()},
                      {"connections", server.connections()},
                      {"handshakes", server.handshakes()},
                      {"cpu", cpu_seconds()}}
              << std::endl;
  }
  return 0;
}
