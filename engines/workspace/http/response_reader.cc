#include "engines/workspace/http/response_reader.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cstring>

#include "engines/workspace/http/header_values.h"
#include "engines/workspace/http/inflate.h"
#include "specs/counted.h"

namespace lockstep {

namespace {

using Kind = HttpFailure::Kind;

std::string what_happened(const ReadOutcome& outcome) {
  if (outcome.state == ReadOutcome::State::end) return "closed the connection";
  if (outcome.why == "reset") return "reset the connection";
  return fmt::format("broke the connection off ({})", outcome.why);
}

}  // namespace

bool ResponseReader::fail(Kind kind, std::string detail) {
  made_.failure.kind = kind;
  made_.failure.detail = std::move(detail);
  return false;
}

bool ResponseReader::too_large(std::uint64_t max_bytes) {
  return fail(Kind::too_large, fmt::format("the answer of {} is larger than {} bytes", peer_, max_bytes));
}

// Makes room for more behind what is unread, and reads once.
bool ResponseReader::fill() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == size_) {
    std::unique_ptr<char[]> room;
    if (begin_ == 0) {
      size_ *= 2;
      room = std::make_unique_for_overwrite<char[]>(size_);
    }
    std::memmove(room ? room.get() : buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    if (room) buffer_ = std::move(room);
    end_ -= begin_;
    begin_ = 0;
  }
  last_ = source_.read({buffer_.get() + end_, size_ - end_});
  if (last_.state != ReadOutcome::State::data) return false;
  made_.any_byte = true;
  end_ += last_.count;
  return true;
}

// One line without its end; a lone LF ends a line too (RFC 9112 2.2).
std::optional<std::string> ResponseReader::line(std::size_t limit, std::string_view what) {
  std::size_t searched = 0;
  while (true) {
    std::string_view text = unread();
    std::size_t at = text.find('\n', searched);
    if (at != std::string_view::npos && at <= limit) {
      std::string made(text.substr(0, at));
      if (made.ends_with('\r')) made.pop_back();
      begin_ += at + 1;
      return made;
    }
    if (text.size() > limit) {
      fail(Kind::garbage, fmt::format("{} sent {} longer than {} bytes", peer_, what, limit));
      return std::nullopt;
    }
    searched = text.size();
    if (!fill()) {
      fail(Kind::closed, fmt::format("{} {} within {}", peer_, what_happened(last_), what));
      return std::nullopt;
    }
  }
}

bool ResponseReader::head_lines(HttpResponse& response) {
  static constexpr std::string_view kStart = "HTTP/1.";
  // Told by its first bytes: another protocol may never send a line.
  while (unread().size() < kStart.size()) {
    if (!kStart.starts_with(unread())) break;
    if (!fill())
      return fail(Kind::closed, made_.any_byte
                                    ? fmt::format("{} {} within the status line", peer_, what_happened(last_))
                                    : fmt::format("{} {} without an answer", peer_, what_happened(last_)));
  }
  if (!unread().starts_with(kStart))
    return fail(Kind::garbage, fmt::format("what {} sent is not HTTP/1.1: it begins with '{}'", peer_,
                                           printable_header(unread().substr(0, 40))));
  std::optional<std::string> status = line(kMaxLine, "the status line");
  if (!status) return false;
  const std::optional<int> code = status_code(*status);
  if (!code)
    return fail(Kind::garbage, fmt::format("{} sent no status line but '{}'", peer_,
                                           printable_header(std::string_view(*status).substr(0, 60))));
  response.status = *code;
  old_ = status->starts_with("HTTP/1.0");

  std::size_t total = 0;
  while (true) {
    std::optional<std::string> next = line(kMaxHead, "the headers");
    if (!next) return false;
    if (next->empty()) return true;
    total += next->size();
    std::size_t colon = next->find(':');
    if (total > kMaxHead)
      return fail(Kind::garbage, fmt::format("{} sent more than {} bytes of headers", peer_, kMaxHead));
    if (colon == std::string::npos || !is_token(std::string_view(*next).substr(0, colon)))
      return fail(Kind::garbage, fmt::format("{} sent a line among the headers that is none: '{}'", peer_,
                                             printable_header(std::string_view(*next).substr(0, 60))));
    response.headers.emplace_back(next->substr(0, colon), trimmed(std::string_view(*next).substr(colon + 1)));
  }
}

bool ResponseReader::exactly(std::uint64_t count, std::string& into, std::string_view of) {
  const std::uint64_t whole = count;
  while (count > 0) {
    if (begin_ == end_ && !fill())
      return fail(Kind::cut, fmt::format("{} {} after {} of {} bytes of {}", peer_, what_happened(last_), whole - count,
                                         whole, of));
    const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(count, end_ - begin_));
    into.append(buffer_.get() + begin_, part);
    begin_ += part;
    count -= part;
  }
  return true;
}

bool ResponseReader::chunks(std::uint64_t max_bytes, std::string& into) {
  auto cut = [this] {
    if (made_.failure.kind == Kind::closed)
      fail(Kind::cut, fmt::format("{} {} before the last chunk of the body", peer_, what_happened(last_)));
    return false;
  };
  while (true) {
    std::optional<std::string> size_line = line(kMaxLine, "a chunk's size");
    if (!size_line) return cut();
    std::string_view digits = *size_line;
    digits = trimmed(digits.substr(0, std::min(digits.find(';'), digits.size())));
    std::uint64_t size = 0;
    auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (digits.empty() || error != std::errc{} || rest != digits.data() + digits.size())
      return fail(Kind::garbage,
                  fmt::format("{} sent '{}' for the size of a chunk", peer_, printable_header(digits.substr(0, 40))));
    if (size == 0) break;
    if (size > max_bytes - into.size()) return too_large(max_bytes);
    if (!exactly(size, into, "a chunk of the body")) return false;
    std::optional<std::string> end = line(kMaxLine, "the end of a chunk");
    if (!end) return cut();
    if (!end->empty()) return fail(Kind::garbage, fmt::format("{} sent a chunk longer than its size", peer_));
  }
  std::size_t total = 0;
  while (true) {  // trailers; none of them is of use
    std::optional<std::string> trailer = line(kMaxLine, "the trailers");
    if (!trailer) return cut();
    if (trailer->empty()) return true;
    total += trailer->size();
    if (total > kMaxHead) return fail(Kind::garbage, fmt::format("{} sent trailers without end", peer_));
  }
}

bool ResponseReader::to_the_end(std::uint64_t max_bytes, std::string& into) {
  until_end_ = true;
  while (true) {
    if (unread().size() > max_bytes - into.size()) return too_large(max_bytes);
    into.append(unread());
    begin_ = end_;
    if (fill()) continue;
    if (last_.state == ReadOutcome::State::end) return true;
    return fail(Kind::cut, fmt::format("{} {} after {} of a body of unknown length", peer_, what_happened(last_),
                                       counted(into.size(), "byte")));
  }
}

bool ResponseReader::body(const HttpResponse& response, std::uint64_t max_bytes, std::string& into) {
  const Framing framing = framing_of(response.headers);
  switch (framing.kind) {
    case Framing::Kind::chunked:
      return chunks(max_bytes, into);
    case Framing::Kind::until_end:
      return to_the_end(max_bytes, into);
    case Framing::Kind::invalid:
      return fail(Kind::garbage, fmt::format("{} announced the length of the body as '{}'", peer_, framing.text));
    case Framing::Kind::length:
      break;
  }
  if (framing.length > max_bytes) return too_large(max_bytes);
  // Once, up to a size that costs nothing when it never comes; a little more, for who reads it many bytes at a time.
  constexpr std::uint64_t kAtOnce = 16U << 20U;
  constexpr std::size_t kPadding = 64;
  into.reserve(static_cast<std::size_t>(std::min(framing.length, kAtOnce)) + kPadding);
  return exactly(framing.length, into, "the body");
}

bool ResponseReader::decode(HttpResponse& response, std::uint64_t max_bytes) {
  std::optional<std::string_view> coding = response.header("Content-Encoding");
  if (!coding || same_header_name(*coding, "identity") || coding->empty() || response.body.empty()) return true;
  Inflated inflated;
  if (same_header_name(*coding, "gzip") || same_header_name(*coding, "x-gzip"))
    inflated = inflate_gzip(response.body, max_bytes);
  else if (same_header_name(*coding, "deflate"))
    inflated = inflate_deflate(response.body, max_bytes);
  else
    return fail(Kind::garbage, fmt::format("{} sent a body in Content-Encoding '{}', which was not asked for", peer_,
                                           printable_header(coding->substr(0, 40))));
  switch (inflated.state) {
    case Inflated::State::too_large:
      return too_large(max_bytes);
    case Inflated::State::cut:
      return fail(Kind::cut, fmt::format("the compressed body of {} ends too early", peer_));
    case Inflated::State::garbage:
      return fail(Kind::garbage, fmt::format("the compressed body of {} cannot be decoded", peer_));
    case Inflated::State::done:
      break;
  }
  response.body = std::move(inflated.text);
  std::erase_if(response.headers,
                [](const auto& header) { return same_header_name(header.first, "Content-Encoding"); });
  return true;
}

Received ResponseReader::receive(bool head, std::uint64_t max_bytes) {
  HttpResponse response;
  for (int interim = 0; response.status < 200; ++interim) {
    response = {};
    if (!head_lines(response)) return std::move(made_);
    if (response.status == 101 || interim > kMaxInterim) {
      fail(Kind::garbage, fmt::format("{} sent {} where an answer was due", peer_, response.status));
      return std::move(made_);
    }
  }
  const bool bare = head || response.status == 204 || response.status == 304;
  if (!bare && !body(response, max_bytes, response.body)) return std::move(made_);
  const bool rest = begin_ != end_;  // bytes that nobody asked for: whose answer would they be?
  if (!decode(response, max_bytes)) return std::move(made_);
  // Transfer-Encoding beside Content-Length: what follows may not be the next answer (RFC 9112 6.3).
  const bool doubtful = response.header("Transfer-Encoding") && response.header("Content-Length");
  made_.may_reuse = !rest && !doubtful && !until_end_ && keeps_alive(response.headers, old_);
  made_.server_closes = keep_alive_timeout(response.headers);
  made_.response = std::move(response);
  return std::move(made_);
}

Received ResponseReader::receive_head() {
  HttpResponse response;
  if (!head_lines(response)) return std::move(made_);
  if (response.status / 100 == 2 && begin_ != end_) {
    fail(Kind::garbage, fmt::format("{} sent bytes into the tunnel that were not asked for", peer_));
    return std::move(made_);
  }
  made_.response = std::move(response);
  return std::move(made_);
}

}  // namespace lockstep
