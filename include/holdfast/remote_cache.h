// RemoteCache<K, V>: a cache of a grid of servers, with the operations of Cache<K, V>. A handle: copies show the same
// cache.
//
// What differs from an embedded cache: put() and remove() give the previous value only if the configuration or
// returning_previous() asks for it; compute() and merge() run here, in a loop of conditional writes; a listener hears keys
// and versions, not values (remote_listener.h).
//
// With a near cache get() and get_with_metadata() may be answered here, with a value that was current a moment ago: until
// the event of a change arrives. A client's own writes are seen at once. Entries with a lifetime are not kept.
//
// Owner: the program; a handle keeps the client's machinery alive, not its threads: when the manager is gone every
// operation fails with `closed`.  Threads: any.  Waits: the operations, for servers, until operation_timeout; async()
// gives futures instead.
// Fails with: CacheException: refused (no server could be reached; nothing was done), closed, timeout, node_suspected,
// stopped (may_have_taken_effect() is true of these), cache_not_found, unauthenticated, permission_denied, corrupt (the
// stored bytes are not of type K or V), and what the server says; and what a Marshaller or a given function throws.
#pragma once

#include <holdfast/async_remote_cache.h>

#include <initializer_list>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

/// True: the failed operation may have been executed, or may still be. False: it certainly was not and will not be.
bool may_have_taken_effect(const CacheException& failure) noexcept;

namespace detail {

/// An input iterator over the entries of a remote cache, a batch at a time.
template <class K, class V>
class RemoteIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = std::pair<K, V>;
  using difference_type = std::ptrdiff_t;
  using pointer = const value_type*;
  using reference = const value_type&;

  RemoteIterator() = default;  // the end
  explicit RemoteIterator(std::unique_ptr<RemoteWalk> walk) : state_(std::make_shared<State>()) {
    state_->walk = std::move(walk);
    settle();
  }
  reference operator*() const { return *state_->entry; }
  pointer operator->() const { return &**this; }
  RemoteIterator& operator++() {
    settle();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const RemoteIterator& a, const RemoteIterator& b) { return a.state_ == b.state_; }

 private:
  struct State {
    std::unique_ptr<RemoteWalk> walk;
    RemotePairs batch;
    std::vector<Metadata> metadata;
    std::size_t next = 0;
    std::optional<value_type> entry;
  };
  void settle() {
    State& s = *state_;
    while (s.next == s.batch.size()) {
      s.next = 0;
      if (!s.walk->next(s.batch, s.metadata)) return state_.reset();
    }
    const auto& [key, value] = s.batch[s.next++];
    s.entry.emplace(Marshaller<K>::from_bytes(key), Marshaller<V>::from_bytes(value));
  }

  std::shared_ptr<State> state_;
};

}  // namespace detail

template <class K, class V>
class RemoteCache {
 public:
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<K, V>;
  using iterator = detail::RemoteIterator<K, V>;
  using KeyArgument = detail::Argument<K>;
  using ValueArgument = detail::Argument<V>;

  explicit RemoteCache(AsyncRemoteCache<K, V> async) : async_(std::move(async)) {}

  const std::string& name() const { return async_.name(); }
  /// The same cache with flags for everything that this handle does.
  RemoteCache with_flags(Flag flags) const { return RemoteCache(async_.with_flags(flags)); }
  /// The same cache whose put() and remove() give the previous value.
  RemoteCache returning_previous() const { return RemoteCache(async_.returning_previous()); }
  /// The same operations without waiting: they give a Future.
  const AsyncRemoteCache<K, V>& async() const { return async_; }

  // ---- Reading

  std::optional<V> get(KeyArgument key) const { return async_.get(key).get(); }
  std::optional<ValueWithMetadata<V>> get_with_metadata(KeyArgument key) const { return async_.get_with_metadata(key).get(); }
  bool contains(KeyArgument key) const { return async_.contains(key).get(); }
  /// Those of the keys that are there, in the keys' order.
  template <class Keys>
  std::vector<value_type> get_all(const Keys& keys) const { return async_.get_all(keys).get(); }
  std::vector<value_type> get_all(std::initializer_list<K> keys) const { return async_.template get_all<std::initializer_list<K>>(keys).get(); }
  /// Live entries of the whole grid.
  std::size_t size() const { return async_.size().get(); }
  bool empty() const { return size() == 0; }
  /// Weakly consistent: an entry that is there throughout is seen exactly once, also when servers come and go.
  iterator begin() const { return iterator(async_.raw()->walk(kBatch, false)); }
  iterator end() const { return {}; }
  Stream<value_type> stream() const {
    return Stream<value_type>([cache = *this](const typename Stream<value_type>::Sink& sink) {
      for (auto at = cache.begin(); at != cache.end(); ++at) {
        if (!sink(value_type(*at))) return;
      }
    });
  }
  /// f(const K& key, const ValueWithMetadata<V>& value)
  template <class F>
  void for_each_with_metadata(F f) const {
    const auto walk = async_.raw()->walk(kBatch, true);
    detail::RemotePairs entries;
    std::vector<Metadata> metadata;
    while (walk->next(entries, metadata)) {
      for (std::size_t i = 0; i < entries.size(); ++i) {
        f(Marshaller<K>::from_bytes(entries[i].first), detail::with_metadata<V>(Marshaller<V>::from_bytes(entries[i].second), metadata[i]));
      }
    }
  }
  /// Of the server that answers, under its names ("stores", "hits", ...).
  std::map<std::string, std::string> statistics() const { return async_.raw()->statistics(); }

  // ---- Writing

  /// The previous value, if this handle returns it.
  std::optional<V> put(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const { return async_.put(key, value, lifetime).get(); }
  /// The value that is there already, or nothing when ours was stored.
  std::optional<V> put_if_absent(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const {
    return async_.put_if_absent(key, value, lifetime).get();
  }
  /// Stores when the key is present; the previous value, or nothing when nothing was stored.
  std::optional<V> replace(KeyArgument key, ValueArgument value, const Lifetime& lifetime = {}) const { return async_.replace(key, value, lifetime).get(); }
  /// Stores when the present value equals `expected` (as bytes). True when stored.
  bool replace(KeyArgument key, ValueArgument expected, ValueArgument value, const Lifetime& lifetime = {}) const {
    return while_equal(key, expected, [&](Version version) { return replace_with_version(key, value, version, lifetime); });
  }
  bool replace_with_version(KeyArgument key, ValueArgument value, Version version, const Lifetime& lifetime = {}) const {
    return async_.replace_with_version(key, value, version, lifetime).get();
  }
  /// The previous value, if this handle returns it.
  std::optional<V> remove(KeyArgument key) const { return async_.remove(key).get(); }
  /// Removes when the present value equals `expected` (as bytes). True when removed.
  bool remove(KeyArgument key, ValueArgument expected) const {
    return while_equal(key, expected, [&](Version version) { return remove_with_version(key, version); });
  }
  bool remove_with_version(KeyArgument key, Version version) const { return async_.remove_with_version(key, version).get(); }
  /// Entry by entry at their owners, not all or nothing. `entries`: a map, a vector of pairs, or anything like it.
  template <class Entries>
  void put_all(const Entries& entries, const Lifetime& lifetime = {}) const { async_.put_all(entries, lifetime).get(); }
  void put_all(std::initializer_list<value_type> entries, const Lifetime& lifetime = {}) const {
    put_all<std::initializer_list<value_type>>(entries, lifetime);
  }
  void clear() const { async_.clear().get(); }

  // ---- Listening. The listener takes a const RemoteCacheEvent<K>& (or const auto&): created, modified, removed, expired.

  template <class Listener>
  Subscription on(std::initializer_list<EventKind> kinds, Listener listener, RemoteListenerOptions options = {}) const {
    std::uint32_t wanted = 0;
    for (const EventKind kind : kinds) wanted |= bit(kind);
    return Subscription(async_.raw()->add_listener(wanted, std::move(options), [listener = std::move(listener)](const detail::RemoteEvent& event) mutable {
      listener(RemoteCacheEvent<K>(event));
    }));
  }
  template <class Listener>
  Subscription on_created(Listener listener, RemoteListenerOptions options = {}) const {
    return on({EventKind::created}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_modified(Listener listener, RemoteListenerOptions options = {}) const {
    return on({EventKind::modified}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_removed(Listener listener, RemoteListenerOptions options = {}) const {
    return on({EventKind::removed}, std::move(listener), std::move(options));
  }
  template <class Listener>
  Subscription on_expired(Listener listener, RemoteListenerOptions options = {}) const {
    return on({EventKind::expired}, std::move(listener), std::move(options));
  }
  /// Reads that the near cache answered.
  std::uint64_t near_hits() const { return async_.raw()->near_hits(); }

  // ---- Computing: read, call the function here, write if nobody wrote meanwhile, and again if somebody did. The function
  // gives a V, or a std::optional<V> whose nothing means "no entry". The answer is the value afterwards.

  /// f(const K& key, const V* present); `present` is null when the key is absent.
  template <class F>
  std::optional<V> compute(KeyArgument key, F&& f, const Lifetime& lifetime = {}) const {
    for (;;) {
      const auto present = get_with_metadata(key);
      std::optional<V> after = f(K(key), present ? &present->value : nullptr);
      if (settled(key, present, after, lifetime)) return after;
    }
  }
  /// f(const K& key)
  template <class F>
  std::optional<V> compute_if_absent(KeyArgument key, F&& f, const Lifetime& lifetime = {}) const {
    if (auto present = get(key)) return present;
    std::optional<V> made = f(K(key));
    if (!made) return std::nullopt;
    auto present = put_if_absent(key, *made, lifetime);
    return present ? present : made;
  }
  /// f(const K& key, const V& present)
  template <class F>
  std::optional<V> compute_if_present(KeyArgument key, F&& f, const Lifetime& lifetime = {}) const {
    return compute(key, [&](const K& k, const V* present) { return present ? std::optional<V>(f(k, *present)) : std::nullopt; }, lifetime);
  }
  /// Stores `value` when the key is absent, otherwise f(const V& present, const V& value).
  template <class F>
  std::optional<V> merge(KeyArgument key, ValueArgument value, F&& f, const Lifetime& lifetime = {}) const {
    return compute(key, [&](const K&, const V* present) { return present ? std::optional<V>(f(*present, V(value))) : std::optional<V>(V(value)); }, lifetime);
  }

 private:
  static constexpr std::size_t kBatch = 1000;  // entries of an iteration's answer

  template <class Write>
  bool while_equal(KeyArgument key, ValueArgument expected, Write write) const {
    const detail::Encoded<V> wanted(expected);
    for (;;) {
      const auto present = get_with_metadata(key);
      if (!present || std::string_view(detail::Encoded<V>(present->value)) != std::string_view(wanted)) return false;
      if (write(present->version)) return true;
    }
  }
  bool settled(KeyArgument key, const std::optional<ValueWithMetadata<V>>& before, const std::optional<V>& after, const Lifetime& lifetime) const {
    if (!before) return !after || !put_if_absent(key, *after, lifetime);
    return after ? replace_with_version(key, *after, before->version, lifetime) : remove_with_version(key, before->version);
  }

  AsyncRemoteCache<K, V> async_;
};

}  // namespace holdfast
