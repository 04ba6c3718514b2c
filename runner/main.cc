#include <malloc.h>

#include "runner/cli/command.h"

namespace {

// Most of a run's threads wait for a server and hold little, and a process lives for one run. Few heaps, grown in large
// steps and never given back, halve the page faults of a catalog with 1,000 tables; with one alone, sixty threads that
// are answered at once wait for its lock. (DuckDB has an allocator of its own.)
void keep_memory() {
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_ARENA_MAX, 8);
  mallopt(M_TOP_PAD, 4 * kMegabyte);
  mallopt(M_TRIM_THRESHOLD, 256 * kMegabyte);
  mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory();
  return lockstep::run_program({argv + 1, argv + argc});
}
