// The numbers of the Hot Rod protocol, 2.0 to 4.1.
//
// Threads: any; constant data.
#pragma once

#include <cstdint>

namespace holdfast::hotrod {

inline constexpr std::uint8_t kRequestMagic = 0xA0;
inline constexpr std::uint8_t kResponseMagic = 0xA1;
inline constexpr std::uint8_t kErrorResponse = 0x50;

/// Versions as they stand in a header: major * 10 + minor.
inline constexpr std::uint8_t kHighestVersion = 41;
constexpr bool is_known_version(std::uint8_t v) { return (v >= 20 && v <= 31) || v == 40 || v == 41; }

enum class ResponseStatus : std::uint8_t {
  success = 0x00,
  not_executed = 0x01,
  key_does_not_exist = 0x02,
  success_with_previous = 0x03,
  not_executed_with_previous = 0x04,
  invalid_iteration = 0x05,
  success_legacy = 0x06,  // the three below: for clients of 2.4 to 2.8 whose cache stores Java objects
  success_with_previous_legacy = 0x07,
  not_executed_with_previous_legacy = 0x08,
  bad_magic = 0x81,
  unknown_operation = 0x82,
  unknown_version = 0x83,
  parse_error = 0x84,
  server_error = 0x85,
  timed_out = 0x86,
  node_suspected = 0x87,
  illegal_lifecycle = 0x88,
};

/// Bits of a request's flags.
enum RequestFlag : std::uint32_t {
  kForceReturnValue = 0x01,
  kDefaultLifespan = 0x02,
  kDefaultMaxIdle = 0x04,
  kSkipCacheLoad = 0x08,
  kSkipIndexing = 0x10,
  kSkipListenerNotification = 0x20,
};

inline constexpr std::uint8_t kIntelligenceHashAware = 3;
inline constexpr std::uint8_t kIntelligenceBasic = 1;

/// Event messages; they stand where a response has its operation.
enum class EventOp : std::uint8_t { created = 0x60, modified = 0x61, removed = 0x62, expired = 0x63 };

/// Kinds of events that a listener may ask for; 0 = all.
enum Interest : std::uint32_t { kInterestCreated = 1, kInterestModified = 2, kInterestRemoved = 4, kInterestExpired = 8 };

}  // namespace holdfast::hotrod
