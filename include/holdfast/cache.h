// Cache<K, V>: a concurrent map with lifetimes, listeners and statistics. A handle: copies show the same cache.
//
// Owner: the CacheManager owns the cache; a handle stays valid when the cache is removed or stopped, and then every
// operation fails with `stopped`.  Threads: any.  Waits: writes, while listeners or compute functions are at work on the
// same key.  Fails with: CacheException (stopped; timeout: a writer of the same key hangs; corrupt: the stored bytes are
// not of type K or V), and what a Marshaller or a function given to compute() throws.
#pragma once

#include <holdfast/detail/raw_cache.h>
#include <holdfast/flags.h>
#include <holdfast/listener.h>
#include <holdfast/marshaller.h>
#include <holdfast/metadata.h>
#include <holdfast/stream.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

template <class K, class V>
class AsyncCache;
template <class K, class V>
class AdvancedCache;

template <class K, class V>
class Cache {
 public:
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<K, V>;
  using iterator = detail::EntryIterator<K, V>;
  /// How keys and values are passed: std::string_view for strings, numbers by value, other types by reference.
  using KeyArgument = detail::Argument<K>;
  using ValueArgument = detail::Argument<V>;
  using Event = CacheEntryEvent<K, V>;

  explicit Cache(std::shared_ptr<const detail::RawCache> raw, Flag flags = Flag::none) : raw_(std::move(raw)), flags_(flags) {}

  const std::string& name() const { return raw_->name(); }
  /// The same cache with flags for everything that this handle does.
  Cache with_flags(Flag flags) const { return Cache(raw_, flags_ | flags); }
  /// What is not part of a map: statistics, attributes, expiration, the configuration.
  AdvancedCache<K, V> advanced() const { return AdvancedCache<K, V>(*this); }
  /// The same operations without waiting: they give a Future.
  AsyncCache<K, V> async() const { return AsyncCache<K, V>(*this); }

  // ---- Reading

  std::optional<V> get(KeyArgument key) const {
    detail::Blob value;
    return raw_->get(detail::Encoded<K>(key), flags_, value) ? std::optional<V>(decoded(value)) : std::nullopt;
  }
  /// Shows the value's bytes to `visit(std::string_view)`, valid during the call; needs no allocation for values of at
  /// most 512 bytes. False: absent.
  template <class Visitor>
  bool get(KeyArgument key, Visitor&& visit) const {
    detail::Blob value;
    if (!raw_->get(detail::Encoded<K>(key), flags_, value)) return false;
    std::forward<Visitor>(visit)(value.view());
    return true;
  }
  std::optional<ValueWithMetadata<V>> get_with_metadata(KeyArgument key) const {
    detail::Blob value;
    Metadata metadata;
    if (!raw_->get_entry(detail::Encoded<K>(key), flags_, value, &metadata)) return std::nullopt;
    return detail::with_metadata<V>(decoded(value), metadata);
  }
  bool contains(KeyArgument key) const { return raw_->contains(detail::Encoded<K>(key), flags_); }
  /// Those of the keys that are there, in the keys' order.
  template <class Keys>
  std::vector<value_type> get_all(const Keys& keys) const {
    std::vector<value_type> found;
    for (const auto& key : keys) {
      if (auto value = get(key)) found.emplace_back(K(key), std::move(*value));
    }
    return found;
  }
  std::vector<value_type> get_all(std::initializer_list<K> keys) const { return get_all<std::initializer_list<K>>(keys); }
  /// Live entries.
  std::size_t size() const { return raw_->size(); }
  bool empty() const { return size() == 0; }
  iterator begin() const { return iterator(raw_); }
  iterator end() const { return {}; }
  CacheStream<K, V> stream() const { return CacheStream<K, V>(raw_); }

  // ---- Writing. The optional is what was there before, unless the handle says ignore_return_values.

  std::optional<V> put(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return write_value(Precondition::always, key, value, lifetime);
  }
  /// The value that is there already, or nothing when ours was stored.
  std::optional<V> put_if_absent(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return write_value(Precondition::if_absent, key, value, lifetime);
  }
  /// Stores when the key is present.
  std::optional<V> replace(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return write_value(Precondition::if_present, key, value, lifetime);
  }
  /// Stores when the present value equals `expected` (as bytes). True when stored.
  bool replace(KeyArgument key, ValueArgument expected, ValueArgument value, const Lifetime& lifetime = {}) const {
    const detail::Encoded<K> k(key);
    const detail::Encoded<V> e(expected), v(value);
    Mutation m = mutation(k, Precondition::if_value, Effect::put);
    m.expected_value = e;
    m.value = v;
    detail::set_lifetime(m, lifetime);
    return raw_->write(m, nullptr).done();
  }
  /// Stores when the entry has this version (ValueWithMetadata::version). True when stored.
  bool replace_with_version(KeyArgument key, ValueArgument value, Version version, const Lifetime& lifetime = {}) const {
    const detail::Encoded<K> k(key);
    const detail::Encoded<V> v(value);
    Mutation m = mutation(k, Precondition::if_version, Effect::put);
    m.expected_version = version;
    m.value = v;
    detail::set_lifetime(m, lifetime);
    return raw_->write(m, nullptr).done();
  }
  std::optional<V> remove(KeyArgument key) const {
    const detail::Encoded<K> k(key);
    Mutation m = mutation(k, Precondition::always, Effect::remove);
    return write_returning(m);
  }
  /// Removes when the present value equals `expected` (as bytes). True when removed.
  bool remove(KeyArgument key, ValueArgument expected) const {
    const detail::Encoded<K> k(key);
    const detail::Encoded<V> e(expected);
    Mutation m = mutation(k, Precondition::if_value, Effect::remove);
    m.expected_value = e;
    return raw_->write(m, nullptr).done();
  }
  bool remove_with_version(KeyArgument key, Version version) const {
    const detail::Encoded<K> k(key);
    Mutation m = mutation(k, Precondition::if_version, Effect::remove);
    m.expected_version = version;
    return raw_->write(m, nullptr).done();
  }
  /// Entry by entry, not all or nothing. `entries`: a map, a vector of pairs, or anything like it.
  template <class Entries>
  void put_all(const Entries& entries, const Lifetime& lifetime = {}) const {
    const Cache quiet = with_flags(Flag::ignore_return_values);
    for (const auto& [key, value] : entries) quiet.put(key, value, lifetime);
  }
  void put_all(std::initializer_list<value_type> entries, const Lifetime& lifetime = {}) const {
    put_all<std::initializer_list<value_type>>(entries, lifetime);
  }
  /// Stores a value that was loaded from elsewhere, unless the key is present. Never fails.
  void put_for_external_read(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    try {
      with_flags(Flag::put_for_external_read | Flag::ignore_return_values).write_value(Precondition::if_absent, key, value, lifetime);
    } catch (const CacheException&) {  // as the original: a cache that cannot keep it is no reason to fail
    }
  }
  /// Forgets the entry in memory. True when it was there.
  bool evict(KeyArgument key) const {
    const detail::Encoded<K> k(key);
    Mutation m = mutation(k, Precondition::always, Effect::evict);
    return raw_->write(m, nullptr).done();
  }
  void clear() const { raw_->clear(flags_); }

  // ---- Computing. The function runs with no lock held but the key's order: short, and no write to the same key from
  // inside. It gives a V, or a std::optional<V> whose nothing means "no entry". The answer is the value afterwards.

  /// f(const K& key, const V* present); `present` is null when the key is absent.
  template <class F>
  std::optional<V> compute(KeyArgument key, F&& f, const Lifetime& lifetime = {}) const {
    return apply(Precondition::always, key, lifetime, [&](const V* present) -> std::optional<V> { return f(K(key), present); });
  }
  /// f(const K& key)
  template <class F>
  std::optional<V> compute_if_absent(KeyArgument key, F&& f, const Lifetime& lifetime = {}) const {
    if (auto present = get(key)) return present;
    return apply(Precondition::always, key, lifetime, [&](const V* present) -> std::optional<V> {
      return present ? std::optional<V>() : std::optional<V>(f(K(key)));
    }, Kept::present);
  }
  /// f(const K& key, const V& present)
  template <class F>
  std::optional<V> compute_if_present(KeyArgument key, F&& f, const Lifetime& lifetime = {}) const {
    return apply(Precondition::if_present, key, lifetime, [&](const V* present) -> std::optional<V> { return f(K(key), *present); });
  }
  /// Stores `value` when the key is absent, otherwise f(const V& present, const V& value).
  template <class F>
  std::optional<V> merge(KeyArgument key, ValueArgument value, F&& f, const Lifetime& lifetime = {}) const {
    return apply(Precondition::always, key, lifetime, [&](const V* present) -> std::optional<V> {
      return present ? std::optional<V>(f(*present, V(value))) : std::optional<V>(V(value));
    });
  }

  // ---- Listening. The listener takes a const CacheEntryEvent<K, V>& (or const auto&).

  template <class Listener>
  Subscription on(EventKinds kinds, Listener listener, ListenerOptions<K, V> options = {}) const {
    const std::uint64_t id = raw_->add_listener(detail::raw_listener<K, V>(kinds, std::move(listener), std::move(options)));
    return Subscription([raw = raw_, id] { raw->remove_listener(id); });
  }
  /// The listener hears what `convert(event)` makes of each event: listener(event, converted).
  template <class Converter, class Listener>
  Subscription on_converted(EventKinds kinds, Converter convert, Listener listener, ListenerOptions<K, V> options = {}) const {
    auto both = [convert = std::move(convert), listener = std::move(listener)](const Event& event) mutable { listener(event, convert(event)); };
    return on(kinds, std::move(both), std::move(options));
  }
  template <class Listener>
  Subscription on_created(Listener listener, ListenerOptions<K, V> options = {}) const {
    return on({EventKind::created}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_modified(Listener listener, ListenerOptions<K, V> options = {}) const {
    return on({EventKind::modified}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_removed(Listener listener, ListenerOptions<K, V> options = {}) const {
    return on({EventKind::removed}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_expired(Listener listener, ListenerOptions<K, V> options = {}) const {
    return on({EventKind::expired}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_evicted(Listener listener, ListenerOptions<K, V> options = {}) const {
    return on({EventKind::evicted}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_invalidated(Listener listener, ListenerOptions<K, V> options = {}) const {
    return on({EventKind::invalidated}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_visited(Listener listener, ListenerOptions<K, V> options = {}) const {
    return on({EventKind::visited}, std::move(listener), std::move(options));
  }

 protected:
  friend class AsyncCache<K, V>;
  friend class AdvancedCache<K, V>;
  /// What the answer is when a function gives nothing: no entry, or the one that stays.
  enum class Kept { nothing, present };

  static V decoded(detail::Blob& value) {
    if constexpr (std::is_same_v<V, std::string>) {
      return value.take();
    } else {
      return Marshaller<V>::from_bytes(value.view());
    }
  }
  Mutation mutation(std::string_view key, Precondition precondition, Effect effect) const {
    Mutation m;
    m.key = key;
    m.precondition = precondition;
    m.effect = effect;
    m.flags = flags_;
    return m;
  }
  std::optional<V> write_value(Precondition precondition, KeyArgument key, ValueArgument value, const Lifetime& lifetime) const {
    const detail::Encoded<K> k(key);
    const detail::Encoded<V> v(value);
    Mutation m = mutation(k, precondition, Effect::put);
    m.value = v;
    detail::set_lifetime(m, lifetime);
    return write_returning(m);
  }
  std::optional<V> write_returning(Mutation& m) const {
    if (has(flags_, Flag::ignore_return_values)) {
      raw_->write(m, nullptr);
      return std::nullopt;
    }
    detail::Blob previous;
    return raw_->write(m, &previous).had_previous ? std::optional<V>(decoded(previous)) : std::nullopt;
  }
  /// An exception of `f` passes through us, not through the engine.
  template <class F>
  std::optional<V> apply(Precondition precondition, KeyArgument key, const Lifetime& lifetime, F f, Kept kept = Kept::nothing) const {
    const detail::Encoded<K> k(key);
    Mutation m = mutation(k, precondition, Effect::apply);
    detail::set_lifetime(m, lifetime);
    std::optional<V> after;
    std::exception_ptr error;
    const auto step = [&](const EntryView* entry) {
      Applied applied;
      try {
        const std::optional<V> present = entry ? std::optional<V>(Marshaller<V>::from_bytes(entry->value)) : std::nullopt;
        after = f(present ? &*present : nullptr);
        if (after) {
          applied.kind = Applied::Kind::put;
          applied.value = std::string_view(detail::Encoded<V>(*after));
        } else if (kept == Kept::present && present) {
          after = present;
        } else {
          applied.kind = Applied::Kind::remove;
        }
      } catch (...) {
        error = std::current_exception();
      }
      return applied;
    };
    const ApplyFunction function(step);
    m.function = &function;
    raw_->write(m, nullptr);
    if (error) std::rethrow_exception(error);
    return after;
  }

  std::shared_ptr<const detail::RawCache> raw_;
  Flag flags_;
};

}  // namespace holdfast

#include <holdfast/advanced_cache.h>  // IWYU pragma: export
#include <holdfast/async_cache.h>     // IWYU pragma: export
