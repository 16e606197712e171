#include "endpoint/hotrod/operations.h"

#include <array>

#include "endpoint/hotrod/handlers.h"

namespace holdfast::hotrod {
namespace {

constexpr std::uint8_t kAlways = 20;
constexpr std::uint8_t kLast = kHighestVersion;
/// The protocol has them since 4.1, but Java's client 16 sends them at every version that it speaks.
constexpr std::uint8_t kChunkedStreams = 30;

constexpr Operation kOperations[] = {
    {0x01, 0x02, "PUT", kAlways, kLast, true, true, handle_put},
    {0x03, 0x04, "GET", kAlways, kLast, true, true, handle_get},
    {0x05, 0x06, "PUT_IF_ABSENT", kAlways, kLast, true, true, handle_put_if_absent},
    {0x07, 0x08, "REPLACE", kAlways, kLast, true, true, handle_replace},
    {0x09, 0x0A, "REPLACE_IF_UNMODIFIED", kAlways, kLast, true, true, handle_replace_if_unmodified},
    {0x0B, 0x0C, "REMOVE", kAlways, kLast, true, true, handle_remove},
    {0x0D, 0x0E, "REMOVE_IF_UNMODIFIED", kAlways, kLast, true, true, handle_remove_if_unmodified},
    {0x0F, 0x10, "CONTAINS_KEY", kAlways, kLast, true, true, handle_contains_key},
    {0x11, 0x12, "GET_WITH_VERSION", kAlways, kLast, true, true, handle_get_with_version},
    {0x13, 0x14, "CLEAR", kAlways, kLast, true, true, handle_clear},
    {0x15, 0x16, "STATS", kAlways, kLast, true, true, handle_stats},
    {0x17, 0x18, "PING", kAlways, kLast, true, false, handle_ping},
    {0x19, 0x1A, "BULK_GET", kAlways, kLast, true, true, handle_bulk_get},
    {0x1B, 0x1C, "GET_WITH_METADATA", kAlways, kLast, true, true, handle_get_with_metadata},
    {0x1D, 0x1E, "BULK_GET_KEYS", kAlways, kLast, true, true, handle_bulk_get_keys},
    {0x1F, 0x20, "QUERY", kAlways, kLast, false, true, handle_query},
    {0x21, 0x22, "AUTH_MECH_LIST", kAlways, kLast, true, false, handle_auth_mech_list},
    {0x23, 0x24, "AUTH", kAlways, kLast, true, false, handle_auth},
    {0x25, 0x26, "ADD_CLIENT_LISTENER", kAlways, kLast, true, true, handle_add_listener},
    {0x27, 0x28, "REMOVE_CLIENT_LISTENER", kAlways, kLast, true, true, handle_remove_listener},
    {0x29, 0x2A, "SIZE", kAlways, kLast, true, true, handle_size},
    {0x2B, 0x2C, "EXEC", kAlways, kLast, true, true, handle_exec},
    {0x2D, 0x2E, "PUT_ALL", kAlways, kLast, true, true, handle_put_all},
    {0x2F, 0x30, "GET_ALL", kAlways, kLast, true, true, handle_get_all},
    {0x31, 0x32, "ITERATION_START", kAlways, kLast, true, true, handle_iteration_start},
    {0x33, 0x34, "ITERATION_NEXT", kAlways, kLast, true, true, handle_iteration_next},
    {0x35, 0x36, "ITERATION_END", kAlways, kLast, true, true, handle_iteration_end},
    {0x37, 0x38, "GET_STREAM", 26, 40, true, true, handle_get_stream},
    {0x39, 0x3A, "PUT_STREAM", 26, 40, true, true, handle_put_stream},
    {0x41, 0x42, "ADD_BLOOM_FILTER_NEAR_CACHE_LISTENER", 31, kLast, true, true, handle_add_bloom_listener},
    {0x43, 0x44, "UPDATE_BLOOM_FILTER", 31, kLast, true, true, handle_update_bloom},
    {0xE5, 0xE4, "END_GET_STREAM", kChunkedStreams, kLast, true, true, handle_end_get_stream},
    {0xE7, 0xE6, "NEXT_GET_STREAM", kChunkedStreams, kLast, true, true, handle_next_get_stream},
    {0xE9, 0xE8, "START_GET_STREAM", kChunkedStreams, kLast, true, true, handle_start_get_stream},
    {0xEB, 0xEA, "END_PUT_STREAM", kChunkedStreams, kLast, true, true, handle_end_put_stream},
    {0xED, 0xEC, "NEXT_PUT_STREAM", kChunkedStreams, kLast, true, true, handle_next_put_stream},
    {0xEF, 0xEE, "START_PUT_STREAM", kChunkedStreams, kLast, true, true, handle_start_put_stream},
};

/// By code; 0xff = none.
constexpr std::array<std::uint8_t, 256> kIndex = [] {
  std::array<std::uint8_t, 256> index{};
  index.fill(0xff);
  for (std::size_t i = 0; i < std::size(kOperations); ++i) index[kOperations[i].code] = static_cast<std::uint8_t>(i);
  return index;
}();

}  // namespace

const Operation* find_operation(std::uint8_t code, std::uint8_t version) {
  const std::uint8_t index = kIndex[code];
  if (index == 0xff) return nullptr;
  const Operation& row = kOperations[index];
  return version >= row.since && version <= row.until ? &row : nullptr;
}

std::span<const Operation> operations() { return kOperations; }

}  // namespace holdfast::hotrod
