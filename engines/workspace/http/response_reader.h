// One HTTP/1.x response off a connection, complete or not at all: every announced byte is counted, and a chunked body
// needs its last chunk. (Poco 1.11's streams report a body that was cut as success, so they are not used.)
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engines/workspace/http.h"
#include "engines/workspace/http/bytes.h"

namespace lockstep {

struct Received {
  std::optional<HttpResponse> response;
  HttpFailure failure;     // without a response; kind and detail. Nothing came at all: Kind::closed
  bool any_byte = false;   // something came
  bool may_reuse = false;  // the connection can carry another request
  std::optional<std::chrono::seconds> server_closes;  // from "Keep-Alive: timeout=5"
};

class ResponseReader {
 public:
  // `peer` is named in failures. The source is read as far as this response goes; more is an error of the server.
  ResponseReader(ByteSource& source, std::string peer) : source_(source), peer_(std::move(peer)) {}
  // `head` asks: a response to HEAD has no body. Interim responses (1xx) are passed over.
  Received receive(bool head, std::uint64_t max_bytes);
  // Only a status line and headers, as a proxy answers to CONNECT; nothing may follow.
  Received receive_head();

 private:
  static constexpr std::size_t kBlock = std::size_t{32} * 1024;
  static constexpr std::size_t kMaxHead = std::size_t{256} * 1024;
  static constexpr std::size_t kMaxLine = std::size_t{8} * 1024;
  static constexpr int kMaxInterim = 100;

  bool fill();  // false: the failure is noted
  std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }
  std::optional<std::string> line(std::size_t limit, std::string_view what);
  bool head_lines(HttpResponse& response);
  bool body(const HttpResponse& response, std::uint64_t max_bytes, std::string& into);
  bool exactly(std::uint64_t count, std::string& into, std::string_view of);
  bool chunks(std::uint64_t max_bytes, std::string& into);
  bool to_the_end(std::uint64_t max_bytes, std::string& into);
  bool decode(HttpResponse& response, std::uint64_t max_bytes);
  bool fail(HttpFailure::Kind kind, std::string detail);
  bool too_large(std::uint64_t max_bytes);

  ByteSource& source_;
  std::string peer_;
  std::size_t size_ = kBlock;  // of the buffer, which is not cleared: most answers fill little of it
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(kBlock);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  ReadOutcome last_;        // how the source ended
  bool old_ = false;        // HTTP/1.0
  bool until_end_ = false;  // the body ends with the connection
  Received made_;
};

}  // namespace lockstep
