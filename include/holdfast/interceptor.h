// Interceptor: a program's own step before and after the operations of a cache, through whichever handle they come.
//
// Owner: the cache, until the subscription is cancelled.  Threads: the one of the operation, several at once.
// Waits: may; its operation waits with it.
// Fails with: a CacheException thrown by `before` refuses the operation and reaches its caller; the cache stays as it
// was. What `after` throws goes to the log.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace holdfast {

enum class OperationKind : std::uint8_t { get, contains, put, remove, compute, touch, evict, clear, size, iterate };

constexpr std::string_view name_of(OperationKind kind) {
  constexpr std::string_view kNames[] = {"get", "contains", "put", "remove", "compute", "touch", "evict", "clear", "size", "iterate"};
  return kNames[static_cast<int>(kind)];
}

/// clear, size and iterate concern all keys.
constexpr bool has_key(OperationKind kind) { return kind < OperationKind::clear; }

/// put also stands for put_if_absent and replace, compute for merge; bulk operations are one operation for each key.
template <class K>
struct Operation {
  OperationKind kind = OperationKind::get;
  const K* key = nullptr;  // null: clear, size, iterate
  std::string_view name() const { return name_of(kind); }
};

template <class K>
struct Interceptor {
  std::function<void(const Operation<K>&)> before = {};
  /// `done`: an entry was found or changed; false also when the operation failed. In the opposite order of `before`,
  /// for those whose `before` was called and did not throw.
  std::function<void(const Operation<K>&, bool done)> after = {};
};

}  // namespace holdfast
