#include "engines/workspace/http/inflate.h"

#include <zlib.h>
#include <algorithm>
#include <array>
#include <climits>
#include <memory>

namespace lockstep {

namespace {

constexpr int kGzip = 16 + MAX_WBITS;
constexpr int kZlib = MAX_WBITS;
constexpr int kRaw = -MAX_WBITS;

struct End {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

Inflated unpack(std::string_view packed, std::uint64_t limit, int window) {
  Inflated made;
  z_stream stream{};
  if (inflateInit2(&stream, window) != Z_OK) return {Inflated::State::garbage, {}};
  std::unique_ptr<z_stream, End> guard(&stream);
  std::array<char, std::size_t{64} * 1024> block{};
  std::size_t given = 0;
  int code = Z_OK;
  while (true) {
    if (stream.avail_in == 0 && given < packed.size()) {
      const std::size_t part = std::min<std::size_t>(packed.size() - given, UINT_MAX);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + given));  // zlib only reads it
      stream.avail_in = static_cast<uInt>(part);
      given += part;
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = block.size() - stream.avail_out;
    if (made.text.size() + got > limit) return {Inflated::State::too_large, {}};
    made.text.append(block.data(), got);
    const bool more = stream.avail_in > 0 || given < packed.size();
    if (code == Z_STREAM_END) {
      if (!more) return made;
      // A gzip file may have several members (RFC 1952 2.2); bytes behind a zlib stream are an error.
      if (window != kGzip || inflateReset(&stream) != Z_OK) return {Inflated::State::garbage, {}};
    } else if (code == Z_BUF_ERROR || (code == Z_OK && got == 0 && !more)) {
      return {Inflated::State::cut, {}};
    } else if (code != Z_OK) {
      return {Inflated::State::garbage, {}};
    }
  }
}

}  // namespace

Inflated inflate_gzip(std::string_view packed, std::uint64_t limit) {
  return unpack(packed, limit, kGzip);
}

Inflated inflate_deflate(std::string_view packed, std::uint64_t limit) {
  Inflated made = unpack(packed, limit, kZlib);
  return made.state == Inflated::State::garbage ? unpack(packed, limit, kRaw) : made;
}

}  // namespace lockstep
