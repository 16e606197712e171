#include "engine/clustered/tombstones.h"

namespace holdfast::engine::clustered {
namespace {

constexpr std::size_t kOverheadBytes = 160;  // of one, beside its key: nodes of two trees

}  // namespace

void Tombstones::add(BytesView key, Version version) {
  const auto [at, fresh] = by_key_.try_emplace(Bytes(key), version);
  if (!fresh) {
    if (at->second >= version) return;
    by_age_.erase({at->second, at->first});
    at->second = version;
  } else {
    bytes_ += key.size() + kOverheadBytes;
  }
  by_age_.emplace(version, at->first);
}

void Tombstones::erase(ByKey::iterator at) {
  bytes_ -= at->first.size() + kOverheadBytes;
  by_age_.erase({at->second, at->first});
  by_key_.erase(at);
}

void Tombstones::forget(BytesView key) {
  if (const auto at = by_key_.find(key); at != by_key_.end()) erase(at);
}

bool Tombstones::removed_since(BytesView key, Version version) const {
  const auto at = by_key_.find(key);
  return at != by_key_.end() && at->second > version;
}

void Tombstones::clear() {
  by_age_.clear();
  by_key_.clear();
  bytes_ = 0;
}

std::size_t Tombstones::trim(std::size_t bytes_max) {
  std::size_t count = 0;
  for (; bytes_ > bytes_max; ++count) erase(by_key_.find(by_age_.begin()->second));
  return count;
}

std::vector<Removal> Tombstones::all() const {
  std::vector<Removal> removals;
  removals.reserve(by_key_.size());
  for (const auto& [key, version] : by_key_) removals.push_back({key, version});
  return removals;
}

}  // namespace holdfast::engine::clustered
