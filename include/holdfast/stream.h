// Streams: entries of a cache, filtered and mapped on the way, read once at the end (for_each, count, collect, ...).
// Weakly consistent: an entry that is there throughout is seen exactly once; changes meanwhile may be seen or not.
//
// Owner: values; they keep the cache's machinery alive.  Threads: one.  Waits: never.
// Fails with: CacheException, and what the given functions throw (the walk ends).
#pragma once

#include <holdfast/detail/raw_cache.h>
#include <holdfast/marshaller.h>

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast {

template <class T>
class Stream {
 public:
  /// Takes one item; false ends the walk.
  using Sink = std::function<bool(T&&)>;
  using Source = std::function<void(const Sink&)>;
  explicit Stream(Source source) : source_(std::move(source)) {}

  template <class Predicate>
  Stream filter(Predicate keep) const {
    return Stream([source = source_, keep = std::move(keep)](const Sink& sink) {
      source([&](T&& item) { return !keep(std::as_const(item)) || sink(std::move(item)); });
    });
  }
  template <class F, class U = std::decay_t<std::invoke_result_t<F&, const T&>>>
  Stream<U> map(F f) const {
    return Stream<U>([source = source_, f = std::move(f)](const typename Stream<U>::Sink& sink) {
      source([&](T&& item) { return sink(f(std::as_const(item))); });
    });
  }
  Stream limit(std::size_t items_max) const {
    return Stream([source = source_, items_max](const Sink& sink) {
      std::size_t left = items_max;
      if (left > 0) source([&](T&& item) { return sink(std::move(item)) && --left > 0; });
    });
  }

  template <class F>
  void for_each(F f) const {
    source_([&](T&& item) {
      f(std::as_const(item));
      return true;
    });
  }
  std::size_t count() const {
    std::size_t n = 0;
    source_([&](T&&) { return ++n, true; });
    return n;
  }
  std::vector<T> collect() const {
    std::vector<T> all;
    source_([&](T&& item) {
      all.push_back(std::move(item));
      return true;
    });
    return all;
  }
  template <class U, class F>
  U reduce(U from, F f) const {
    source_([&](T&& item) {
      from = f(std::move(from), std::as_const(item));
      return true;
    });
    return from;
  }
  template <class Predicate>
  bool any_match(Predicate is) const {
    return filter(std::move(is)).first().has_value();
  }
  template <class Predicate>
  bool all_match(Predicate is) const {
    return !any_match([&](const T& item) { return !is(item); });
  }
  std::optional<T> first() const {
    std::optional<T> found;
    source_([&](T&& item) {
      found.emplace(std::move(item));
      return false;
    });
    return found;
  }

 private:
  Source source_;
};

/// The entries of a cache as pairs of key and value.
template <class K, class V>
class CacheStream : public Stream<std::pair<K, V>> {
 public:
  using Item = std::pair<K, V>;
  explicit CacheStream(std::shared_ptr<const detail::RawCache> cache)
      : Stream<Item>([cache](const typename Stream<Item>::Sink& sink) { walk(*cache, nullptr, sink); }), cache_(std::move(cache)) {}

  /// Only the entries of these segments.
  Stream<Item> filter_segments(const std::vector<std::uint32_t>& segments) const {
    std::vector<bool> wanted(cache_->segments(), false);
    for (const std::uint32_t segment : segments) {
      if (segment < wanted.size()) wanted[segment] = true;
    }
    return Stream<Item>([cache = cache_, wanted = std::move(wanted)](const typename Stream<Item>::Sink& sink) { walk(*cache, &wanted, sink); });
  }
  /// Only these keys, in this order; those that are absent are left out.
  template <class Keys>
  Stream<Item> filter_keys(Keys keys) const {
    return Stream<Item>([cache = cache_, keys = std::move(keys)](const typename Stream<Item>::Sink& sink) {
      for (const auto& key : keys) {
        detail::Blob value;
        if (!cache->get(detail::Encoded<K>(key), Flag::none, value)) continue;
        if (!sink(Item(K(key), Marshaller<V>::from_bytes(value.view())))) return;
      }
    });
  }

 private:
  static void walk(const detail::RawCache& cache, const std::vector<bool>* segments, const typename Stream<Item>::Sink& sink) {
    cache.for_each(segments, [&](const EntryView& entry) {
      return sink(Item(Marshaller<K>::from_bytes(entry.key), Marshaller<V>::from_bytes(entry.value)));
    });
  }

  std::shared_ptr<const detail::RawCache> cache_;
};

namespace detail {

/// An input iterator over the entries of a cache: copies one segment's entries at a time.
template <class K, class V>
class EntryIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = std::pair<K, V>;
  using difference_type = std::ptrdiff_t;
  using pointer = const value_type*;
  using reference = const value_type&;

  EntryIterator() = default;  // the end
  explicit EntryIterator(std::shared_ptr<const RawCache> cache) : state_(std::make_shared<State>(std::move(cache))) { settle(); }

  reference operator*() const { return state_->entries[state_->at]; }
  pointer operator->() const { return &**this; }
  EntryIterator& operator++() {
    ++state_->at;
    settle();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const EntryIterator& a, const EntryIterator& b) { return a.state_ == b.state_; }

 private:
  struct State {
    explicit State(std::shared_ptr<const RawCache> from) : cache(std::move(from)), wanted(cache->segments(), false) {}
    std::shared_ptr<const RawCache> cache;
    std::vector<bool> wanted;
    std::uint32_t next_segment = 0;
    std::vector<value_type> entries;
    std::size_t at = 0;
  };
  /// Goes on to the next segment with entries when this one's are used up; to the end after the last.
  void settle() {
    while (state_ && state_->at == state_->entries.size()) {
      if (state_->next_segment == state_->wanted.size()) {
        state_.reset();
      } else {
        load(*state_);
      }
    }
  }
  static void load(State& s) {
    s.entries.clear();
    s.at = 0;
    s.wanted[s.next_segment] = true;
    s.cache->for_each(&s.wanted, [&](const EntryView& entry) {
      s.entries.emplace_back(Marshaller<K>::from_bytes(entry.key), Marshaller<V>::from_bytes(entry.value));
      return true;
    });
    s.wanted[s.next_segment++] = false;
  }

  std::shared_ptr<State> state_;
};

}  // namespace detail
}  // namespace holdfast
