// The numbers of the Hot Rod protocol, 2.0 to 4.1, as the endpoint and our client say them.
//
// Threads: any; constant data.
#pragma once

#include <cstdint>

namespace holdfast::hotrod {
/// Whoever speaks the protocol takes these in.
inline namespace numbers {

inline constexpr std::uint8_t kRequestMagic = 0xA0;
inline constexpr std::uint8_t kResponseMagic = 0xA1;
inline constexpr std::uint8_t kErrorResponse = 0x50;

/// Versions as they stand in a header: major * 10 + minor.
inline constexpr std::uint8_t kHighestVersion = 41;
constexpr bool is_known_version(std::uint8_t v) { return (v >= 20 && v <= 31) || v == 40 || v == 41; }

/// Requests. The response has the number behind it, that of a stream in chunks the number before it.
enum class Op : std::uint8_t {
  put = 0x01,
  get = 0x03,
  put_if_absent = 0x05,
  replace = 0x07,
  replace_if_unmodified = 0x09,
  remove = 0x0B,
  remove_if_unmodified = 0x0D,
  contains_key = 0x0F,
  get_with_version = 0x11,
  clear = 0x13,
  stats = 0x15,
  ping = 0x17,
  bulk_get = 0x19,
  get_with_metadata = 0x1B,
  bulk_get_keys = 0x1D,
  query = 0x1F,
  auth_mech_list = 0x21,
  auth = 0x23,
  add_listener = 0x25,
  remove_listener = 0x27,
  size = 0x29,
  exec = 0x2B,
  put_all = 0x2D,
  get_all = 0x2F,
  iteration_start = 0x31,
  iteration_next = 0x33,
  iteration_end = 0x35,
  get_stream = 0x37,
  put_stream = 0x39,
  add_bloom_listener = 0x41,
  update_bloom = 0x43,
  end_get_stream = 0xE5,
  next_get_stream = 0xE7,
  start_get_stream = 0xE9,
  end_put_stream = 0xEB,
  next_put_stream = 0xED,
  start_put_stream = 0xEF,
};
constexpr std::uint8_t response_of(Op op) {
  const auto code = static_cast<std::uint8_t>(op);
  return op >= Op::end_get_stream ? code - 1 : code + 1;
}

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
  kSkipListeners = 0x20,
};

/// Ours: a parameter of a request's header (4.0) that tells the repeats of one write from other writes, and what stands among the
/// operations of a PING's answer when the server knows it. docs/protocols/hotrod.md.
inline constexpr char kRepeatParameter[] = "holdfast.repeat";
inline constexpr std::uint16_t kKnowsRepeats = 0x4846;

/// How much a client wants to know of the cluster.
enum class Intelligence : std::uint8_t { basic = 1, topology = 2, hash_aware = 3 };

/// Event messages; they stand where a response has its operation.
enum class EventOp : std::uint8_t { created = 0x60, modified = 0x61, removed = 0x62, expired = 0x63 };

/// Kinds of events that a listener may ask for; 0 = all.
enum Interest : std::uint32_t { kInterestCreated = 1, kInterestModified = 2, kInterestRemoved = 4, kInterestExpired = 8 };

}  // namespace numbers
}  // namespace holdfast::hotrod
