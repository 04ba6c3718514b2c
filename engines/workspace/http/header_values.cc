#include "engines/workspace/http/header_values.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace lockstep {

namespace {

// The members of a header that is a comma-separated list, over all headers of that name.
template <class Visit>
void each_member(const HttpHeaders& headers, std::string_view name, const Visit& visit) {
  for (const auto& [key, value] : headers) {
    if (!same_header_name(key, name)) continue;
    std::string_view rest = value;
    while (true) {
      std::size_t comma = rest.find(',');
      visit(trimmed(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
}

template <class Number>
bool read_decimal(std::string_view text, Number& into) {
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return !text.empty() && text.front() != '-' && error == std::errc{} && rest == text.data() + text.size();
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string printable_header(std::string_view text) {
  std::string made;
  for (char c : text) {
    if (c >= ' ' && c <= '~')
      made += c;
    else
      made += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return made;
}

std::optional<int> status_code(std::string_view status_line) {
  if (!status_line.starts_with("HTTP/1.0 ") && !status_line.starts_with("HTTP/1.1 ")) return std::nullopt;
  std::string_view rest = status_line.substr(9);
  int code = 0;
  if (rest.size() < 3 || (rest.size() > 3 && rest[3] != ' ') || !read_decimal(rest.substr(0, 3), code) || code < 100 ||
      code > 599)
    return std::nullopt;
  return code;
}

Framing framing_of(const HttpHeaders& headers) {
  Framing framing;
  bool coded = false;
  std::string codings;
  each_member(headers, "Transfer-Encoding", [&](std::string_view member) {
    codings += coded ? ", " : "";
    codings += member;
    coded = true;
  });
  if (coded) {
    // Chunked is the only one that was not refused by silence (no TE header is sent); it overrides a length.
    framing.kind = same_header_name(codings, "chunked") ? Framing::Kind::chunked : Framing::Kind::invalid;
    framing.text = printable_header(std::string_view(codings).substr(0, 60));
    return framing;
  }
  each_member(headers, "Content-Length", [&](std::string_view member) {
    std::uint64_t length = 0;
    const bool first = framing.kind == Framing::Kind::until_end;
    if (!read_decimal(member, length) || (!first && length != framing.length)) {
      framing.kind = Framing::Kind::invalid;
      framing.text = printable_header(member.substr(0, 60));
    } else if (framing.kind != Framing::Kind::invalid) {
      framing.kind = Framing::Kind::length;
      framing.length = length;
    }
  });
  return framing;
}

bool keeps_alive(const HttpHeaders& headers, bool http_1_0) {
  bool close = false;
  bool keep = false;
  each_member(headers, "Connection", [&](std::string_view member) {
    close = close || same_header_name(member, "close");
    keep = keep || same_header_name(member, "keep-alive");
  });
  return !close && (keep || !http_1_0);
}

std::optional<std::chrono::seconds> keep_alive_timeout(const HttpHeaders& headers) {
  std::optional<std::chrono::seconds> made;
  each_member(headers, "Keep-Alive", [&](std::string_view member) {
    std::size_t equals = member.find('=');
    std::uint32_t seconds = 0;
    if (equals != std::string_view::npos && same_header_name(trimmed(member.substr(0, equals)), "timeout") &&
        read_decimal(trimmed(member.substr(equals + 1)), seconds))
      made = std::chrono::seconds(seconds);
  });
  return made;
}

}  // namespace lockstep
