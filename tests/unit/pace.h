// How much longer than usual things may take in this build: sanitizers slow code down many times.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LOCKSTEP_SLOW_BUILD 1
#endif
#endif

namespace lockstep {

#ifdef LOCKSTEP_SLOW_BUILD
inline constexpr int kSlowdown = 25;
#else
inline constexpr int kSlowdown = 1;
#endif

}  // namespace lockstep
