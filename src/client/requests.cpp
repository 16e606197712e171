#include "client/requests.h"

#include "base/hash.h"
#include "base/varint.h"

namespace holdfast::client {

std::uint32_t segment_hash_of(BytesView key) { return static_cast<std::uint32_t>(hash_key(key).wire()) & 0x7fffffffU; }

Request key_request(Op op, BytesView key, std::uint32_t flags) {
  Request request{.op = op, .flags = flags, .keyed = true, .segment_hash = segment_hash_of(key)};
  append_array(request.body, key);
  return request;
}

Request write_request(Op op, const WriteRequest& write) {
  Request request = key_request(op, write.key, write.flags);
  const bool removes = op == Op::remove || op == Op::remove_if_unmodified;
  if (!removes) append_lifetime(request.body, write.lifetime);
  if (write.version) append_u64(request.body, *write.version);
  if (!removes) append_array(request.body, write.value);
  return request;
}

Request get_all_request(const std::vector<Bytes>& keys, std::uint32_t flags) {
  Request request{.op = Op::get_all, .flags = flags};
  append_vint(request.body, static_cast<std::uint32_t>(keys.size()));
  for (const Bytes& key : keys) append_array(request.body, key);
  if (!keys.empty()) request.segment_hash = segment_hash_of(keys.front());
  request.keyed = !keys.empty();
  return request;
}

Request put_all_request(const std::vector<std::pair<Bytes, Bytes>>& entries, const RequestedLifetime& lifetime, std::uint32_t flags) {
  Request request{.op = Op::put_all, .flags = flags};
  append_lifetime(request.body, lifetime);
  append_vint(request.body, static_cast<std::uint32_t>(entries.size()));
  for (const auto& [key, value] : entries) {
    append_array(request.body, key);
    append_array(request.body, value);
  }
  if (!entries.empty()) request.segment_hash = segment_hash_of(entries.front().first);
  request.keyed = !entries.empty();
  return request;
}

Request task_request(const std::string& task, const Parameters& parameters) {
  Request request{.op = Op::exec};
  append_array(request.body, task);
  append_parameters(request.body, parameters);
  return request;
}

}  // namespace holdfast::client
