#include "container/shard.h"

namespace holdfast::container {

SliceIndex::Found Shard::find(const Place& place, BytesView key) const {
  return slices_[place.slice].find(place.position, [&](EntryId id) {
    const unsigned char* at = slab_.at(id);
    // The value will be wanted, too: its lines come together with the key's.
    __builtin_prefetch(at + 64);
    __builtin_prefetch(at + 128);
    return EntryLayout::key(at) == key;
  });
}

Place Shard::place_of(EntryId id) const { return partition_.place(hash_key(EntryLayout::key(slab_.at(id)))); }

void Shard::prefetch(const Place& place, int round) {
  if (!lock_.try_lock()) return;
  const SliceIndex& index = slices_[place.slice];
  if (round == 0) {
    index.prefetch(place.position.position);
  } else {
    index.for_each_likely(place.position, [this](EntryId id) { EntryLayout::prefetch(store_.at(id)); });
  }
  lock_.unlock();
}

bool Shard::read(const Place& place, BytesView key, TimeMs refresh_ms, FunctionRef<void(const EntryView&)> visit) {
  lock_.lock();
  const SliceIndex::Found found = find(place, key);
  if (!found) {
    lock_.unlock();
    return false;
  }
  unsigned char* at = slab_.at(found.id);
  const bool moves = policy_.active() && !policy_.in_front(found.id);
  if (moves) {
    // What is needed to move it arrives while the value is copied.
    sketch_.prefetch(place.hash);
    policy_.prefetch(found.id);
  }
  EntryView view = layout_.view(at);
  if (refresh_ms > 0 && EntryLayout::has_max_idle(at) && !is_expired(view.metadata, refresh_ms)) {
    EntryLayout::touch(at, refresh_ms);
    view.metadata.last_used_ms = refresh_ms;
  }
  if (!slab_.is_large(found.id)) {
    visit(view);
    if (moves) note_use(found.id, place.hash);
    lock_.unlock();
    return true;
  }
  if (moves) note_use(found.id, place.hash);
  slab_.pin(found.id);
  lock_.unlock();
  visit(view);
  Locked locked(lock_);
  slab_.unpin(found.id);
  update_bytes();
  return true;
}

Version Shard::update(const Place& place, BytesView key, FunctionRef<Change(const EntryView*)> decide, Leaving& evicted) {
  Locked locked(lock_);
  const SliceIndex::Found found = find(place, key);
  const EntryView view = found ? layout_.view(slab_.at(found.id)) : EntryView{};
  const Change change = decide(found ? &view : nullptr);
  switch (change.kind) {
    case Change::Kind::keep: return view.metadata.version;
    case Change::Kind::touch:
      if (found) {
        EntryLayout::touch(slab_.at(found.id), change.now_ms);
        note_use(found.id, place.hash);
      }
      return view.metadata.version;
    case Change::Kind::remove:
      if (found) remove(place, found);
      return 0;
    case Change::Kind::put: break;
  }
  const Version version = change.version != 0 ? change.version : next_version(last_version_, change.now_ms);
  last_version_ = std::max(last_version_, version);
  const EntryLayout::Parts parts{key, change.value, version, change.expiration, change.now_ms};
  const EntryId written = found ? overwrite(place, found, parts) : insert(place, parts);
  note_due(written);
  keep_bound(written, evicted);
  update_bytes();
  return version;
}

EntryId Shard::insert(const Place& place, const EntryLayout::Parts& parts) {
  const EntryLayout::Plan plan = layout_.plan(parts);
  const EntryId id = slab_.allocate(plan.bytes);
  layout_.write(slab_.at(id), plan, parts);
  SliceIndex& slice = slices_[place.slice];
  index_bytes_ -= slice.bytes();
  slice.insert(place.position, id, [this](EntryId there) { return place_of(there).position.position; });
  index_bytes_ += slice.bytes();
  if (policy_.active()) note_arrival(id, place.hash);
  charge(1, static_cast<std::int64_t>(slab_.slot_bytes(id)));
  return id;
}

EntryId Shard::overwrite(const Place& place, SliceIndex::Found found, const EntryLayout::Parts& parts) {
  const EntryId old = found.id;
  unsigned char* there = slab_.at(old);
  const std::size_t slot = slab_.slot_bytes(old);
  const EntryLayout::Plan plan = layout_.plan(parts);
  const char* value = parts.value.data();
  const bool aliases = value >= reinterpret_cast<char*>(there) && value < reinterpret_cast<char*>(there) + slot;
  EntryId id = old;
  // A large entry may be pinned by a reader, so it is never written in place.
  if (slab_.is_large(old) || aliases || slab_.slot_bytes_for(plan.bytes) != slot) {
    id = slab_.allocate(plan.bytes);
    there = slab_.at(old);
    EntryLinks(there).copy_to(slab_.at(id));
  }
  layout_.write(slab_.at(id), plan, parts);
  if (id != old) {
    slices_[place.slice].replace(found, id);
    if (policy_.active()) policy_.moved(old, id);
    charge(0, static_cast<std::int64_t>(slab_.slot_bytes(id)) - static_cast<std::int64_t>(slot));
    slab_.free(old);
  }
  note_use(id, place.hash);
  return id;
}

void Shard::note_arrival(EntryId id, std::uint64_t hash) {
  if (!lru_) {
    constexpr std::uint64_t kFewest = 64;  // entries that the sketch is made for
    if (count() > sketch_.entries()) sketch_.resize(std::max(kFewest, count() * 2));
    sketch_.note(hash);
  }
  policy_.added(id, window_share());
}

void Shard::note_due(EntryId id) {
  const unsigned char* at = slab_.at(id);
  if (!EntryLayout::is_mortal(at)) return;
  const TimeMs due = holdfast::container::due_ms(layout_.view(at).metadata);
  slab_.note_due(id, due);
  if (due < due_.load(std::memory_order_relaxed)) due_.store(due, std::memory_order_relaxed);
}

void Shard::remove(const Place& place, SliceIndex::Found found) {
  slices_[place.slice].erase(found, place.position.position);
  if (policy_.active()) policy_.removed(found.id);
  charge(-1, -static_cast<std::int64_t>(slab_.slot_bytes(found.id)));
  slab_.free(found.id);
  update_bytes();
}

void Shard::remove(EntryId id) {
  const Place place = place_of(id);
  remove(place, slices_[place.slice].find(place.position, [id](EntryId other) { return other == id; }));
}

void Shard::charge(std::int64_t entries, std::int64_t bytes) {
  if (entries != 0) count_.store(count_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(entries), std::memory_order_relaxed);
  if (!policy_.active()) return;
  const std::int64_t by = policy_.by_bytes() ? bytes + entries * kBesides : entries;
  if (by == 0) return;
  charged_ += by;
  bound_.total.fetch_add(by, std::memory_order_relaxed);
}

void Shard::update_bytes() {
  bytes_.store(slab_.bytes() + sketch_.bytes() + index_bytes_, std::memory_order_relaxed);
}

// ---- Leaving

bool Shard::evict(EntryId keep, Leaving& evicted) {
  const EntryId id = policy_.victim(keep, window_share(), sketch_);
  if (id == kNoEntry) return false;
  evicted.add(layout_.view(slab_.at(id)));
  remove(id);
  return true;
}

void Shard::keep_bound(EntryId written, Leaving& evicted) {
  if (!policy_.active()) return;
  const std::int64_t most = bound_.most.load(std::memory_order_relaxed);
  if ((policy_.by_bytes() ? static_cast<std::int64_t>(slab_.slot_bytes(written)) : 1) > most) {
    evicted.add(layout_.view(slab_.at(written)));  // it alone is too much
    return remove(written);
  }
  while (bound_.total.load(std::memory_order_relaxed) > most && evict(written, evicted)) {
  }
}

bool Shard::evict_one(Leaving& evicted) {
  Locked locked(lock_);
  return policy_.active() && evict(kNoEntry, evicted);
}

void Shard::clear(Leaving& removed) {
  Locked locked(lock_);
  for (std::size_t page = 0; page < slab_.pages(); ++page) {
    for (const EntryId id : slab_.live_in_page(page)) {
      removed.add(layout_.view(slab_.at(id)));
      if (policy_.active()) policy_.removed(id);
      charge(-1, -static_cast<std::int64_t>(slab_.slot_bytes(id)));
      slab_.free(id);
    }
  }
  for (SliceIndex& slice : slices_) slice.clear();
  index_bytes_ = 0;
  due_.store(kNeverDue, std::memory_order_relaxed);
  update_bytes();
}

std::size_t Shard::expire(TimeMs now, std::size_t limit, Leaving& expired, const Judge* judge) {
  if (due_ms() > now) return 0;
  Locked locked(lock_);
  const std::size_t before = expired.count;
  TimeMs earliest = kNeverDue;
  for (std::size_t page = 0; page < slab_.pages(); ++page) {
    if (slab_.due_of_page(page) <= now && expired.count - before < limit) {
      slab_.set_due_of_page(page, expire_page(page, now, limit - (expired.count - before), expired, judge));
    }
    earliest = std::min(earliest, slab_.due_of_page(page));
  }
  due_.store(earliest, std::memory_order_relaxed);
  return expired.count - before;
}

/// Returns when the next of the page's entries is due.
TimeMs Shard::expire_page(std::size_t page, TimeMs now, std::size_t limit, Leaving& expired, const Judge* judge) {
  TimeMs earliest = kNeverDue;
  std::size_t removed = 0;
  for (const EntryId id : slab_.live_in_page(page)) {
    const EntryView view = layout_.view(slab_.at(id));
    const TimeMs due = holdfast::container::due_ms(view.metadata);
    if (due > now || removed == limit) {
      earliest = std::min(earliest, due);
      continue;
    }
    if (const TimeMs again = judge ? (*judge)(view) : 0; again != 0) {
      earliest = std::min(earliest, again);
      continue;
    }
    expired.add(view);
    remove(id);
    ++removed;
  }
  return earliest;
}

// ---- The rest

std::uint64_t Shard::copy_slice(std::uint32_t slice, std::uint64_t from, EntryBatch& batch) {
  Locked locked(lock_);
  return slices_[slice].scan(from, kBatch, [&](EntryId id, std::uint64_t until) {
    const Place place = place_of(id);
    if (place.position.position >= from && place.position.position < until) batch.add(layout_.view(slab_.at(id)));
  });
}

void Shard::bound_changed(const BoundChange& change) {
  Locked locked(lock_);
  bound_.total.fetch_sub(std::exchange(charged_, 0), std::memory_order_relaxed);
  sketch_ = FrequencySketch();
  if (!change.bounded) return policy_.stop();
  policy_.start(change.by_bytes);
  if (change.by_bytes) slab_.count_closely();
  lru_ = change.lru;
  if (change.entries > 0) {
    if (!lru_) sketch_.resize(change.entries);
    for (SliceIndex& slice : slices_) slice.expect(static_cast<std::uint32_t>(change.entries / slices_.size()));
  }
  std::int64_t bytes = 0;
  for (std::size_t page = 0; page < slab_.pages(); ++page) {
    for (const EntryId id : slab_.live_in_page(page)) {
      note_arrival(id, place_of(id).hash);
      bytes += static_cast<std::int64_t>(slab_.slot_bytes(id)) + kBesides;
    }
  }
  charged_ = change.by_bytes ? bytes : static_cast<std::int64_t>(count());
  bound_.total.fetch_add(charged_, std::memory_order_relaxed);
  update_bytes();
}

}  // namespace holdfast::container
