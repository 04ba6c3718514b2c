#include "runner/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/crc.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "run_support.h"

namespace lockstep {
namespace {

using lockstep::testing::TestFolder;
using ::testing::HasSubstr;

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A journal of a few records, as text.
std::string sample() {
  TestFolder folder;
  SecretSet secrets;
  Result<std::unique_ptr<Journal>> journal = Journal::create(folder.path(), "r1", {{"runbook", "x.yaml"}}, secrets);
  EXPECT_TRUE(journal);
  EXPECT_TRUE((*journal)->append("step_started", {{"step", "a\n\"b\""}}));
  EXPECT_TRUE((*journal)->append_durably("step_finished", {{"step", "a"}, {"outputs", {1, 2.5, nullptr}}}));
  EXPECT_TRUE((*journal)->append("run_finished", {{"status", "succeeded"}}));
  return read((*journal)->path());
}

std::vector<std::size_t> line_ends(const std::string& text) {
  std::vector<std::size_t> ends{0};
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') ends.push_back(i + 1);
  return ends;
}

TEST(Journal, ReadsBackWhatWasWritten) {
  Result<JournalContents> contents = parse_journal(sample());
  ASSERT_TRUE(contents) << contents.error().message;
  ASSERT_EQ(contents->records.size(), 4U);
  EXPECT_EQ(contents->records[0].type, "run_started");
  EXPECT_EQ(contents->records[0].body["version"], kJournalVersion);
  EXPECT_EQ(contents->records[1].body["step"], "a\n\"b\"");
  EXPECT_EQ(contents->records[2].body["outputs"], Json::parse("[1, 2.5, null]"));
  EXPECT_EQ(contents->torn_bytes, 0U);
}

// A kill or a power cut leaves a prefix: whole records are read, the torn one is counted, nothing is invented.
TEST(Journal, EveryPrefixIsReadUpToItsLastWholeRecord) {
  const std::string text = sample();
  const std::vector<std::size_t> ends = line_ends(text);
  for (std::size_t size = 0; size <= text.size(); ++size) {
    Result<JournalContents> contents = parse_journal(std::string_view(text).substr(0, size));
    ASSERT_TRUE(contents) << size;
    std::size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= size) ++whole;
    ASSERT_EQ(contents->records.size(), whole) << size;
    ASSERT_EQ(contents->valid_bytes, ends[whole]) << size;
    ASSERT_EQ(contents->torn_bytes, size - ends[whole]) << size;
  }
}

// No single changed byte goes unnoticed: it is refused with its record's offset, or it is in the last record, which is
// then not read.
TEST(Journal, EveryFlippedByteIsNoticed) {
  const std::string text = sample();
  const std::vector<std::size_t> ends = line_ends(text);
  const std::size_t last_begins = ends[ends.size() - 2];
  for (std::size_t i = 0; i < text.size(); ++i)
    for (unsigned flip : {0x01U, 0x20U, 0x80U}) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ flip);
      std::size_t begins = 0;
      for (std::size_t end : ends)
        if (end <= i) begins = end;
      Result<JournalContents> contents = parse_journal(damaged);
      if (contents) {
        // The last record, or the line feed before it, which makes one line of two.
        ASSERT_TRUE(begins == last_begins || i + 1 == last_begins) << i;
        ASSERT_LT(contents->records.size(), 4U) << i;
        ASSERT_EQ(contents->torn_bytes, text.size() - begins) << i;
      } else {
        ASSERT_EQ(contents.error().code, "journal-damaged") << i;
        ASSERT_THAT(contents.error().message, HasSubstr("byte " + std::to_string(begins) + ":")) << i;
      }
    }
}

TEST(Journal, ARecordTakenOutOrMovedIsNoticed) {
  const std::string text = sample();
  const std::vector<std::size_t> ends = line_ends(text);
  const std::string without = text.substr(0, ends[1]) + text.substr(ends[2]);
  EXPECT_FALSE(parse_journal(without));
  const std::string swapped = text.substr(0, ends[1]) + text.substr(ends[2], ends[3] - ends[2]) +
                              text.substr(ends[1], ends[2] - ends[1]) + text.substr(ends[3]);
  EXPECT_FALSE(parse_journal(swapped));
}

TEST(Journal, RefusesAnotherVersion) {
  // A whole record with the right checksum, so that only the version can be the reason.
  std::string content = R"({"body":{"version":9},"prev":")" + std::string(64, '0') +
                        R"(","seq":0,"time":"2026-11-24T10:00:00.000Z","type":"run_started")";
  boost::crc_32_type crc;
  crc.process_bytes(content.data(), content.size());
  Result<JournalContents> contents = parse_journal(fmt::format("{},\"crc\":\"{:08x}\"}}\n", content, crc.checksum()));
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().code, "journal-version");
}

TEST(Journal, IsPrivateAndRefusesAnExistingFile) {
  TestFolder folder;
  SecretSet secrets;
  ASSERT_TRUE(Journal::create(folder.path(), "r1", Json::object(), secrets));
  EXPECT_EQ(std::filesystem::status(folder.path() + "/runs").permissions(), std::filesystem::perms::owner_all);
  Result<std::unique_ptr<Journal>> again = Journal::create(folder.path(), "r1", Json::object(), secrets);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "journal-not-writable");
}

// The kernel refuses a file that grows beyond the limit, as it would on a full disk.
TEST(Journal, AFailedWriteIsAnErrorFromThenOn) {
  TestFolder folder;
  SecretSet secrets;
  Result<std::unique_ptr<Journal>> journal = Journal::create(folder.path(), "r1", Json::object(), secrets);
  ASSERT_TRUE(journal);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{2000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Result<void> written;
  for (int i = 0; i < 100 && written; ++i) written = (*journal)->append("note", {{"i", i}});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "journal-not-writable");
  EXPECT_FALSE((*journal)->append("note", Json::object()));  // there is room again, but there would be a hole
  Result<JournalContents> contents = read_journal((*journal)->path());
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_GT(contents->records.size(), 2U);
}

TEST(Journal, ThreadsShareItsSyncsAndKeepTheChain) {
  TestFolder folder;
  SecretSet secrets;
  Result<std::unique_ptr<Journal>> journal = Journal::create(folder.path(), "r1", Json::object(), secrets);
  ASSERT_TRUE(journal);
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) EXPECT_TRUE((*journal)->append_durably("note", {{"t", t}, {"i", i}}));
      });
  }
  Result<JournalContents> contents = read_journal((*journal)->path());
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->records.size(), 201U);
  EXPECT_EQ(contents->torn_bytes, 0U);
}

TEST(Journal, RedactsSecrets) {
  TestFolder folder;
  SecretSet secrets;
  ASSERT_TRUE(secrets.add("T", "hunter22"));
  Result<std::unique_ptr<Journal>> journal =
      Journal::create(folder.path(), "r1", {{"params", {{"p", "hunter22"}}}}, secrets);
  ASSERT_TRUE(journal);
  EXPECT_THAT(read((*journal)->path()), ::testing::Not(HasSubstr("hunter22")));
}

TEST(JournalActionLog, KnowsWhatHasNoResult) {
  JournalActionLog log(nullptr, "a", -1, 1);
  const Action reads{Action::Kind::sql, "c", "t", "SELECT 1", "", false};
  const Action writes{Action::Kind::sql, "c", "t", "DROP TABLE t", "", true};
  ASSERT_TRUE(log.started(reads));
  EXPECT_FALSE(log.changed());
  ASSERT_TRUE(log.started(writes));
  EXPECT_TRUE(log.changed());
  EXPECT_TRUE(log.has_open_change());
  ASSERT_TRUE(log.finished(writes, Error("outcome-unknown"_code, "gone", "look")));
  EXPECT_TRUE(log.has_open_change());
  ASSERT_TRUE(log.finished(writes, std::nullopt));
  EXPECT_FALSE(log.has_open_change());
}

TEST(JournalActionLog, TellsWhatBecameOfEachAction) {
  JournalActionLog log(nullptr, "a", -1, 1);
  std::vector<Action> actions;
  for (const char* text : {"done", "failed", "lost", "interrupted", "cancelled", "withdrawn", "begun", "never", "read"})
    actions.push_back({Action::Kind::sql, "c", "t", text, "", text != std::string_view("read")});
  const auto ended = [&](std::size_t index, const std::optional<Error>& error) {
    ASSERT_TRUE(log.started(actions[index]));
    ASSERT_TRUE(log.finished(actions[index], error));
  };
  ended(0, std::nullopt);
  ended(1, Error("sql-failed"_code, "no", "mend it"));
  ended(2, Error("outcome-unknown"_code, "gone", "look"));
  ended(3,
        Error("timeout"_code, "late", "wait").with_context("the statement 1 may still run: it could not be cancelled"));
  ended(4, Error("cancelled"_code, "stopped", "go on"));
  ASSERT_TRUE(log.started_together({&actions[5], &actions[6]}));
  ASSERT_TRUE(log.withdrawn(actions[5], Error("cancelled"_code, "stopped", "go on")));
  log.tell_status(actions);
  using Status = Action::Status;
  std::vector<std::optional<Status>> statuses;
  statuses.reserve(actions.size());
  for (const Action& action : actions) statuses.push_back(action.status);
  EXPECT_EQ(statuses, (std::vector<std::optional<Status>>{Status::done, Status::failed, Status::unknown,
                                                          Status::unknown, Status::failed, Status::not_run,
                                                          Status::unknown, Status::not_run, std::nullopt}));
}

TEST(JournalActionLog, RecordsSeveralActionsAtOnce) {
  TestFolder folder;
  SecretSet secrets;
  Result<std::unique_ptr<Journal>> journal = Journal::create(folder.path(), "r1", Json::object(), secrets);
  ASSERT_TRUE(journal);
  JournalActionLog log(journal->get(), "evolve", -1, 1);
  const Action first{Action::Kind::sql, "dr", "a.s.t", "ALTER TABLE t", "", true};
  const Action second{Action::Kind::sql, "dr", "a.s.u", "ALTER TABLE u", "", true};
  ASSERT_TRUE(log.started_together({&first, &second}));
  EXPECT_TRUE(log.has_open_change());
  const Result<JournalContents> contents = read_journal((*journal)->path());
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->records.size(), 3U);
  EXPECT_EQ(contents->records[1].body["text"], "ALTER TABLE t");
  EXPECT_EQ(contents->records[2].body["text"], "ALTER TABLE u");
  EXPECT_EQ(contents->records[2].body["action"], 1);
  ASSERT_TRUE(log.finished(second, std::nullopt));
  EXPECT_TRUE(log.has_open_change());
  ASSERT_TRUE(log.finished(first, std::nullopt));
  EXPECT_FALSE(log.has_open_change());
}

// What a run that was killed has to be followed up by.
TEST(JournalActionLog, RecordsTheIdsOfStatements) {
  TestFolder folder;
  SecretSet secrets;
  Result<std::unique_ptr<Journal>> journal = Journal::create(folder.path(), "r1", Json::object(), secrets);
  ASSERT_TRUE(journal);
  JournalActionLog log(journal->get(), "count", 2, 3);
  ASSERT_TRUE(log.submitted("dr", "01ef-1", true));
  const Result<JournalContents> contents = read_journal((*journal)->path());
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->records.back().type, "statement_submitted");
  EXPECT_EQ(contents->records.back().body,
            (Json{{"step", "count"}, {"attempt", 3}, {"item", 2}, {"connection", "dr"}, {"statement_id", "01ef-1"}}));
  EXPECT_TRUE(JournalActionLog(nullptr, "count", -1, 1).submitted("dr", "01ef-1", true));
}

TEST(ReadJournal, NamesAFileThatIsNotThere) {
  Result<JournalContents> contents = read_journal("/no/such.journal");
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().code, "journal-not-readable");
}

}  // namespace
}  // namespace lockstep
