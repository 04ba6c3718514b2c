// Every answer, in pieces of every size and cut at every byte: whole or not at all.
#include "engines/workspace/http/response_reader.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

class Text : public ByteSource {
 public:
  Text(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  ReadOutcome read(std::span<char> space) override {
    const std::size_t count = std::min({piece_, text_.size() - at_, space.size()});
    if (count == 0) return {ReadOutcome::State::end, 0, {}};
    text_.copy(space.data(), count, at_);
    at_ += count;
    return {ReadOutcome::State::data, count, {}};
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

Received receive(const std::string& text, std::size_t piece = 1'000'000) {
  Text source(text, piece);
  return ResponseReader(source, "peer").receive(false, 1'000'000);
}

const std::string kAnswers[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA:  b \r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: z\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\nContent-Length: 5\nA: b\n\nhello",
};

TEST(ResponseReader, ReadsTheSameInPiecesOfEverySize) {
  for (const std::string& text : kAnswers) {
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      Received got = receive(text, piece);
      ASSERT_TRUE(got.response) << piece << got.failure.detail;
      EXPECT_EQ(got.response->body, "hello");
      EXPECT_TRUE(got.may_reuse);
    }
  }
  EXPECT_EQ(receive(kAnswers[0]).response->header("a"), "b");
}

TEST(ResponseReader, NoPrefixIsAnAnswer) {
  for (const std::string& text : kAnswers) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      Received got = receive(text.substr(0, size), 7);
      EXPECT_FALSE(got.response) << text.substr(0, size);
      EXPECT_TRUE(got.failure.kind == HttpFailure::Kind::closed || got.failure.kind == HttpFailure::Kind::cut);
      EXPECT_FALSE(got.failure.detail.empty());
      EXPECT_EQ(got.any_byte, size > 0);
    }
  }
}

TEST(ResponseReader, EveryFlippedByteEndsSomehow) {
  for (const std::string& text : kAnswers)
    for (std::size_t at = 0; at < text.size(); ++at)
      for (int bit = 0; bit < 8; ++bit) {
        std::string spoilt = text;
        spoilt[at] = static_cast<char>(spoilt[at] ^ (1 << bit));
        Received got = receive(spoilt, 3);
        EXPECT_TRUE(got.response || !got.failure.detail.empty());
      }
}

TEST(ResponseReader, SaysWhatIsWrong) {
  EXPECT_EQ(receive("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789").failure.detail,
            "peer closed the connection after 10 of 100 bytes of the body");
  EXPECT_EQ(receive("").failure.detail, "peer closed the connection without an answer");
  EXPECT_EQ(receive("\x16\x03\x01").failure.detail, R"(what peer sent is not HTTP/1.1: it begins with '\x16\x03\x01')");
}

}  // namespace
}  // namespace lockstep
