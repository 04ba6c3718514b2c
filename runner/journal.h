// The journal of a run: what was begun and what came of it, in one append-only file that outlives a kill.
//
// A line is a JSON object without spaces; its last member is the CRC-32 (zlib's) of the line's bytes before `,"crc":`:
//   {"body":{...},"prev":"<sha256 of the line before, 64 hex>","seq":N,"time":"...","type":"...","crc":"xxxxxxxx"}
// Types: run_started (version, runbook path and sha256, params), step_started, action_started, statement_submitted (the
// server's id of a statement), action_finished, step_finished, run_finished. Every string is redacted.
//
// Durability: each record is handed to the kernel before the call returns, so kill -9 loses nothing. What must also
// survive a power cut is synced: run_started, the start of every action that changes something (before it is executed),
// the id of a statement that may change something and still runs (before it is waited for), the end of every step that
// changed something, run_finished. Callers that sync at the same time share one fdatasync.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/step.h"
#include "runner/report.h"
#include "specs/document.h"
#include "specs/result.h"
#include "specs/secrets.h"

namespace lockstep {

constexpr int kJournalVersion = 1;

// Thread-safe. After a failed write every later append answers the same error: a journal with a hole is none.
class Journal {
 public:
  // Creates <state_dir>/runs/<run_id>.journal (0600; folders 0700) with its first record, durably.
  // `secrets` outlives the journal. Errors: "journal-not-writable".
  static Result<std::unique_ptr<Journal>> create(const std::string& state_dir, const std::string& run_id,
                                                 const Json& header, const SecretSet& secrets);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  Result<void> append(std::string_view type, const Json& body);
  // Returns when the record, and with it every earlier one, is on the disk.
  Result<void> append_durably(std::string_view type, const Json& body);
  // A record for each of `bodies`, with nothing between them; all of them on the disk if `durably`.
  Result<void> append_all(std::string_view type, const std::vector<Json>& bodies, bool durably);

 private:
  Journal(std::string path, int descriptor, const SecretSet& secrets);
  [[nodiscard]] std::string content_of(const Json& body) const;
  [[nodiscard]] std::vector<std::string> contents_of(const Json& body) const;
  // Returns the sequence number of the last one.
  Result<std::uint64_t> write_records(std::string_view type, const std::vector<std::string>& contents);
  Result<void> sync_up_to(std::uint64_t sequence);

  const std::string path_;
  const int descriptor_;
  const SecretSet& secrets_;
  std::mutex mutex_;
  std::condition_variable synced_;
  std::string previous_hash_;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t durable_ = 0;  // records [0, durable_) are on the disk
  bool syncing_ = false;       // one thread is in fdatasync for all
  std::optional<Error> broken_;
};

// Records one step's actions (or one for_each item's) in the journal. Thread-safe.
class JournalActionLog final : public ActionLog {
 public:
  // `item`: index of the for_each item, or -1. `journal` null: nothing is recorded (there is no state to keep).
  JournalActionLog(Journal* journal, std::string step, std::int64_t item, int attempt);
  Result<void> started(const Action& action) override;
  Result<void> started_together(const std::vector<const Action*>& actions) override;
  Result<void> finished(const Action& action, const std::optional<Error>& error) override;
  Result<void> withdrawn(const Action& action, const Error& why) override;
  Result<void> submitted(std::string_view connection, std::string_view statement_id, bool awaited) override;
  // Whether an action that changes something was started.
  [[nodiscard]] bool changed() const;
  // Whether such an action has no result.
  [[nodiscard]] bool has_open_change() const;
  // Says in `actions` what became of each: one that changes something and was never logged has not run.
  void tell_status(std::vector<Action>& actions) const;

 private:
  struct Open {
    std::uint64_t number;
    std::string target;
    std::string text;
    bool changes;
  };
  Json place(std::uint64_t number) const;
  // Takes note of an action that starts; returns its number.
  std::uint64_t begin(const Action& action);
  Json start_of(const Action& action, std::uint64_t number) const;
  Result<void> end(const Action& action, const std::optional<Error>& error, Action::Status status);

  Journal* journal_;
  const std::string step_;
  const std::int64_t item_;
  const int attempt_;
  mutable std::mutex mutex_;
  std::vector<Open> open_;
  std::unordered_map<std::string, Action::Status> statuses_;  // of what was logged, by key_of()
  std::uint64_t next_ = 0;
  bool changed_ = false;
};

struct JournalRecord {
  std::uint64_t sequence = 0;
  std::string type;
  std::string time;
  Json body;
};

struct JournalContents {
  std::vector<JournalRecord> records;
  std::uint64_t valid_bytes = 0;
  std::uint64_t torn_bytes = 0;  // behind the valid ones: a record that was being written when the power went
};

// Errors: "journal-not-readable", "journal-damaged" (damage before the last record; the message holds the offset),
// "journal-version". A torn last record is no error: it is counted in torn_bytes.
Result<JournalContents> read_journal(const std::string& path);
Result<JournalContents> parse_journal(std::string_view text);

}  // namespace lockstep
