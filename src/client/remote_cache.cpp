#include "client/remote_cache.h"

#include "client/requests.h"

namespace holdfast::client {
namespace {

Result<Written> written(Response&& r) { return Written{done(r), r.status != ResponseStatus::key_does_not_exist, std::move(r.value)}; }
Result<bool> succeeded(Response&& r) { return r.status == ResponseStatus::success; }

WriteRequest write_of(BytesView key, BytesView value, const WriteOptions& options, std::optional<Version> version = std::nullopt) {
  return {key, value, options.lifetime, options.return_previous ? std::uint32_t{kForceReturnValue} : 0U, version};
}

}  // namespace

template <class T>
Future<T> RemoteCache::start(Request request, typename Future<T>::Convert convert) const {
  const auto answer = std::make_shared<Answer>(core_->runtime());
  core_->start(std::move(request), route_, answer->completion());
  return Future<T>(answer, convert);
}

Future<std::optional<Bytes>> RemoteCache::async_get(BytesView key) const {
  return start<std::optional<Bytes>>(key_request(Op::get, key), [](Response&& r) { return Result<std::optional<Bytes>>(std::move(r.value)); });
}

Future<std::optional<Found>> RemoteCache::async_get_with_metadata(BytesView key) const {
  return start<std::optional<Found>>(key_request(Op::get_with_metadata, key), [](Response&& r) -> Result<std::optional<Found>> {
    if (!r.value) return std::optional<Found>();
    return std::optional<Found>(Found{std::move(*r.value), r.metadata});
  });
}

Future<bool> RemoteCache::async_contains(BytesView key) const { return start<bool>(key_request(Op::contains_key, key), succeeded); }

Future<Written> RemoteCache::async_put(BytesView key, BytesView value, const WriteOptions& options) const {
  return start<Written>(write_request(Op::put, write_of(key, value, options)), written);
}

Future<Written> RemoteCache::async_put_if_absent(BytesView key, BytesView value, const WriteOptions& options) const {
  return start<Written>(write_request(Op::put_if_absent, write_of(key, value, options)), written);
}

Future<Written> RemoteCache::async_replace(BytesView key, BytesView value, const WriteOptions& options) const {
  return start<Written>(write_request(Op::replace, write_of(key, value, options)), written);
}

Future<Written> RemoteCache::async_replace_if_unmodified(BytesView key, BytesView value, Version version, const WriteOptions& options) const {
  return start<Written>(write_request(Op::replace_if_unmodified, write_of(key, value, options, version)), written);
}

Future<Written> RemoteCache::async_remove(BytesView key, const WriteOptions& options) const {
  return start<Written>(write_request(Op::remove, write_of(key, "", options)), written);
}

Future<Written> RemoteCache::async_remove_if_unmodified(BytesView key, Version version, const WriteOptions& options) const {
  return start<Written>(write_request(Op::remove_if_unmodified, write_of(key, "", options, version)), written);
}

Future<Entries> RemoteCache::async_get_all(const std::vector<Bytes>& keys) const {
  return start<Entries>(get_all_request(keys), [](Response&& r) { return Result<Entries>(std::move(r.pairs)); });
}

Future<bool> RemoteCache::async_put_all(const Entries& entries, const WriteOptions& options) const {
  return start<bool>(put_all_request(entries, options.lifetime), succeeded);
}

Result<std::uint64_t> RemoteCache::size() const {
  return start<std::uint64_t>(Request{.op = Op::size}, [](Response&& r) { return Result<std::uint64_t>(r.number); }).get();
}

Status RemoteCache::clear() const {
  HF_ASSIGN([[maybe_unused]] const bool done, start<bool>(Request{.op = Op::clear}, succeeded).get());
  return success();
}

Result<Entries> RemoteCache::statistics() const {
  return start<Entries>(Request{.op = Op::stats}, [](Response&& r) { return Result<Entries>(std::move(r.pairs)); }).get();
}

RemoteCacheManager::RemoteCacheManager(runtime::Runtime& runtime, ClientOptions options) : core_(std::make_shared<ClientCore>(runtime, std::move(options))) {}
RemoteCacheManager::~RemoteCacheManager() { close(); }
void RemoteCacheManager::close() { core_->close(); }

Result<Bytes> RemoteCacheManager::execute(const std::string& task, const Parameters& parameters) const {
  HF_ASSIGN(Response response, core_->call(task_request(task, parameters), nullptr));
  return std::move(response.value).value_or(Bytes());
}

}  // namespace holdfast::client
