#include "client/remote_cache.h"

#include <algorithm>

#include "base/varint.h"

namespace holdfast::client {

/// The manager's connection, made again when it ended. One at a time opens it, the others wait for that.
class ManagerState {
 public:
  ManagerState(runtime::Runtime& runtime, ClientOptions options) : runtime_(runtime), options_(std::move(options)) {}

  Result<std::shared_ptr<Connection>> connection() {
    const Instant deadline = runtime_.clock().now() + options_.connect_timeout;
    for (;;) {
      std::shared_ptr<runtime::Event> opening;
      {
        Locked locked(lock_);
        if (closed_) return Error(Errc::closed, "this RemoteCacheManager was closed");
        if (connection_ && connection_->is_open()) return connection_;
        opening = opening_;
        if (!opening) opening_ = runtime_.scheduler().make_event();
      }
      if (!opening) return open(deadline);
      if (!opening->wait(deadline)) return Error(Errc::refused, "no connection to any server until the deadline");
    }
  }

  void close() {
    std::shared_ptr<Connection> connection;
    {
      Locked locked(lock_);
      closed_ = true;
      connection = std::move(connection_);
    }
    if (connection) connection->close();
  }

  CallPtr send(Op op, BytesView cache, std::uint32_t flags, BytesView body, Error& failure) {
    auto connected = connection();
    if (connected.ok()) return (*connected)->send(op, cache, flags, body);
    failure = connected.error();
    return nullptr;
  }
  Instant deadline() { return runtime_.clock().now() + options_.operation_timeout; }
  runtime::Runtime& runtime() { return runtime_; }

 private:
  /// Whatever happens here, whoever waits for it is woken.
  Result<std::shared_ptr<Connection>> open(Instant deadline) {
    struct Opened {
      ManagerState& state;
      ~Opened() { state.opening_ended(); }
    } const opened{*this};
    Error failure(Errc::invalid_argument, "ClientOptions::servers is empty: name at least one server");
    for (std::size_t i = 0; i < options_.servers.size(); ++i) {
      const auto& server = options_.servers[next_server_++ % options_.servers.size()];
      auto made = Connection::open(runtime_, server, options_.connection, deadline);
      if (!made.ok()) {
        failure = made.error();
        continue;
      }
      Locked locked(lock_);
      if (!closed_) connection_ = *made;
      return made;
    }
    // Nothing was sent, so a failure is certain; a timeout of connecting is not one of an operation.
    return failure.code() == Errc::timeout || failure.code() == Errc::closed ? Error(Errc::refused, failure.message()) : failure;
  }
  void opening_ended() {
    std::shared_ptr<runtime::Event> opening;
    {
      Locked locked(lock_);
      opening.swap(opening_);
    }
    opening->set();
  }

  runtime::Runtime& runtime_;
  const ClientOptions options_;
  Mutex lock_;
  std::shared_ptr<Connection> connection_ HF_GUARDED_BY(lock_);
  std::shared_ptr<runtime::Event> opening_ HF_GUARDED_BY(lock_);
  bool closed_ HF_GUARDED_BY(lock_) = false;
  std::size_t next_server_ = 0;  // of whoever opens
};

bool took_effect_unknown(const Error& error) {
  switch (error.code()) {
    case Errc::timeout: case Errc::closed: case Errc::protocol_error: case Errc::internal: case Errc::node_suspected: return true;
    default: return false;
  }
}

namespace {

Result<Written> written(Response&& r) {
  const bool done = r.status == ResponseStatus::success || r.status == ResponseStatus::success_with_previous;
  return Written{done, r.status != ResponseStatus::key_does_not_exist, std::move(r.value)};
}
Result<bool> succeeded(Response&& r) { return r.status == ResponseStatus::success; }

Bytes key_body(BytesView key) {
  Bytes body;
  append_array(body, key);
  return body;
}

Bytes entry_body(BytesView key, BytesView value, const Expiration& expiration, std::optional<Version> version = std::nullopt) {
  Bytes body = key_body(key);
  append_expiration(body, expiration);
  if (version) append_u64(body, *version);
  append_array(body, value);
  return body;
}

std::uint32_t flags_of(const WriteOptions& options) { return options.return_previous ? std::uint32_t{kForceReturnValue} : 0U; }

}  // namespace

template <class T>
Future<T> RemoteCache::start(Op op, std::uint32_t flags, BytesView body, typename Future<T>::Convert convert) const {
  Error failure(Errc::closed);
  CallPtr call = manager_->send(op, name_, flags, body, failure);
  if (call == nullptr) call = Call::failed(manager_->runtime(), op, std::move(failure));
  return Future<T>(std::move(call), convert, manager_->deadline());
}

Future<std::optional<Bytes>> RemoteCache::async_get(BytesView key) const {
  return start<std::optional<Bytes>>(Op::get, 0, key_body(key), [](Response&& r) { return Result<std::optional<Bytes>>(std::move(r.value)); });
}

Future<std::optional<Found>> RemoteCache::async_get_with_metadata(BytesView key) const {
  return start<std::optional<Found>>(Op::get_with_metadata, 0, key_body(key), [](Response&& r) -> Result<std::optional<Found>> {
    if (!r.value) return std::optional<Found>();
    return std::optional<Found>(Found{std::move(*r.value), r.metadata});
  });
}

Future<bool> RemoteCache::async_contains(BytesView key) const { return start<bool>(Op::contains_key, 0, key_body(key), succeeded); }

Future<Written> RemoteCache::async_put(BytesView key, BytesView value, const WriteOptions& options) const {
  return start<Written>(Op::put, flags_of(options), entry_body(key, value, options.expiration), written);
}

Future<Written> RemoteCache::async_put_if_absent(BytesView key, BytesView value, const WriteOptions& options) const {
  return start<Written>(Op::put_if_absent, flags_of(options), entry_body(key, value, options.expiration), written);
}

Future<Written> RemoteCache::async_replace(BytesView key, BytesView value, const WriteOptions& options) const {
  return start<Written>(Op::replace, flags_of(options), entry_body(key, value, options.expiration), written);
}

Future<Written> RemoteCache::async_replace_if_unmodified(BytesView key, BytesView value, Version version, const WriteOptions& options) const {
  return start<Written>(Op::replace_if_unmodified, flags_of(options), entry_body(key, value, options.expiration, version), written);
}

Future<Written> RemoteCache::async_remove(BytesView key, const WriteOptions& options) const {
  return start<Written>(Op::remove, flags_of(options), key_body(key), written);
}

Future<Written> RemoteCache::async_remove_if_unmodified(BytesView key, Version version, const WriteOptions& options) const {
  Bytes body = key_body(key);
  append_u64(body, version);
  return start<Written>(Op::remove_if_unmodified, flags_of(options), body, written);
}

Future<Entries> RemoteCache::async_get_all(const std::vector<Bytes>& keys) const {
  Bytes body;
  append_vint(body, static_cast<std::uint32_t>(keys.size()));
  for (const Bytes& key : keys) append_array(body, key);
  return start<Entries>(Op::get_all, 0, body, [](Response&& r) { return Result<Entries>(std::move(r.pairs)); });
}

Future<bool> RemoteCache::async_put_all(const Entries& entries, const WriteOptions& options) const {
  Bytes body;
  append_expiration(body, options.expiration);
  append_vint(body, static_cast<std::uint32_t>(entries.size()));
  for (const auto& [key, value] : entries) {
    append_array(body, key);
    append_array(body, value);
  }
  return start<bool>(Op::put_all, 0, body, succeeded);
}

Result<std::uint64_t> RemoteCache::size() const {
  return start<std::uint64_t>(Op::size, 0, "", [](Response&& r) { return Result<std::uint64_t>(r.number); }).get();
}

Status RemoteCache::clear() const {
  HF_ASSIGN([[maybe_unused]] const bool done, start<bool>(Op::clear, 0, "", succeeded).get());
  return success();
}

Result<Entries> RemoteCache::statistics() const {
  return start<Entries>(Op::stats, 0, "", [](Response&& r) { return Result<Entries>(std::move(r.pairs)); }).get();
}

RemoteCacheManager::RemoteCacheManager(runtime::Runtime& runtime, ClientOptions options) : state_(std::make_shared<ManagerState>(runtime, std::move(options))) {}
RemoteCacheManager::~RemoteCacheManager() { close(); }
void RemoteCacheManager::close() { state_->close(); }
Result<std::shared_ptr<Connection>> RemoteCacheManager::connection() const { return state_->connection(); }

Result<Bytes> RemoteCacheManager::execute(const std::string& task, const Parameters& parameters) const {
  HF_ASSIGN(const std::shared_ptr<Connection> connected, connection());
  Bytes body;
  append_array(body, task);
  append_parameters(body, parameters);
  HF_ASSIGN(Response response, connected->send(Op::exec, "", 0, body)->wait(state_->deadline()));
  return std::move(response.value).value_or(Bytes());
}

}  // namespace holdfast::client
