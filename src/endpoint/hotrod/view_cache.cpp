#include "endpoint/hotrod/view_cache.h"

#include <algorithm>

namespace holdfast::hotrod {

const server::CacheView* ViewCache::find(const Header& header) {
  for (const auto& slot : slots_) {
    if (slot->cache != header.cache || slot->media != header.media) continue;
    // An alias may have moved to another cache since.
    if (slot->by_alias) {
      const auto& aliases = slot->view.configuration().aliases;
      if (std::find(aliases.begin(), aliases.end(), header.cache) == aliases.end()) return nullptr;
    }
    remember(header, *slot);
    return &slot->view;
  }
  return nullptr;
}

const server::CacheView* ViewCache::keep(const Header& header, server::CacheView view) {
  const bool by_alias = !header.cache.empty() && view.name() != header.cache;
  auto slot = std::make_unique<Slot>(Slot{Bytes(header.cache), Bytes(header.media), std::move(view), by_alias});
  std::erase_if(slots_, [&](const auto& s) { return s->cache == header.cache && s->media == header.media; });
  std::unique_ptr<Slot>& place = slots_.size() < kSlotsMax ? slots_.emplace_back() : slots_[++next_victim_ % kSlotsMax];
  place = std::move(slot);
  remember(header, *place);
  return &place->view;
}

void ViewCache::forget(const server::CacheView* view) {
  std::erase_if(slots_, [view](const auto& slot) { return &slot->view == view; });
  changed();
}

/// What was recalled of the last addressee does not hold any more.
void ViewCache::changed() {
  ++generation_;
  last_.view = nullptr;
}

void ViewCache::clear() {
  slots_.clear();
  changed();
}

/// An alias is looked at each time.
void ViewCache::remember(const Header& header, const Slot& slot) {
  changed();
  last_.view = slot.by_alias ? nullptr : &slot.view;
  if (!last_.view) return;
  last_.addressee = header.addressee;
  last_.version = header.version;
  last_.intelligence = header.intelligence;
  last_.flags = header.flags;
  last_.topology_id = header.topology_id;
  last_.cache_at = static_cast<std::size_t>(header.cache.data() - header.addressee.data());
  last_.cache_bytes = header.cache.size();
  last_.media_bytes = header.media.size();
  last_.media_at = header.media.empty() ? 0 : static_cast<std::size_t>(header.media.data() - header.addressee.data());
}

const server::CacheView* ViewCache::recall(std::size_t end, BytesView input, Header& header) const {
  header.addressee = input.substr(end - last_.addressee.size(), last_.addressee.size());
  header.version = last_.version;
  header.intelligence = last_.intelligence;
  header.flags = last_.flags;
  header.topology_id = last_.topology_id;
  header.cache = header.addressee.substr(last_.cache_at, last_.cache_bytes);
  header.media = header.addressee.substr(last_.media_at, last_.media_bytes);
  return last_.view;
}

}  // namespace holdfast::hotrod
