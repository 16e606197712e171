// AsyncCache<K, V>: the operations of a cache as futures. What cannot wait is done at once on the caller's thread (the
// future is ready); what may wait (listeners, functions) or take long (bulk operations) runs on a thread of the world's.
// So the operations of one caller are not ordered among each other.
//
// Owner: as Cache.  Threads: any.  Waits: never.  Fails with: nothing; the futures carry the exceptions.
#pragma once

#include <holdfast/cache.h>
#include <holdfast/future.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast {

template <class K, class V>
class AsyncCache {
 public:
  using KeyArgument = detail::Argument<K>;
  using ValueArgument = detail::Argument<V>;
  using Entries = std::vector<std::pair<K, V>>;
  explicit AsyncCache(const Cache<K, V>& cache) : cache_(cache) {}
  AsyncCache with_flags(Flag flags) const { return AsyncCache(cache_.with_flags(flags)); }

  Future<std::optional<V>> get(KeyArgument key) const {
    return keyed(key, [](const auto& c, KeyArgument k) { return c.get(k); });
  }
  Future<std::optional<ValueWithMetadata<V>>> get_with_metadata(KeyArgument key) const {
    return keyed(key, [](const auto& c, KeyArgument k) { return c.get_with_metadata(k); });
  }
  Future<bool> contains(KeyArgument key) const {
    return keyed(key, [](const auto& c, KeyArgument k) { return c.contains(k); });
  }
  Future<std::optional<V>> put(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return valued(key, value, [lifetime](const auto& c, KeyArgument k, ValueArgument v) { return c.put(k, v, lifetime); });
  }
  Future<std::optional<V>> put_if_absent(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return valued(key, value, [lifetime](const auto& c, KeyArgument k, ValueArgument v) { return c.put_if_absent(k, v, lifetime); });
  }
  Future<std::optional<V>> replace(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return valued(key, value, [lifetime](const auto& c, KeyArgument k, ValueArgument v) { return c.replace(k, v, lifetime); });
  }
  Future<bool> replace(KeyArgument key, ValueArgument expected, ValueArgument value, const Lifetime& lifetime = {}) const {
    return valued(key, value, [lifetime, expected = V(expected)](const auto& c, KeyArgument k, ValueArgument v) {
      return c.replace(k, expected, v, lifetime);
    });
  }
  Future<bool> replace_with_version(KeyArgument key, ValueArgument value, Version version, const Lifetime& lifetime = {}) const {
    return valued(key, value, [lifetime, version](const auto& c, KeyArgument k, ValueArgument v) {
      return c.replace_with_version(k, v, version, lifetime);
    });
  }
  Future<std::optional<V>> remove(KeyArgument key) const {
    return keyed(key, [](const auto& c, KeyArgument k) { return c.remove(k); });
  }
  Future<bool> remove(KeyArgument key, ValueArgument expected) const {
    return valued(key, expected, [](const auto& c, KeyArgument k, ValueArgument e) { return c.remove(k, e); });
  }
  Future<bool> remove_with_version(KeyArgument key, Version version) const {
    return keyed(key, [version](const auto& c, KeyArgument k) { return c.remove_with_version(k, version); });
  }
  Future<void> put_for_external_read(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return valued(key, value, [lifetime](const auto& c, KeyArgument k, ValueArgument v) { c.put_for_external_read(k, v, lifetime); });
  }
  Future<bool> evict(KeyArgument key) const {
    return keyed(key, [](const auto& c, KeyArgument k) { return c.evict(k); });
  }
  Future<void> clear() const {
    return elsewhere([](const auto& c) { c.clear(); });
  }
  Future<std::size_t> size() const {
    return elsewhere([](const auto& c) { return c.size(); });
  }
  template <class Keys>
  Future<Entries> get_all(Keys keys) const {
    return elsewhere([keys = std::move(keys)](const auto& c) { return c.get_all(keys); });
  }
  template <class Source>
  Future<void> put_all(Source entries, const Lifetime& lifetime = {}) const {
    return elsewhere([entries = std::move(entries), lifetime](const auto& c) { c.put_all(entries, lifetime); });
  }
  template <class F>
  Future<std::optional<V>> compute(KeyArgument key, F f, const Lifetime& lifetime = {}) const {
    return elsewhere([key = K(key), f = std::move(f), lifetime](const auto& c) mutable { return c.compute(key, f, lifetime); });
  }
  template <class F>
  Future<std::optional<V>> compute_if_absent(KeyArgument key, F f, const Lifetime& lifetime = {}) const {
    return elsewhere([key = K(key), f = std::move(f), lifetime](const auto& c) mutable { return c.compute_if_absent(key, f, lifetime); });
  }
  template <class F>
  Future<std::optional<V>> compute_if_present(KeyArgument key, F f, const Lifetime& lifetime = {}) const {
    return elsewhere([key = K(key), f = std::move(f), lifetime](const auto& c) mutable { return c.compute_if_present(key, f, lifetime); });
  }
  template <class F>
  Future<std::optional<V>> merge(KeyArgument key, ValueArgument value, F f, const Lifetime& lifetime = {}) const {
    return elsewhere([key = K(key), value = V(value), f = std::move(f), lifetime](const auto& c) mutable {
      return c.merge(key, value, f, lifetime);
    });
  }

 private:
  template <class F>
  auto keyed(KeyArgument key, F f) const {
    if (!cache_.raw_->may_wait()) return at_once([&](const auto& c) { return f(c, key); });
    return elsewhere([key = K(key), f = std::move(f)](const auto& c) { return f(c, key); });
  }
  template <class F>
  auto valued(KeyArgument key, ValueArgument value, F f) const {
    if (!cache_.raw_->may_wait()) return at_once([&](const auto& c) { return f(c, key, value); });
    return elsewhere([key = K(key), value = V(value), f = std::move(f)](const auto& c) { return f(c, key, value); });
  }
  template <class F>
  auto at_once(F f) const {
    using R = std::invoke_result_t<F&, const Cache<K, V>&>;
    auto state = std::make_shared<detail::FutureState<R>>(nullptr);
    detail::fulfil_with<R>(*state, [&] { return f(cache_); });
    return Future<R>(std::move(state));
  }
  template <class F>
  auto elsewhere(F f) const {
    using R = std::invoke_result_t<F&, const Cache<K, V>&>;
    return detail::future_of<R>(cache_.raw_->make_latch(), [f = std::move(f), cache = cache_]() mutable { return f(cache); },
                                [this](std::function<void()> task) { cache_.raw_->run_elsewhere(std::move(task)); });
  }

  const Cache<K, V> cache_;
};

}  // namespace holdfast
