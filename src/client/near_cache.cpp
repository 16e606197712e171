#include "client/near_cache.h"

namespace holdfast::client {

/// One for all reads of a key that began since it last changed.
struct NearCache::Read {
  Bytes key;
  std::size_t readers = 0;
  bool overtaken = false;
};

std::optional<NearCache::Entry> NearCache::find(BytesView key) {
  Locked locked(lock_);
  const auto at = kept_.find(Bytes(key));
  if (at == kept_.end()) return std::nullopt;
  order_.splice(order_.begin(), order_, at->second);
  ++hits_;
  return at->second->entry;
}

std::shared_ptr<NearCache::Read> NearCache::begin_read(BytesView key) {
  Locked locked(lock_);
  auto& read = reads_[Bytes(key)];
  if (!read) {
    read = std::make_shared<Read>();
    read->key = Bytes(key);
    read->overtaken = !on_;
  }
  ++read->readers;
  return read;
}

void NearCache::end_read(const std::shared_ptr<Read>& read, const Entry* entry) {
  Locked locked(lock_);
  if (--read->readers == 0) {
    const auto at = reads_.find(read->key);
    if (at != reads_.end() && at->second == read) reads_.erase(at);
  }
  if (entry == nullptr || read->overtaken || !on_) return;
  drop(read->key);
  order_.push_front({read->key, *entry});
  kept_[read->key] = order_.begin();
  if (order_.size() > entries_max_) drop(Bytes(order_.back().key));
}

void NearCache::drop(const Bytes& key) {
  const auto at = kept_.find(key);
  if (at == kept_.end()) return;
  order_.erase(at->second);
  kept_.erase(at);
}

void NearCache::forget(BytesView key) {
  Locked locked(lock_);
  const Bytes k(key);
  drop(k);
  if (const auto at = reads_.find(k); at != reads_.end()) {
    at->second->overtaken = true;
    reads_.erase(at);
  }
}

void NearCache::drop_all() {
  order_.clear();
  kept_.clear();
  for (auto& [key, read] : reads_) read->overtaken = true;
  reads_.clear();
}

void NearCache::forget_all() {
  Locked locked(lock_);
  drop_all();
}

void NearCache::set_on(bool on) {
  Locked locked(lock_);
  drop_all();
  on_ = on;
}

std::uint64_t NearCache::hits() const {
  Locked locked(lock_);
  return hits_;
}

std::size_t NearCache::size() const {
  Locked locked(lock_);
  return order_.size();
}

}  // namespace holdfast::client
