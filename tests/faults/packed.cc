#include "tests/faults/packed.h"

#include <zlib.h>
#include <stdexcept>

namespace lockstep::testing {

namespace {

std::string pack(std::string_view text, int window) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib");
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int code = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("zlib");
  return packed;
}

}  // namespace

std::string gzip(std::string_view text) {
  return pack(text, 16 + MAX_WBITS);
}

std::string zlib(std::string_view text) {
  return pack(text, MAX_WBITS);
}

std::string raw_deflate(std::string_view text) {
  return pack(text, -MAX_WBITS);
}

}  // namespace lockstep::testing
