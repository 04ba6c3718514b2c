#include "engines/provenance/redactor.h"

#include <algorithm>
#include <array>

#include "engines/provenance/python_number.h"

namespace lockstep {

namespace {

// "Client-Secret" -> "clientsecret".
std::string squeeze(std::string_view key) {
  std::string squeezed;
  for (char c : key) {
    if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
    squeezed.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return squeezed;
}

// Whole names.
constexpr std::array<std::string_view, 14> kNames = {"apimanagedlogs",
                                                     "auth",
                                                     "cookie",
                                                     "credentials",
                                                     "logs",
                                                     "passwd",
                                                     "pat",
                                                     "pwd",
                                                     "runurl",
                                                     "secrets",
                                                     "setcookie",
                                                     "tablesprogress",
                                                     "targetworkspace",
                                                     "targetworkspaces"};

// Names that are this, or end in it: "token", "access_token", "smtpPassword".
constexpr std::array<std::string_view, 11> kEndings = {"accesskey",  "apikey",   "authorization", "connectionstring",
                                                       "passphrase", "password", "privatekey",    "secret",
                                                       "secretkey",  "token",    "webhookurl"};

constexpr std::size_t kLongestName = 256;  // longer keys are compared by their end only

std::string pointer_segment(std::string_view name) {
  std::string segment = "/";
  for (char c : name) {
    if (c == '~')
      segment += "~0";
    else if (c == '/')
      segment += "~1";
    else
      segment.push_back(c);
  }
  return segment;
}

}  // namespace

bool is_sensitive_key(std::string_view key) {
  if (key.size() > kLongestName) key.remove_prefix(key.size() - kLongestName);
  std::string name = squeeze(key);
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&name](std::string_view ending) { return name.ends_with(ending); });
}

Redactor::Redactor(ValueSink& kept, const RedactionRules& rules, std::string pointer)
    : kept_(kept), rules_(rules), pointer_(std::move(pointer)), root_pointer_size_(pointer_.size()) {}

std::size_t Redactor::pointer_size() const {
  return scopes_.empty() ? root_pointer_size_ : scopes_.back().pointer_size;
}

// A value begins. When it is kept, its key was passed on, and pointer_ names it until leave().
Redactor::Entry Redactor::enter(bool text_is_secret) {
  bool in_object = !scopes_.empty() && !scopes_.back().list;
  if (in_object)
    pointer_ += pointer_segment(key_);
  else if (!scopes_.empty())
    pointer_ += "/" + std::to_string(scopes_.back().next_index++);
  bool key_is_secret = in_object && secret(key_);
  bool dropped = text_is_secret || key_is_secret || (in_object && is_sensitive_key(key_)) ||
                 rules_.tainted.find(pointer_) != rules_.tainted.end();
  if (!dropped) return in_object && !pass_on(kept_.key(key_)) ? Entry::refused : Entry::kept;
  redacted_.push_back(key_is_secret ? pointer_.substr(0, pointer_size()) + "/***" : pointer_);
  leave();
  bool whole = scopes_.empty();
  return whole && !pass_on(kept_.begin_object() && kept_.end_object()) ? Entry::refused : Entry::dropped;
}

void Redactor::leave() {
  pointer_.resize(pointer_size());
}

template <class Pass>
bool Redactor::scalar(bool text_is_secret, const Pass& pass) {
  if (skipped_levels_ > 0) return true;
  Entry entry = enter(text_is_secret);
  if (entry != Entry::kept) return entry == Entry::dropped;
  bool accepted = pass_on(pass());
  leave();
  return accepted;
}

bool Redactor::begin(bool list) {
  if (skipped_levels_ > 0) return ++skipped_levels_, true;
  Entry entry = enter(false);
  if (entry == Entry::dropped) ++skipped_levels_;
  if (entry != Entry::kept) return entry == Entry::dropped;
  scopes_.push_back(Scope{list, 0, pointer_.size()});
  return pass_on(list ? kept_.begin_list() : kept_.begin_object());
}

bool Redactor::end() {
  if (skipped_levels_ > 0) return --skipped_levels_, true;
  bool list = scopes_.back().list;
  scopes_.pop_back();
  leave();
  return pass_on(list ? kept_.end_list() : kept_.end_object());
}

bool Redactor::null() {
  return scalar(false, [this] { return kept_.null(); });
}

bool Redactor::boolean(bool value) {
  return scalar(false, [this, value] { return kept_.boolean(value); });
}

bool Redactor::integer(std::string_view digits) {
  return scalar(secret(digits), [this, digits] { return kept_.integer(digits); });
}

bool Redactor::floating(double value) {
  return scalar(secret(python_float(value)), [this, value] { return kept_.floating(value); });
}

bool Redactor::string(std::string_view text) {
  return scalar(secret(text), [this, text] { return kept_.string(text); });
}

bool Redactor::key(std::string_view name) {
  if (skipped_levels_ == 0) key_ = name;
  return true;
}

bool Redactor::begin_object() {
  return begin(false);
}
bool Redactor::end_object() {
  return end();
}
bool Redactor::begin_list() {
  return begin(true);
}
bool Redactor::end_list() {
  return end();
}

}  // namespace lockstep
