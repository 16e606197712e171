// The requests of every operation, and what their responses mean.
//
// Owner: values.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include "client/request.h"

namespace holdfast::client {

struct WriteRequest {
  BytesView key{};
  BytesView value{};
  RequestedLifetime lifetime{};
  std::uint32_t flags = 0;
  std::optional<Version> version{};  // of the operations with a condition on it
};

Request key_request(Op op, BytesView key, std::uint32_t flags = 0);
/// put, put_if_absent, replace, replace_if_unmodified, remove, remove_if_unmodified.
Request write_request(Op op, const WriteRequest& write);
Request get_all_request(const std::vector<Bytes>& keys, std::uint32_t flags = 0);
Request put_all_request(const std::vector<std::pair<Bytes, Bytes>>& entries, const RequestedLifetime& lifetime, std::uint32_t flags = 0);
Request task_request(const std::string& task, const Parameters& parameters);

/// The 31 bits that segments are cut from.
std::uint32_t segment_hash_of(BytesView key);

/// A write was done, its condition (if any) held.
inline bool done(const Response& r) { return r.status == ResponseStatus::success || r.status == ResponseStatus::success_with_previous; }

}  // namespace holdfast::client
