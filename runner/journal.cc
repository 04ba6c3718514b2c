#include "runner/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <boost/crc.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engines/parallel.h"
#include "engines/sha256.h"
#include "specs/json_dump.h"

namespace lockstep {

namespace {

constexpr std::string_view kCrcKey = ",\"crc\":\"";
constexpr std::size_t kCrcDigits = 8;
constexpr std::size_t kTail = kCrcKey.size() + kCrcDigits + 2;  // ,"crc":"xxxxxxxx"}
constexpr std::size_t kMaxActionText = 64 << 10;  // a longer statement is recorded by its beginning and its sha256

std::string crc_hex(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return fmt::format("{:08x}", crc.checksum());
}

Error not_writable(const std::string& path, std::string_view doing, int error) {
  return {"journal-not-writable"_code, fmt::format("cannot {} \"{}\": {}", doing, path, std::strerror(error)),
          "give a folder that can be written with --state-dir, or make room on the disk"};
}

Result<void> make_private_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT) return not_writable(path, "create the folder", errno);
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos || slash == 0) return not_writable(path, "create the folder", ENOENT);
  if (Result<void> parent = make_private_folder(path.substr(0, slash)); !parent) return parent;
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return not_writable(path, "create the folder", errno);
}

// A new file's name is durable only when its folder is.
Result<void> sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return not_writable(path, "open the folder", errno);
  const int failed = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  if (failed != 0) return not_writable(path, "sync the folder", failed);
  return {};
}

Result<void> write_all(int descriptor, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return not_writable(path, "write the journal", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// How the action ended.
bool nobody_knows(const Error& error) {
  return error.code == "outcome-unknown" ||
         std::any_of(error.context.begin(), error.context.end(), [](const std::string& circumstance) {
           return circumstance.find(kMayStillRun) != std::string::npos;
         });
}

std::string key_of(const Action& action) {
  return action.target + '\n' + action.text;
}

}  // namespace

Journal::Journal(std::string path, int descriptor, const SecretSet& secrets)
    : path_(std::move(path)), descriptor_(descriptor), secrets_(secrets), previous_hash_(64, '0') {}

Journal::~Journal() {
  ::close(descriptor_);
}

Result<std::unique_ptr<Journal>> Journal::create(const std::string& state_dir, const std::string& run_id,
                                                 const Json& header, const SecretSet& secrets) {
  const std::string folder = state_dir + "/runs";
  if (Result<void> made = make_private_folder(folder); !made) return std::move(made).error();
  const std::string path = fmt::format("{}/{}.journal", folder, run_id);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return not_writable(path, "create the journal", errno);
  std::unique_ptr<Journal> journal(new Journal(path, descriptor, secrets));
  Json body = header;
  body["version"] = kJournalVersion;
  if (Result<void> written = journal->append_durably("run_started", body); !written) return std::move(written).error();
  if (Result<void> synced = sync_folder(folder); !synced) return std::move(synced).error();
  return journal;
}

std::vector<std::string> Journal::contents_of(const Json& body) const {
  std::vector<std::string> contents;
  contents.push_back(content_of(body));  // not copied, as it would be out of an initializer list
  return contents;
}

Result<void> Journal::append(std::string_view type, const Json& body) {
  Result<std::uint64_t> sequence = write_records(type, contents_of(body));
  if (!sequence) return std::move(sequence).error();
  return {};
}

Result<void> Journal::append_durably(std::string_view type, const Json& body) {
  Result<std::uint64_t> sequence = write_records(type, contents_of(body));
  if (!sequence) return std::move(sequence).error();
  return sync_up_to(*sequence);
}

Result<void> Journal::append_all(std::string_view type, const std::vector<Json>& bodies, bool durably) {
  if (bodies.empty()) return {};
  std::vector<std::string> contents(bodies.size());
  parallel_for(bodies.size(), processors(), {}, [&](std::size_t i) { contents[i] = content_of(bodies[i]); });
  Result<std::uint64_t> sequence = write_records(type, contents);
  if (!sequence) return std::move(sequence).error();
  if (durably) return sync_up_to(*sequence);
  return {};
}

// The outputs of a step can be large: they are not copied into a tree of the whole record.
std::string Journal::content_of(const Json& body) const {
  return secrets_.would_redact(body) ? dump_json(secrets_.redact(body)) : dump_json(body);
}

Result<std::uint64_t> Journal::write_records(std::string_view type, const std::vector<std::string>& contents) {
  std::string lines;
  std::lock_guard lock(mutex_);
  if (broken_) return *broken_;
  std::string hash = previous_hash_;
  std::uint64_t sequence = next_sequence_;
  const std::string time = rfc3339(std::chrono::system_clock::now());
  for (const std::string& content : contents) {
    const std::size_t begin = lines.size();
    const auto line = [&] { return std::string_view(lines).substr(begin); };
    fmt::format_to(std::back_inserter(lines), R"({{"body":{},"prev":"{}","seq":{},"time":"{}","type":"{}")", content,
                   hash, sequence++, time, type);
    lines += fmt::format("{}{}\"}}", kCrcKey, crc_hex(line()));
    hash = sha256_hex(line());
    lines += '\n';
  }
  if (Result<void> written = write_all(descriptor_, path_, lines); !written) {
    broken_ = written.error();
    return *broken_;
  }
  previous_hash_ = std::move(hash);
  next_sequence_ = sequence;
  return sequence - 1;
}

// Group commit: whoever finds no sync under way does it for every record written so far; the others wait for it.
Result<void> Journal::sync_up_to(std::uint64_t sequence) {
  std::unique_lock lock(mutex_);
  while (durable_ <= sequence) {
    if (broken_) return *broken_;
    if (syncing_) {
      synced_.wait(lock);
      continue;
    }
    syncing_ = true;
    const std::uint64_t covered = next_sequence_;
    lock.unlock();
    const int failed = ::fdatasync(descriptor_) == 0 ? 0 : errno;
    lock.lock();
    syncing_ = false;
    // After a failed sync the kernel may have dropped the pages: trying again would only pretend.
    if (failed != 0)
      broken_ = not_writable(path_, "sync the journal", failed);
    else
      durable_ = covered;
    synced_.notify_all();
  }
  return {};
}

JournalActionLog::JournalActionLog(Journal* journal, std::string step, std::int64_t item, int attempt)
    : journal_(journal), step_(std::move(step)), item_(item), attempt_(attempt) {}

Json JournalActionLog::place(std::uint64_t number) const {
  Json body{{"step", step_}, {"attempt", attempt_}, {"action", number}};
  if (item_ >= 0) body["item"] = item_;
  return body;
}

std::uint64_t JournalActionLog::begin(const Action& action) {
  std::lock_guard lock(mutex_);
  changed_ = changed_ || action.changes;
  open_.push_back({next_, action.target, action.text, action.changes});
  statuses_[key_of(action)] = Action::Status::unknown;
  return next_++;
}

Json JournalActionLog::start_of(const Action& action, std::uint64_t number) const {
  Json body = place(number);
  body.update(action_json(action));
  if (action.text.size() > kMaxActionText) {
    body["text_sha256"] = sha256_hex(action.text);
    body["text"] = action.text.substr(0, kMaxActionText);
  }
  return body;
}

Result<void> JournalActionLog::started(const Action& action) {
  return started_together({&action});
}

// The last one's way to the disk is that of all.
Result<void> JournalActionLog::started_together(const std::vector<const Action*>& actions) {
  bool changes = false;
  std::vector<Json> bodies;
  bodies.reserve(actions.size());
  for (const Action* action : actions) {
    const std::uint64_t number = begin(*action);
    if (journal_ == nullptr) continue;
    changes = changes || action->changes;
    bodies.push_back(start_of(*action, number));
  }
  return journal_ == nullptr ? Result<void>() : journal_->append_all("action_started", bodies, changes);
}

Result<void> JournalActionLog::finished(const Action& action, const std::optional<Error>& error) {
  return end(action, error,
             !error                 ? Action::Status::done
             : nobody_knows(*error) ? Action::Status::unknown
                                    : Action::Status::failed);
}

Result<void> JournalActionLog::withdrawn(const Action& action, const Error& why) {
  return end(action, why, Action::Status::not_run);
}

void JournalActionLog::tell_status(std::vector<Action>& actions) const {
  std::lock_guard lock(mutex_);
  for (Action& action : actions) {
    const auto logged = statuses_.find(key_of(action));
    if (logged != statuses_.end())
      action.status = logged->second;
    else if (action.changes)
      action.status = Action::Status::not_run;
  }
}

Result<void> JournalActionLog::end(const Action& action, const std::optional<Error>& error, Action::Status status) {
  std::optional<std::uint64_t> number;
  {
    std::lock_guard lock(mutex_);
    statuses_[key_of(action)] = status;
    for (auto open = open_.begin(); open != open_.end(); ++open)
      if (open->target == action.target && open->text == action.text) {
        number = open->number;
        // An unknown outcome is no result: the action stays open.
        if (!error || error->code != "outcome-unknown") open_.erase(open);
        break;
      }
  }
  if (journal_ == nullptr) return {};
  Json body = place(number.value_or(next_));
  body["error"] = error ? error_json(*error) : Json();
  return journal_->append("action_finished", body);
}

Result<void> JournalActionLog::submitted(std::string_view connection, std::string_view statement_id, bool awaited) {
  if (journal_ == nullptr) return {};
  Json body{{"step", step_}, {"attempt", attempt_}, {"connection", connection}, {"statement_id", statement_id}};
  if (item_ >= 0) body["item"] = item_;
  return awaited ? journal_->append_durably("statement_submitted", body)
                 : journal_->append("statement_submitted", body);
}

bool JournalActionLog::changed() const {
  std::lock_guard lock(mutex_);
  return changed_;
}

bool JournalActionLog::has_open_change() const {
  std::lock_guard lock(mutex_);
  return std::any_of(open_.begin(), open_.end(), [](const Open& open) { return open.changes; });
}

namespace {

// Nothing when the line is not exactly what the journal writes.
std::optional<JournalRecord> parse_record(std::string_view line, std::uint64_t sequence, std::string_view previous) {
  if (line.size() <= kTail || !line.ends_with("\"}")) return std::nullopt;
  const std::string_view content = line.substr(0, line.size() - kTail);
  const std::string_view tail = line.substr(content.size());
  if (!tail.starts_with(kCrcKey) || tail.substr(kCrcKey.size(), kCrcDigits) != crc_hex(content)) return std::nullopt;
  const Json json = Json::parse(std::string(content) + "}", nullptr, false);
  if (!json.is_object() || json.value("seq", Json()) != Json(sequence) ||
      json.value("prev", Json()) != Json(previous) || !json.value("type", Json()).is_string() ||
      !json.value("time", Json()).is_string() || !json.contains("body"))
    return std::nullopt;
  return JournalRecord{sequence, json["type"], json["time"], json["body"]};
}

Error damaged(std::uint64_t offset, std::string_view what) {
  return {"journal-damaged"_code, fmt::format("the journal is damaged at byte {}: {}", offset, what),
          "keep the file as it is and restore it from a backup; what the run did behind this place is not known"};
}

}  // namespace

Result<JournalContents> parse_journal(std::string_view text) {
  JournalContents contents;
  std::string previous(64, '0');
  while (contents.valid_bytes < text.size()) {
    const std::string_view rest = text.substr(contents.valid_bytes);
    const std::size_t newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline);
    std::optional<JournalRecord> record;
    if (newline != std::string_view::npos) record = parse_record(line, contents.records.size(), previous);
    if (!record) {
      const bool last = newline == std::string_view::npos || newline + 1 == rest.size();
      if (!last) return damaged(contents.valid_bytes, "this record does not fit its checksum or its place");
      contents.torn_bytes = rest.size();
      break;
    }
    if (record->sequence == 0 && (record->type != "run_started" || record->body.value("version", 0) != kJournalVersion))
      return Error("journal-version"_code,
                   fmt::format("the journal has version {}, this program reads version {}",
                               dump_json(record->body.value("version", Json())), kJournalVersion),
                   "use the version of lockstep that wrote it");
    previous = sha256_hex(line);
    contents.valid_bytes += newline + 1;
    contents.records.push_back(*std::move(record));
  }
  return contents;
}

Result<JournalContents> read_journal(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Error("journal-not-readable"_code, fmt::format("cannot open \"{}\": {}", path, std::strerror(errno)),
                 "give the path of a file runs/<run id>.journal in the state folder");
  std::ostringstream text;
  text << file.rdbuf();
  Result<JournalContents> contents = parse_journal(text.str());
  if (!contents) return std::move(contents).error().with_context(fmt::format("in \"{}\"", path));
  return contents;
}

}  // namespace lockstep
