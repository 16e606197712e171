#include "endpoint/rest/views.h"

#include <algorithm>

namespace holdfast::rest {

const KeptView* Views::find(const ViewKey& key) const {
  for (const auto& kept : kept_) {
    if (kept->reads != key.reads || kept->cache != key.cache || kept->key_type != key.key_type || kept->value_type != key.value_type) continue;
    if (kept->view.name() == key.cache) return kept.get();
    // An alias may have moved to another cache since.
    const auto& aliases = kept->view.configuration().aliases;
    return std::find(aliases.begin(), aliases.end(), key.cache) == aliases.end() ? nullptr : kept.get();
  }
  return nullptr;
}

const KeptView* Views::keep(const ViewKey& key, server::CacheView view, std::string content_type) {
  std::erase_if(kept_, [&](const auto& k) { return k->reads == key.reads && k->cache == key.cache && k->key_type == key.key_type && k->value_type == key.value_type; });
  auto made = std::make_unique<KeptView>(
      KeptView{Bytes(key.cache), Bytes(key.key_type), Bytes(key.value_type), key.reads, std::move(view), std::move(content_type)});
  if (kept_.size() < kKeptMax) return kept_.emplace_back(std::move(made)).get();
  next_victim_ = (next_victim_ + 1) % kKeptMax;
  kept_[next_victim_] = std::move(made);
  return kept_[next_victim_].get();
}

void Views::forget(const KeptView* kept) {
  std::erase_if(kept_, [kept](const auto& k) { return k.get() == kept; });
}

}  // namespace holdfast::rest
