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
    {Op::put, "PUT", kAlways, kLast, true, true, handle_put},
    {Op::get, "GET", kAlways, kLast, true, true, handle_get},
    {Op::put_if_absent, "PUT_IF_ABSENT", kAlways, kLast, true, true, handle_put_if_absent},
    {Op::replace, "REPLACE", kAlways, kLast, true, true, handle_replace},
    {Op::replace_if_unmodified, "REPLACE_IF_UNMODIFIED", kAlways, kLast, true, true, handle_replace_if_unmodified},
    {Op::remove, "REMOVE", kAlways, kLast, true, true, handle_remove},
    {Op::remove_if_unmodified, "REMOVE_IF_UNMODIFIED", kAlways, kLast, true, true, handle_remove_if_unmodified},
    {Op::contains_key, "CONTAINS_KEY", kAlways, kLast, true, true, handle_contains_key},
    {Op::get_with_version, "GET_WITH_VERSION", kAlways, kLast, true, true, handle_get_with_version},
    {Op::clear, "CLEAR", kAlways, kLast, true, true, handle_clear},
    {Op::stats, "STATS", kAlways, kLast, true, true, handle_stats},
    {Op::ping, "PING", kAlways, kLast, true, false, handle_ping},
    {Op::bulk_get, "BULK_GET", kAlways, kLast, true, true, handle_bulk_get},
    {Op::get_with_metadata, "GET_WITH_METADATA", kAlways, kLast, true, true, handle_get_with_metadata},
    {Op::bulk_get_keys, "BULK_GET_KEYS", kAlways, kLast, true, true, handle_bulk_get_keys},
    {Op::query, "QUERY", kAlways, kLast, false, true, handle_query},
    {Op::auth_mech_list, "AUTH_MECH_LIST", kAlways, kLast, true, false, handle_auth_mech_list},
    {Op::auth, "AUTH", kAlways, kLast, true, false, handle_auth},
    {Op::add_listener, "ADD_CLIENT_LISTENER", kAlways, kLast, true, true, handle_add_listener},
    {Op::remove_listener, "REMOVE_CLIENT_LISTENER", kAlways, kLast, true, true, handle_remove_listener},
    {Op::size, "SIZE", kAlways, kLast, true, true, handle_size},
    {Op::exec, "EXEC", kAlways, kLast, true, true, handle_exec},
    {Op::put_all, "PUT_ALL", kAlways, kLast, true, true, handle_put_all},
    {Op::get_all, "GET_ALL", kAlways, kLast, true, true, handle_get_all},
    {Op::iteration_start, "ITERATION_START", kAlways, kLast, true, true, handle_iteration_start},
    {Op::iteration_next, "ITERATION_NEXT", kAlways, kLast, true, true, handle_iteration_next},
    {Op::iteration_end, "ITERATION_END", kAlways, kLast, true, true, handle_iteration_end},
    {Op::get_stream, "GET_STREAM", 26, 40, true, true, handle_get_stream},
    {Op::put_stream, "PUT_STREAM", 26, 40, true, true, handle_put_stream},
    {Op::add_bloom_listener, "ADD_BLOOM_FILTER_NEAR_CACHE_LISTENER", 31, kLast, true, true, handle_add_bloom_listener},
    {Op::update_bloom, "UPDATE_BLOOM_FILTER", 31, kLast, true, true, handle_update_bloom},
    {Op::end_get_stream, "END_GET_STREAM", kChunkedStreams, kLast, true, true, handle_end_get_stream},
    {Op::next_get_stream, "NEXT_GET_STREAM", kChunkedStreams, kLast, true, true, handle_next_get_stream},
    {Op::start_get_stream, "START_GET_STREAM", kChunkedStreams, kLast, true, true, handle_start_get_stream},
    {Op::end_put_stream, "END_PUT_STREAM", kChunkedStreams, kLast, true, true, handle_end_put_stream},
    {Op::next_put_stream, "NEXT_PUT_STREAM", kChunkedStreams, kLast, true, true, handle_next_put_stream},
    {Op::start_put_stream, "START_PUT_STREAM", kChunkedStreams, kLast, true, true, handle_start_put_stream},
};

/// By code; 0xff = none.
constexpr std::array<std::uint8_t, 256> kIndex = [] {
  std::array<std::uint8_t, 256> index{};
  index.fill(0xff);
  for (std::size_t i = 0; i < std::size(kOperations); ++i) index[static_cast<std::uint8_t>(kOperations[i].op)] = static_cast<std::uint8_t>(i);
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
