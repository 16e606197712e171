// The numbers of the Hot Rod protocol that our client speaks: 3.1 and 4.0.
//
// Threads: any; constant data.
#pragma once

#include <cstdint>

namespace holdfast::client {

inline constexpr std::uint8_t kRequestMagic = 0xA0;
inline constexpr std::uint8_t kResponseMagic = 0xA1;

/// As they stand in a header: major * 10 + minor. Every connection begins with the first.
inline constexpr std::uint8_t kFirstVersion = 31;
inline constexpr std::uint8_t kBestVersion = 40;

/// Requests; the response of each has the number behind it.
enum class Op : std::uint8_t {
  put = 0x01, get = 0x03, put_if_absent = 0x05, replace = 0x07, replace_if_unmodified = 0x09, remove = 0x0B,
  remove_if_unmodified = 0x0D, contains_key = 0x0F, clear = 0x13, stats = 0x15, ping = 0x17, get_with_metadata = 0x1B,
  auth_mech_list = 0x21, auth = 0x23, add_listener = 0x25, remove_listener = 0x27, size = 0x29, exec = 0x2B, put_all = 0x2D,
  get_all = 0x2F, iteration_start = 0x31, iteration_next = 0x33, iteration_end = 0x35, add_bloom_listener = 0x41, update_bloom = 0x43
};
inline constexpr std::uint8_t kErrorResponse = 0x50;
/// Events stand where a response has its operation.
enum class EventOp : std::uint8_t { created = 0x60, modified = 0x61, removed = 0x62, expired = 0x63 };

enum class ResponseStatus : std::uint8_t {
  success = 0x00, not_executed = 0x01, key_does_not_exist = 0x02, success_with_previous = 0x03, not_executed_with_previous = 0x04,
  invalid_iteration = 0x05,
  bad_magic = 0x81, unknown_operation = 0x82, unknown_version = 0x83, parse_error = 0x84, server_error = 0x85, timed_out = 0x86,
  node_suspected = 0x87, illegal_lifecycle = 0x88
};

enum RequestFlag : std::uint32_t { kForceReturnValue = 0x01, kSkipCacheLoad = 0x08, kSkipIndexing = 0x10, kSkipListeners = 0x20 };

/// How much a client wants to know of the cluster.
enum class Intelligence : std::uint8_t { basic = 1, topology = 2, hash_aware = 3 };

}  // namespace holdfast::client
