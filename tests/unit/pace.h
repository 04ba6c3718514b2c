// What this build can do: sanitizers slow code down many times.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LOCKSTEP_SLOW_BUILD 1
#endif
#endif

namespace lockstep {

// The thread sanitizer's run time hangs in the child of a fork.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LOCKSTEP_NO_FORK 1
#endif
#endif
#ifdef LOCKSTEP_NO_FORK
inline constexpr bool kCanFork = false;
#else
inline constexpr bool kCanFork = true;
#endif

#ifdef LOCKSTEP_SLOW_BUILD
inline constexpr int kSlowdown = 25;
#else
inline constexpr int kSlowdown = 1;
#endif

}  // namespace lockstep
