// AsyncRemoteCache<K, V>: the operations of a remote cache as futures. Any number may be under way at a time; those on
// different keys are not ordered among each other.
//
// Owner: as RemoteCache.  Threads: any. What then() is given runs on a thread of the client's that reads answers: it must
// not wait for an operation of the same client.
// Waits: only while in_flight_max operations are under way (and fails with `exhausted` on a thread of the client's).
// Fails with: nothing; the futures carry the exceptions.
#pragma once

#include <holdfast/detail/remote_raw.h>
#include <holdfast/future.h>
#include <holdfast/marshaller.h>
#include <holdfast/metadata.h>
#include <holdfast/stream.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

template <class K, class V>
class AsyncRemoteCache {
 public:
  using KeyArgument = detail::Argument<K>;
  using ValueArgument = detail::Argument<V>;
  using Entries = std::vector<std::pair<K, V>>;

  AsyncRemoteCache(std::shared_ptr<const detail::RemoteRaw> raw, Flag flags, bool return_previous)
      : raw_(std::move(raw)), flags_(flags), return_previous_(return_previous) {}

  const std::string& name() const { return raw_->name(); }
  AsyncRemoteCache with_flags(Flag flags) const { return AsyncRemoteCache(raw_, flags_ | flags, return_previous_); }
  AsyncRemoteCache returning_previous() const { return AsyncRemoteCache(raw_, flags_, true); }
  const std::shared_ptr<const detail::RemoteRaw>& raw() const { return raw_; }

  Future<std::optional<V>> get(KeyArgument key) const { return start<std::optional<V>>(detail::RemoteOp::get, arguments(detail::Encoded<K>(key)), value_of); }
  Future<std::optional<ValueWithMetadata<V>>> get_with_metadata(KeyArgument key) const {
    using Found = std::optional<ValueWithMetadata<V>>;
    return start<Found>(detail::RemoteOp::get_with_metadata, arguments(detail::Encoded<K>(key)), [](detail::RemoteAnswer& answer) {
      return answer.has_value ? Found(detail::with_metadata<V>(Marshaller<V>::from_bytes(answer.value), answer.metadata)) : Found();
    });
  }
  Future<bool> contains(KeyArgument key) const { return start<bool>(detail::RemoteOp::contains, arguments(detail::Encoded<K>(key)), done); }
  Future<std::optional<V>> put(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return write(detail::RemoteOp::put, key, value, lifetime, wants_previous());
  }
  Future<std::optional<V>> put_if_absent(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return write(detail::RemoteOp::put_if_absent, key, value, lifetime, true);
  }
  Future<std::optional<V>> replace(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return write(detail::RemoteOp::replace, key, value, lifetime, true);
  }
  Future<bool> replace_with_version(KeyArgument key, ValueArgument value, Version version, const Lifetime& lifetime = {}) const {
    const detail::Encoded<K> k(key);
    const detail::Encoded<V> v(value);
    detail::RemoteArguments a = arguments(k);
    a.value = v;
    a.version = version;
    a.lifetime = lifetime;
    return start<bool>(detail::RemoteOp::replace_with_version, a, done);
  }
  Future<std::optional<V>> remove(KeyArgument key) const {
    const detail::Encoded<K> k(key);
    detail::RemoteArguments a = arguments(k);
    a.return_previous = wants_previous();
    return start<std::optional<V>>(detail::RemoteOp::remove, a, value_of);
  }
  Future<bool> remove_with_version(KeyArgument key, Version version) const {
    const detail::Encoded<K> k(key);
    detail::RemoteArguments a = arguments(k);
    a.version = version;
    return start<bool>(detail::RemoteOp::remove_with_version, a, done);
  }
  Future<void> clear() const {
    return start<void>(detail::RemoteOp::clear, arguments({}), [](detail::RemoteAnswer&) {});
  }
  Future<std::size_t> size() const {
    return start<std::size_t>(detail::RemoteOp::size, arguments({}), [](detail::RemoteAnswer& answer) { return static_cast<std::size_t>(answer.number); });
  }
  template <class Keys>
  Future<Entries> get_all(const Keys& keys) const {
    std::vector<std::string> bytes;
    for (const auto& key : keys) bytes.emplace_back(std::string_view(detail::Encoded<K>(key)));
    const auto state = std::make_shared<detail::FutureState<Entries>>(raw_->make_latch());
    raw_->start_get_all(bytes, flags_, [state](std::exception_ptr error, detail::RemotePairs&& found) {
      detail::fulfil_with<Entries>(*state, [&] {
        if (error) std::rethrow_exception(error);
        Entries entries;
        for (const auto& [key, value] : found) entries.emplace_back(Marshaller<K>::from_bytes(key), Marshaller<V>::from_bytes(value));
        return entries;
      });
    });
    return Future<Entries>(state);
  }
  template <class Source>
  Future<void> put_all(const Source& entries, const Lifetime& lifetime = {}) const {
    detail::RemotePairs bytes;
    for (const auto& [key, value] : entries) {
      bytes.emplace_back(std::string_view(detail::Encoded<K>(key)), std::string_view(detail::Encoded<V>(value)));
    }
    const auto state = std::make_shared<detail::FutureState<void>>(raw_->make_latch());
    raw_->start_put_all(std::move(bytes), lifetime, flags_, [state](std::exception_ptr error, detail::RemotePairs&&) {
      detail::fulfil_with<void>(*state, [&] {
        if (error) std::rethrow_exception(error);
      });
    });
    return Future<void>(state);
  }

 private:
  static std::optional<V> value_of(detail::RemoteAnswer& answer) {
    if (!answer.has_value) return std::nullopt;
    if constexpr (std::is_same_v<V, std::string>) {
      return std::move(answer.value);
    } else {
      return Marshaller<V>::from_bytes(answer.value);
    }
  }
  static bool done(detail::RemoteAnswer& answer) { return answer.done; }
  bool wants_previous() const { return return_previous_ && !has(flags_, Flag::ignore_return_values); }

  detail::RemoteArguments arguments(std::string_view key) const {
    detail::RemoteArguments a;
    a.key = key;
    a.flags = flags_;
    return a;
  }
  Future<std::optional<V>> write(detail::RemoteOp op, KeyArgument key, ValueArgument value, const Lifetime& lifetime, bool return_previous) const {
    const detail::Encoded<K> k(key);
    const detail::Encoded<V> v(value);
    detail::RemoteArguments a = arguments(k);
    a.value = v;
    a.lifetime = lifetime;
    a.return_previous = return_previous;
    return start<std::optional<V>>(op, a, value_of);
  }
  template <class T, class Convert>
  Future<T> start(detail::RemoteOp op, const detail::RemoteArguments& a, Convert convert) const {
    const auto state = std::make_shared<detail::FutureState<T>>(raw_->make_latch());
    raw_->start(op, a, [state, convert](std::exception_ptr error, detail::RemoteAnswer&& answer) {
      detail::fulfil_with<T>(*state, [&] {
        if (error) std::rethrow_exception(error);
        return convert(answer);
      });
    });
    return Future<T>(state);
  }

  std::shared_ptr<const detail::RemoteRaw> raw_;
  Flag flags_;
  bool return_previous_;
};

}  // namespace holdfast
