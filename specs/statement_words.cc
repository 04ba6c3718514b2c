#include "specs/statement_words.h"

#include <algorithm>
#include <array>
#include <span>

namespace lockstep {

namespace {

constexpr std::array<std::string_view, 11> kReading{"select",  "from",      "with",   "values", "show", "describe",
                                                    "explain", "summarize", "pragma", "table",  "desc"};
// What can stand inside a statement that starts like a reading one: EXPLAIN ANALYZE INSERT, WITH ... DELETE, SELECT
// INTO.
constexpr std::array<std::string_view, 13> kWriting{"insert", "update", "delete", "merge", "create",   "drop", "alter",
                                                    "copy",   "call",   "attach", "into",  "truncate", "use"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) {
  return starts_word(c) || (c >= '0' && c <= '9') || c == '$';
}
bool continues_tag(char c) {
  return continues_word(c) && c != '$';
}

class Lexer {
 public:
  Lexer(std::string_view sql, SqlFlavour flavour) : sql_(sql), spark_(flavour == SqlFlavour::spark) {}

  std::vector<StatementWord> run() {
    while (at_ < sql_.size()) step();
    return std::move(words_);
  }

  // After run(): $name and $1, without the dollar; nothing when a bare ? takes whatever number is next.
  std::optional<std::vector<std::string>> take_parameters() {
    if (question_mark_) return std::nullopt;
    return std::move(parameters_);
  }

 private:
  [[nodiscard]] bool here(std::string_view text) const { return sql_.substr(at_).starts_with(text); }
  [[nodiscard]] std::size_t behind(std::string_view text, std::size_t from) const {
    const std::size_t found = sql_.find(text, from);
    return found == std::string_view::npos ? sql_.size() : found + text.size();
  }

  void step() {
    const char c = sql_[at_];
    if (here("--")) {
      at_ = behind("\n", at_);
    } else if (here("/*")) {
      comment();
    } else if (spark_ && (c == '\'' || c == '"')) {
      closed_by(c, true);
    } else if (spark_ && (c == 'r' || c == 'R') && at_ + 1 < sql_.size() &&
               (sql_[at_ + 1] == '\'' || sql_[at_ + 1] == '"')) {
      ++at_;
      closed_by(sql_[at_], false);
    } else if (spark_ && c == ':' && at_ + 1 < sql_.size() && starts_word(sql_[at_ + 1])) {
      for (++at_; at_ < sql_.size() && continues_word(sql_[at_]);) ++at_;
    } else if (c == '\'') {
      closed_by('\'', false);
    } else if (!spark_ && (c == 'e' || c == 'E') && at_ + 1 < sql_.size() && sql_[at_ + 1] == '\'') {
      ++at_;
      closed_by('\'', true);
    } else if (c == '"' || c == '`') {
      add(closed_by(c, false), true);
    } else if (!spark_ && c == '$') {
      dollar();
    } else if (starts_word(c)) {
      const std::size_t start = at_;
      while (at_ < sql_.size() && continues_word(sql_[at_])) ++at_;
      add(std::string(sql_.substr(start, at_ - start)), false);
    } else if (c >= '0' && c <= '9') {
      while (at_ < sql_.size() && continues_word(sql_[at_])) ++at_;  // 1e5: the e5 is no word
    } else {
      if (c == ';') first_ = true;
      if (c == '.' && !words_.empty() && blank_since_word()) words_.back().qualifies = true;
      question_mark_ = question_mark_ || c == '?';
      ++at_;
    }
  }

  void add(std::string text, bool quoted) {
    words_.push_back(StatementWord{std::move(text), quoted, first_});
    first_ = false;
    word_end_ = at_;
  }

  // Nothing but blanks stands between the last word and here.
  [[nodiscard]] bool blank_since_word() const {
    return sql_.substr(word_end_, at_ - word_end_).find_first_not_of(" \t\r\n") == std::string_view::npos;
  }

  void comment() {
    int depth = 0;
    while (at_ < sql_.size()) {
      if (here("/*")) {
        ++depth;
        at_ += 2;
      } else if (here("*/")) {
        at_ += 2;
        if (--depth == 0) return;
      } else {
        ++at_;
      }
    }
  }

  // The content up to the closing quote; a doubled quote stands for one.
  std::string closed_by(char quote, bool backslashes) {
    std::string content;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (backslashes && sql_[at_] == '\\') {
        ++at_;
        continue;
      }
      if (sql_[at_] == quote) {
        if (at_ + 1 == sql_.size() || sql_[at_ + 1] != quote) {
          ++at_;
          return content;
        }
        ++at_;
      }
      content += sql_[at_];
    }
    at_ = std::min(at_, sql_.size());
    return content;
  }

  // $tag$ ... $tag$ is a string; $name and $1 are parameters.
  void dollar() {
    std::size_t end = at_ + 1;
    while (end < sql_.size() && continues_tag(sql_[end])) ++end;
    const bool digit = end > at_ + 1 && sql_[at_ + 1] >= '0' && sql_[at_ + 1] <= '9';
    if (end < sql_.size() && sql_[end] == '$' && !digit) {
      const std::string_view tag = sql_.substr(at_, end + 1 - at_);
      at_ = behind(tag, end + 1);
    } else {
      if (end > at_ + 1) parameters_.emplace_back(sql_.substr(at_ + 1, end - at_ - 1));
      at_ = end;
    }
  }

  std::string_view sql_;
  const bool spark_;
  std::size_t at_ = 0;
  std::size_t word_end_ = 0;
  bool first_ = true;
  bool question_mark_ = false;
  std::vector<std::string> parameters_;
  std::vector<StatementWord> words_;
};

template <std::size_t N>
bool is_one_of(const StatementWord& word, const std::array<std::string_view, N>& keywords) {
  return !word.quoted && std::any_of(keywords.begin(), keywords.end(),
                                     [&](std::string_view keyword) { return same_name(word.text, keyword); });
}

using Words = std::span<const StatementWord>;

// A statement that writes to one place and may read others: how it begins, and which writing words belong to its form.
struct WritingForm {
  std::string_view verb;
  std::vector<std::string_view> lead;    // any of these may stand between the verb and the name
  std::vector<std::string_view> needs;   // one of these must; empty: none
  std::vector<std::string_view> inside;  // writing words that do not make it another statement
};

const std::vector<WritingForm>& writing_forms() {
  static const std::vector<WritingForm> forms{
      {"insert", {"or", "replace", "ignore", "into"}, {"into"}, {"insert", "into", "update"}},
      {"update", {}, {}, {"update"}},
      {"delete", {"from"}, {"from"}, {"delete"}},
      {"merge", {"into"}, {"into"}, {"merge", "into", "update", "delete", "insert"}},
      {"create",
       {"or", "replace", "table", "view", "schema", "if", "not", "exists"},
       {"table", "view", "schema"},
       {"create"}}};
  return forms;
}

bool among(const StatementWord& word, const std::vector<std::string_view>& keywords) {
  return !word.quoted && std::any_of(keywords.begin(), keywords.end(),
                                     [&](std::string_view keyword) { return same_name(word.text, keyword); });
}

// The first part of the name that this one statement writes to; null when its form is not known.
const StatementWord* written_word(Words statement) {
  for (const WritingForm& form : writing_forms()) {
    if (statement.front().quoted || !same_name(statement.front().text, form.verb)) continue;
    std::size_t at = 1;
    bool found = form.needs.empty();
    for (; at < statement.size() && among(statement[at], form.lead); ++at)
      found = found || among(statement[at], form.needs);
    const bool other = std::any_of(statement.begin(), statement.end(), [&](const StatementWord& word) {
      return is_one_of(word, kWriting) && !among(word, form.inside);
    });
    if (!found || other || at == statement.size()) return nullptr;
    return &statement[at];
  }
  return nullptr;
}

// That of each writing statement, in order; nothing when the form of one is not known.
std::optional<std::vector<const StatementWord*>> written_words(const std::vector<StatementWord>& words) {
  std::vector<const StatementWord*> written;
  for (std::size_t from = 0; from < words.size();) {
    std::size_t end = from + 1;
    while (end < words.size() && !words[end].starts) ++end;
    const Words statement = Words(words).subspan(from, end - from);
    from = end;
    if (only_reads({statement.begin(), statement.end()})) continue;
    const StatementWord* word = written_word(statement);
    if (word == nullptr) return std::nullopt;
    written.push_back(word);
  }
  return written;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::vector<std::string>> written_names(const std::vector<StatementWord>& words) {
  const std::optional<std::vector<const StatementWord*>> written = written_words(words);
  if (!written) return std::nullopt;
  std::vector<std::string> names;
  names.reserve(written->size());
  for (const StatementWord* word : *written) names.push_back(word->text);
  return names;
}

std::optional<std::vector<std::string>> written_catalogs(const std::vector<StatementWord>& words) {
  const std::optional<std::vector<const StatementWord*>> written = written_words(words);
  if (!written) return std::nullopt;
  std::vector<std::string> names;
  for (const StatementWord* word : *written)
    if (word->qualifies) names.push_back(word->text);
  return names;
}

std::vector<StatementWord> statement_words(std::string_view sql, SqlFlavour flavour) {
  return Lexer(sql, flavour).run();
}

std::optional<std::vector<std::string>> statement_parameters(std::string_view sql) {
  constexpr std::array<std::string_view, 8> kTakesParameters{"select", "from",   "with",   "values",
                                                             "insert", "update", "delete", "merge"};
  Lexer lexer(sql, SqlFlavour::duckdb);
  const std::vector<StatementWord> words = lexer.run();
  if (words.empty() || !is_one_of(words.front(), kTakesParameters)) return std::nullopt;
  if (std::any_of(words.begin() + 1, words.end(), [](const StatementWord& word) { return word.starts; }))
    return std::nullopt;
  return lexer.take_parameters();
}

bool controls_transaction(const std::vector<StatementWord>& words) {
  static constexpr std::array<std::string_view, 6> kControl{"begin", "start", "commit", "end", "rollback", "abort"};
  return std::any_of(words.begin(), words.end(),
                     [](const StatementWord& word) { return word.starts && is_one_of(word, kControl); });
}

bool only_reads(const std::vector<StatementWord>& words) {
  return !words.empty() && std::all_of(words.begin(), words.end(), [](const StatementWord& word) {
    return (!word.starts || is_one_of(word, kReading)) && !is_one_of(word, kWriting);
  });
}

bool returns_rows(const std::vector<StatementWord>& words) {
  constexpr std::array<std::string_view, 4> kWritesData{"insert", "update", "delete", "merge"};
  if (words.empty() || !is_one_of(words.front(), kReading)) return false;
  // Only behind WITH and FROM does another verb decide; elsewhere such a word is a name: SELECT update FROM t.
  const bool other_verb = same_name(words.front().text, "with") || same_name(words.front().text, "from");
  return !other_verb || std::none_of(words.begin(), words.end(),
                                     [&](const StatementWord& word) { return is_one_of(word, kWritesData); });
}

bool mentions(const std::vector<StatementWord>& words, std::string_view name) {
  return std::any_of(words.begin(), words.end(), [&](const StatementWord& word) { return same_name(word.text, name); });
}

}  // namespace lockstep
