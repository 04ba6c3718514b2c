#include "specs/secrets.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "specs/utf8.h"

namespace lockstep {

namespace {

constexpr std::size_t kShortest = 4;  // bytes; also the length of the key that occurrences are looked up by
constexpr std::string_view kMask = "***";
constexpr int kDeepestDecoding = 2;          // JSON text inside JSON text, a URL inside JSON, ...
constexpr std::size_t kDeepestJson = 1'000;  // deeper values are masked whole, never followed

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The characters of the base64 text that depend on the secret alone, when `shift` other bytes precede it.
std::string base64_core(std::string_view secret, std::size_t shift, std::string_view alphabet) {
  std::string bytes(shift, '\0');
  bytes += secret;
  std::string text;
  const std::size_t whole = bytes.size() * 8 / 6;
  const std::size_t first = (shift * 8 + 5) / 6;
  for (std::size_t i = first; i < whole; ++i) {
    unsigned sextet = 0;
    for (std::size_t bit = i * 6; bit < i * 6 + 6; ++bit)
      sextet = sextet << 1U | (static_cast<unsigned char>(bytes[bit / 8]) >> (7 - bit % 8) & 1U);
    text += alphabet[sextet];
  }
  return text;
}

// The secret encoded for itself: the last character then holds zero bits, and padding may follow. Masked whole, so that
// no tail of it stays readable.
std::string base64_whole(std::string_view secret, std::string_view alphabet, bool padded) {
  std::string filled(secret);
  filled.append((3 - secret.size() % 3) % 3, '\0');
  std::string text = base64_core(filled, 0, alphabet);
  const std::size_t padding = filled.size() - secret.size();
  text.resize(text.size() - padding);
  return padded ? text.append(padding, '=') : text;
}

std::string hex(std::string_view secret, std::string_view digits) {
  std::string text;
  for (const char c : secret) {
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

// As it stands in SQL: 'it''s', "a""b".
std::string doubled(std::string_view secret, char quote) {
  std::string text;
  for (const char c : secret) text.append(c == quote ? 2 : 1, c);
  return text;
}

std::vector<std::string> encodings(std::string_view secret) {
  std::vector<std::string> all{std::string(secret), doubled(secret, '\''), doubled(secret, '"'),
                               hex(secret, "0123456789abcdef"), hex(secret, "0123456789ABCDEF")};
  for (const std::string_view alphabet : {kBase64, kBase64Url})
    for (const bool padded : {true, false}) all.push_back(base64_whole(secret, alphabet, padded));
  for (const std::string_view alphabet : {kBase64, kBase64Url})
    for (std::size_t shift = 0; shift < 3; ++shift) all.push_back(base64_core(secret, shift, alphabet));
  return all;
}

std::vector<std::string_view> lines_of(std::string_view secret) {
  std::vector<std::string_view> lines;
  while (!secret.empty()) {
    const std::size_t end = std::min(secret.find_first_of("\r\n"), secret.size());
    if (end >= kShortest) lines.push_back(secret.substr(0, end));
    secret.remove_prefix(std::min(end + 1, secret.size()));
  }
  return lines;
}

// Half open, in bytes of the original text.
struct Stretch {
  std::size_t start;
  std::size_t end;
};

// A text after decoding, and for each of its bytes the stretch of the original that it stands for.
struct Decoded {
  std::string text;
  std::vector<Stretch> origins;
};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<unsigned> hex_number(std::string_view digits) {
  unsigned number = 0;
  for (const char c : digits) {
    const int value = hex_value(c);
    if (value < 0) return std::nullopt;
    number = number << 4U | static_cast<unsigned>(value);
  }
  return number;
}

// What one escape stands for, and how long it is. Length 0: there is none here.
struct Escape {
  std::string bytes;
  std::size_t length = 0;
};

Escape percent_escape(std::string_view rest) {
  if (rest[0] != '%' || rest.size() < 3) return {};
  const std::optional<unsigned> byte = hex_number(rest.substr(1, 2));
  return byte ? Escape{std::string(1, static_cast<char>(*byte)), 3} : Escape{};
}

// HTML forms write a blank as '+'.
Escape form_escape(std::string_view rest) {
  return rest[0] == '+' ? Escape{" ", 1} : percent_escape(rest);
}

Escape json_escape(std::string_view rest) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
  if (rest[0] != '\\' || rest.size() < 2) return {};
  const std::size_t simple = kLetters.find(rest[1]);
  if (simple != std::string_view::npos) return Escape{std::string(1, kMeaning[simple]), 2};
  if (rest[1] != 'u' || rest.size() < 6) return {};
  const std::optional<unsigned> unit = hex_number(rest.substr(2, 4));
  if (!unit) return {};
  Escape escape{{}, 6};
  char32_t point = *unit;
  if (point >= 0xD800 && point < 0xDC00 && rest.size() >= 12 && rest.substr(6, 2) == "\\u") {
    const std::optional<unsigned> low = hex_number(rest.substr(8, 4));
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      point = 0x10000 + ((point - 0xD800) << 10U) + (*low - 0xDC00);
      escape.length = 12;
    }
  }
  escape.bytes = encode_utf8(point);
  return escape;
}

using EscapeReader = Escape (*)(std::string_view rest);

struct Decoding {
  char sign;  // the character without which there is nothing to decode
  EscapeReader read;
};

constexpr std::array<Decoding, 3> kDecodings{{{'\\', json_escape}, {'%', percent_escape}, {'+', form_escape}}};
constexpr bool is_sign(char c) {
  return c == kDecodings[0].sign || c == kDecodings[1].sign || c == kDecodings[2].sign;
}

// `outer`: the origins of `text` when it is itself a decoded one; null: it is the original.
Decoded decode(std::string_view text, const std::vector<Stretch>* outer, EscapeReader read) {
  Decoded result;
  result.text.reserve(text.size());
  result.origins.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    Escape escape = read(text.substr(i));
    if (escape.length == 0) escape = Escape{std::string(1, text[i]), 1};
    const std::size_t last = i + escape.length - 1;
    const Stretch origin = outer == nullptr ? Stretch{i, last + 1} : Stretch{(*outer)[i].start, (*outer)[last].end};
    result.text += escape.bytes;
    result.origins.insert(result.origins.end(), escape.bytes.size(), origin);
    i = last + 1;
  }
  return result;
}

}  // namespace

struct SecretSet::Impl {
  // By their first four bytes, longest first. The bits save the look-up for nearly every position of a text.
  std::unordered_map<std::uint32_t, std::vector<std::string>> needles;
  std::bitset<65'536> seen;
  std::atomic<bool> empty{true};
  mutable std::shared_mutex mutex;

  static std::uint32_t key_at(std::string_view text) {
    std::uint32_t key = 0;
    for (std::size_t i = 0; i < kShortest; ++i) key = key << 8U | static_cast<unsigned char>(text[i]);
    return key;
  }
  static std::size_t bit_of(std::uint32_t key) { return (key * 2'654'435'769U) >> 16U; }

  void insert(const std::string& needle) {
    if (needle.size() < kShortest) return;
    const std::uint32_t key = key_at(needle);
    std::vector<std::string>& list = needles[key];
    if (std::find(list.begin(), list.end(), needle) != list.end()) return;
    const auto shorter = [&](const std::string& other) { return other.size() < needle.size(); };
    list.insert(std::find_if(list.begin(), list.end(), shorter), needle);
    seen.set(bit_of(key));
  }

  // The longest needle that starts here, or 0. `key`: that of `rest`.
  [[nodiscard]] std::size_t match(std::uint32_t key, std::string_view rest) const {
    const auto list = needles.find(key);
    if (list == needles.end()) return 0;
    for (const std::string& needle : list->second)
      if (rest.starts_with(needle)) return needle.size();
    return 0;
  }

  // Every occurrence, also overlapping ones, in the text and in what it decodes to.
  [[nodiscard]] std::vector<Stretch> occurrences(std::string_view text) const {
    std::vector<Stretch> found = occurrences(text, nullptr, 0);
    std::sort(found.begin(), found.end(), [](const Stretch& a, const Stretch& b) { return a.start < b.start; });
    return found;
  }

  [[nodiscard]] std::vector<Stretch> occurrences(std::string_view text, const std::vector<Stretch>* origins,
                                                 int depth) const {
    std::vector<Stretch> found;
    std::uint32_t key = 0;
    bool encoded = false;  // there may be something to decode
    for (std::size_t end = 0; end < text.size(); ++end) {
      key = key << 8U | static_cast<unsigned char>(text[end]);
      encoded |= is_sign(text[end]);
      if (end + 1 < kShortest || !seen.test(bit_of(key))) continue;
      const std::size_t i = end + 1 - kShortest;
      const std::size_t length = match(key, text.substr(i));
      if (length == 0) continue;
      const std::size_t last = i + length - 1;
      found.push_back(origins == nullptr ? Stretch{i, last + 1} : Stretch{(*origins)[i].start, (*origins)[last].end});
    }
    if (!encoded || depth == kDeepestDecoding) return found;
    for (const Decoding& decoding : kDecodings) {
      if (text.find(decoding.sign) == std::string_view::npos) continue;
      const Decoded decoded = decode(text, origins, decoding.read);
      const std::vector<Stretch> more = occurrences(decoded.text, &decoded.origins, depth + 1);
      found.insert(found.end(), more.begin(), more.end());
    }
    return found;
  }

  // The union of all occurrences is masked: of two secrets that overlap, neither leaves a rest.
  static std::string mask(std::string_view text, const std::vector<Stretch>& found) {
    std::string result;
    std::size_t done = 0;
    for (std::size_t i = 0; i < found.size();) {
      const std::size_t start = found[i].start;
      std::size_t end = found[i].end;
      for (++i; i < found.size() && found[i].start < end; ++i) end = std::max(end, found[i].end);
      result.append(text, done, start - done).append(kMask);
      done = end;
    }
    return result.append(text, done);
  }

  [[nodiscard]] std::string redact(std::string_view text) const {
    std::string result(text);
    // A mask beside other text can make a new occurrence ("***x" may be a secret). Each round makes the text shorter,
    // because a mask is shorter than any secret.
    for (;;) {
      const std::vector<Stretch> found = occurrences(result);
      if (found.empty()) return result;
      result = mask(result, found);
    }
  }

  // Whether redact() would change anything.
  [[nodiscard]] bool touches(const Json& value, std::size_t depth) const {
    if (depth > kDeepestJson) return true;
    if (value.is_string()) return !occurrences(value.get_ref<const std::string&>()).empty();
    if (value.is_number()) return is_secret_number(value);
    if (value.is_array())
      return std::any_of(value.begin(), value.end(), [&](const Json& item) { return touches(item, depth + 1); });
    if (!value.is_object()) return false;
    const auto& members = value.get_ref<const Json::object_t&>();
    return std::any_of(members.begin(), members.end(), [&](const auto& member) {
      return !occurrences(member.first).empty() || touches(member.second, depth + 1);
    });
  }

  // A secret of digits that went through a typed cell.
  [[nodiscard]] bool is_secret_number(const Json& value) const {
    const bool short_one = value.is_number_integer() && value >= 0 && value < 1'000;  // than any secret
    return !short_one && redact(value.dump()) == kMask;
  }

  [[nodiscard]] Json redact(const Json& value, std::size_t depth) const {
    if (depth > kDeepestJson) return kMask;
    if (value.is_string()) return redact(value.get_ref<const std::string&>());
    if (value.is_number()) return is_secret_number(value) ? Json(kMask) : value;
    if (value.is_array()) {
      Json result = Json::array();
      for (const Json& item : value) result.push_back(redact(item, depth + 1));
      return result;
    }
    if (!value.is_object()) return value;
    Json result = Json::object();
    for (const auto& [key, member] : value.items()) {
      const std::string clean = redact(key);
      std::string name = clean;
      for (int i = 2; result.contains(name); ++i) name = clean + " (" + std::to_string(i) + ")";  // two masked keys
      result[name] = redact(member, depth + 1);
    }
    return result;
  }
};

SecretSet::SecretSet() : impl_(std::make_unique<Impl>()) {}
SecretSet::~SecretSet() = default;

Result<void> SecretSet::add(std::string_view name, std::string_view value) {
  if (value.size() < kShortest)
    return Error("secret-too-short"_code,
                 "the secret \"" + std::string(name) + "\" has fewer than 4 bytes, so it cannot be kept out of outputs",
                 "use a longer secret, or a param when the value need not be hidden");
  const std::unique_lock lock(impl_->mutex);
  for (const std::string& needle : encodings(value)) impl_->insert(needle);
  for (const std::string_view line : lines_of(value))
    for (const std::string& needle : encodings(line)) impl_->insert(needle);
  impl_->empty = false;
  return {};
}

std::string SecretSet::redact(std::string_view text) const {
  if (empty()) return std::string(text);
  const std::shared_lock lock(impl_->mutex);
  return impl_->redact(text);
}

Json SecretSet::redact(const Json& value) const {
  if (empty()) return value;
  const std::shared_lock lock(impl_->mutex);
  return impl_->redact(value, 0);
}

bool SecretSet::would_redact(const Json& value) const {
  if (empty()) return false;
  const std::shared_lock lock(impl_->mutex);
  return impl_->touches(value, 0);
}

bool SecretSet::contains_secret(std::string_view text) const {
  if (empty()) return false;
  const std::shared_lock lock(impl_->mutex);
  return !impl_->occurrences(text).empty();
}

bool SecretSet::empty() const {
  return impl_->empty;
}

}  // namespace lockstep
