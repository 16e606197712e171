// RemoteCacheManager and RemoteCache: a grid's caches over Hot Rod, from the library, the tests and the benchmarks.
//
// Every operation has two forms: async_x() starts it and gives a Future, x() waits for it. Keys and values are bytes, as
// the cache keeps them. Extension points of the cluster: who answers for a key is RemoteCacheManager::connection(); what a
// response says of the topology is in Response.
//
// Owner: the program; caches and futures keep the manager's state alive.  Threads: any.
// Waits: the x() forms and Future::get() until the operation's timeout, a first call also for the connection.
// Fails with: as client/connection.h. took_effect_unknown() tells which failures leave it open whether a write happened.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/connection.h"

namespace holdfast::client {

struct ClientOptions {
  std::vector<runtime::Endpoint> servers;  // tried in turn
  ConnectionOptions connection;
  Duration connect_timeout = std::chrono::seconds(10);
  Duration operation_timeout = std::chrono::seconds(15);
};

/// False: the operation has certainly had no effect, and will have none.
bool took_effect_unknown(const Error& error);

/// An operation under way.
template <class T>
class Future {
 public:
  using Convert = Result<T> (*)(Response&&);
  Future(CallPtr call, Convert convert, Instant deadline) : call_(std::move(call)), convert_(convert), deadline_(deadline) {}
  /// Waits; once.
  Result<T> get() {
    HF_ASSIGN(Response response, call_->wait(deadline_));
    return convert_(std::move(response));
  }
  bool done() const { return call_->done(); }

 private:
  CallPtr call_;
  Convert convert_;
  Instant deadline_;
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
  Expiration expiration;
  bool return_previous = false;
};

class ManagerState;

class RemoteCache {
 public:
  RemoteCache(std::shared_ptr<ManagerState> manager, std::string name) : manager_(std::move(manager)), name_(std::move(name)) {}
  const std::string& name() const { return name_; }

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
  Future<T> start(Op op, std::uint32_t flags, BytesView body, typename Future<T>::Convert convert) const;

  std::shared_ptr<ManagerState> manager_;
  std::string name_;
};

class RemoteCacheManager {
 public:
  /// Connects with the first operation.
  RemoteCacheManager(runtime::Runtime& runtime, ClientOptions options);
  ~RemoteCacheManager();  // closes

  RemoteCache cache(std::string name) const { return RemoteCache(state_, std::move(name)); }
  /// A task of the server, e.g. "@@cache@create" with name and configuration.
  Result<Bytes> execute(const std::string& task, const Parameters& parameters) const;
  /// An open connection: the present one, or a new one. Waits.
  Result<std::shared_ptr<Connection>> connection() const;
  void close();

 private:
  std::shared_ptr<ManagerState> state_;
};

}  // namespace holdfast::client
