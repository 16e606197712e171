// RemoteCacheManager and RemoteCache: a grid's caches over Hot Rod, for the tests, the simulator and the benchmarks; what
// programs use (include/holdfast/remote_cache.h) stands on the same ClientCore.
//
// Every operation has two forms: async_x() starts it and gives a Future, x() waits for it. Keys and values are bytes, as
// the cache keeps them.
//
// Owner: the program; caches and futures keep the manager's state alive.  Threads: any.
// Waits: the x() forms and Future::get() until the operation's timeout; async_x() of a thread only while too much is under way.
// Fails with: as client/client_core.h. took_effect_unknown() tells which failures leave it open whether a write happened.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/answer.h"
#include "client/client_core.h"

namespace holdfast::client {

/// An operation under way.
template <class T>
class Future {
 public:
  using Convert = Result<T> (*)(Response&&);
  Future(std::shared_ptr<Answer> answer, Convert convert) : answer_(std::move(answer)), convert_(convert) {}
  /// Waits; once.
  Result<T> get() {
    HF_ASSIGN(Response response, answer_->wait(kNever));
    return convert_(std::move(response));
  }
  bool done() const { return answer_->done(); }

 private:
  std::shared_ptr<Answer> answer_;
  Convert convert_;
};

struct Found {
  Bytes value;
  Metadata metadata;
};
/// What a write did. `previous` only when asked for.
struct Written {
  bool done = false;       // false: the condition did not hold
  bool existed = true;     // false: there was no entry, where the operation needs one
  std::optional<Bytes> previous;
};
using Entries = std::vector<std::pair<Bytes, Bytes>>;

struct WriteOptions {
  RequestedLifetime lifetime{};
  bool return_previous = false;
};

class RemoteCache {
 public:
  RemoteCache(std::shared_ptr<ClientCore> core, const std::string& name) : core_(std::move(core)), route_(core_->route(name)) {}
  const std::string& name() const { return route_->name(); }
  /// The servers and owners as far as they are known; null = not yet.
  std::shared_ptr<const Table> table() const { return route_->table(); }

  Future<std::optional<Bytes>> async_get(BytesView key) const;
  Future<std::optional<Found>> async_get_with_metadata(BytesView key) const;
  Future<bool> async_contains(BytesView key) const;
  Future<Written> async_put(BytesView key, BytesView value, const WriteOptions& options = {}) const;
  Future<Written> async_put_if_absent(BytesView key, BytesView value, const WriteOptions& options = {}) const;
  Future<Written> async_replace(BytesView key, BytesView value, const WriteOptions& options = {}) const;
  Future<Written> async_replace_if_unmodified(BytesView key, BytesView value, Version version, const WriteOptions& options = {}) const;
  Future<Written> async_remove(BytesView key, const WriteOptions& options = {}) const;
  Future<Written> async_remove_if_unmodified(BytesView key, Version version, const WriteOptions& options = {}) const;
  Future<Entries> async_get_all(const std::vector<Bytes>& keys) const;
  Future<bool> async_put_all(const Entries& entries, const WriteOptions& options = {}) const;

  Result<std::optional<Bytes>> get(BytesView key) const { return async_get(key).get(); }
  Result<std::optional<Found>> get_with_metadata(BytesView key) const { return async_get_with_metadata(key).get(); }
  Result<bool> contains(BytesView key) const { return async_contains(key).get(); }
  Result<Written> put(BytesView key, BytesView value, const WriteOptions& options = {}) const { return async_put(key, value, options).get(); }
  Result<Written> put_if_absent(BytesView key, BytesView value, const WriteOptions& options = {}) const { return async_put_if_absent(key, value, options).get(); }
  Result<Written> replace(BytesView key, BytesView value, const WriteOptions& options = {}) const { return async_replace(key, value, options).get(); }
  Result<Written> replace_if_unmodified(BytesView key, BytesView value, Version version, const WriteOptions& options = {}) const {
    return async_replace_if_unmodified(key, value, version, options).get();
  }
  Result<Written> remove(BytesView key, const WriteOptions& options = {}) const { return async_remove(key, options).get(); }
  Result<Written> remove_if_unmodified(BytesView key, Version version, const WriteOptions& options = {}) const {
    return async_remove_if_unmodified(key, version, options).get();
  }
  Result<Entries> get_all(const std::vector<Bytes>& keys) const { return async_get_all(keys).get(); }
  Result<bool> put_all(const Entries& entries, const WriteOptions& options = {}) const { return async_put_all(entries, options).get(); }
  Result<std::uint64_t> size() const;
  Status clear() const;
  /// By the names of hot-rod.md 1.12.
  Result<Entries> statistics() const;

 private:
  template <class T>
  Future<T> start(Request request, typename Future<T>::Convert convert) const;

  std::shared_ptr<ClientCore> core_;
  std::shared_ptr<CacheRoute> route_;
};

class RemoteCacheManager {
 public:
  /// Connects with the first operation.
  RemoteCacheManager(runtime::Runtime& runtime, ClientOptions options);
  ~RemoteCacheManager();  // closes

  RemoteCache cache(const std::string& name) const { return RemoteCache(core_, name); }
  /// A task of the server, e.g. "@@cache@create" with name and configuration.
  Result<Bytes> execute(const std::string& task, const Parameters& parameters) const;
  const std::shared_ptr<ClientCore>& core() const { return core_; }
  void close();

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace holdfast::client
