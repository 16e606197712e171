#include "container/shard.h"

#include <cstring>
#include <optional>

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

// ---- Notes of hits

void Shard::leave_note(EntryId id, std::uint64_t version, std::uint64_t hash) {
  if (!notes_.add(id, version, hash) || !lock_.try_lock()) return;
  fetch_noted();
  take_notes();
  lock_.unlock();
}

/// What take_notes() will touch arrives together.
void Shard::fetch_noted() {
  const std::uint64_t version = version_.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < notes_.count(); ++i) {
    const EntryId id = notes_.entry(i, version);
    if (id == kNoEntry) continue;
    sketch_.prefetch(notes_.hash(i));
    policy_.prefetch(id);
  }
}

void Shard::take_notes() {
  const std::uint32_t count = notes_.count();
  if (count == 0) return;
  const std::uint64_t version = version_.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (const EntryId id = notes_.entry(i, version); id != kNoEntry) note_use(id, notes_.hash(i));
  }
  notes_.clear();
}

// ---- With the lock

bool Shard::read(const Place& place, BytesView key, TimeMs refresh_ms, FunctionRef<void(const EntryView&)> visit) {
  lock_.lock();
  const SliceIndex::Found found = find(place, key);
  if (!found) {
    lock_.unlock();
    return false;
  }
  unsigned char* at = slab_.at(found.id);
  take_notes();
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
  fetch_noted();
  SliceIndex::Found found = find(place, key);
  take_notes();
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
    case Change::Kind::remove: {
      if (!found) return 0;
      const Changing changing(version_);
      remove(place, found);
      fill_sparse_pages(found.id);
      update_bytes();
      return 0;
    }
    case Change::Kind::put: break;
  }
  const Changing changing(version_);
  const Version version = change.version != 0 ? change.version : next_version(last_version_, change.now_ms);
  last_version_ = std::max(last_version_, version);
  EntryLayout::Parts parts{key, change.value, version, change.expiration, change.now_ms};
  Bytes copy;
  if (counts_bytes()) {
    if (found && lies_in(found.id, parts.value)) parts.value = copy = parts.value;  // making room may move the entry
    const std::size_t before = evicted.count;
    make_room(place, layout_.plan(parts).bytes, found.id, evicted);
    if (found && evicted.count != before) found = find(place, key);
  }
  EntryId written = found ? overwrite(place, found, parts) : insert(place, parts);
  note_due(written);
  fill_sparse_pages(written);
  update_bytes();
  keep_bound(written, evicted);
  return version;
}

EntryId Shard::insert(const Place& place, const EntryLayout::Parts& parts) {
  const EntryLayout::Plan plan = layout_.plan(parts);
  const EntryId id = slab_.allocate(plan.bytes);
  layout_.write(slab_.at(id), plan, parts);
  SliceIndex& slice = slices_[place.slice];
  index_bytes_ -= slice.bytes();
  slice.insert(place.position, id, limbo_, [this](EntryId there) { return place_of(there).position.position; });
  index_bytes_ += slice.bytes();
  if (policy_.active()) note_arrival(id, place.hash);
  count_change(1);
  return id;
}

EntryId Shard::overwrite(const Place& place, SliceIndex::Found found, const EntryLayout::Parts& parts) {
  const EntryId old = found.id;
  unsigned char* there = slab_.at(old);
  const std::size_t slot = slab_.slot_bytes(old);
  const EntryLayout::Plan plan = layout_.plan(parts);
  EntryId id = old;
  // A large entry may be pinned by a reader, so it is never written in place.
  if (slab_.is_large(old) || lies_in(old, parts.value) || slab_.slot_bytes_for(plan.bytes) != slot) {
    id = slab_.allocate(plan.bytes);
    there = slab_.at(old);
    EntryLinks(there).copy_to(slab_.at(id));
  }
  layout_.write(slab_.at(id), plan, parts);
  if (id != old) {
    slices_[place.slice].replace(found, id);
    if (policy_.active()) policy_.moved(old, id);
    slab_.free(old);
  }
  note_use(id, place.hash);
  return id;
}

bool Shard::lies_in(EntryId id, BytesView bytes) const {
  const auto at = reinterpret_cast<std::uintptr_t>(slab_.at(id));
  const auto data = reinterpret_cast<std::uintptr_t>(bytes.data());
  return data >= at && data < at + slab_.slot_bytes(id);
}

/// How many entries the sketch must be made for.
std::uint64_t Shard::sketch_entries_for(std::uint64_t entries) const {
  constexpr std::uint64_t kFewest = 64;
  return entries > sketch_.entries() ? std::max(kFewest, entries * 2) : sketch_.entries();
}

void Shard::note_arrival(EntryId id, std::uint64_t hash) {
  if (!lru_) {
    if (const std::uint64_t entries = sketch_entries_for(count()); entries != sketch_.entries()) sketch_.resize(entries);
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
  SliceIndex& slice = slices_[place.slice];
  slice.erase(found, place.position.position);
  if (counts_bytes()) {
    index_bytes_ -= slice.bytes();
    slice.shrink(limbo_, [this](EntryId there) { return place_of(there).position.position; });
    index_bytes_ += slice.bytes();
  }
  if (policy_.active()) policy_.removed(found.id);
  count_change(-1);
  slab_.free(found.id);
  update_bytes();
}

void Shard::remove(EntryId id) {
  const Place place = place_of(id);
  remove(place, slices_[place.slice].find(place.position, [id](EntryId other) { return other == id; }));
}

void Shard::count_change(std::int64_t by) {
  count_.store(count_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(by), std::memory_order_relaxed);
  if (!policy_.active() || policy_.by_bytes()) return;
  charged_ += by;
  bound_.total.fetch_add(by, std::memory_order_relaxed);
}

/// A bound in bytes counts what memory_bytes() shows.
void Shard::update_bytes() {
  const std::uint64_t now = bytes_now();
  bytes_.store(now, std::memory_order_relaxed);
  const std::int64_t by = static_cast<std::int64_t>(now) - charged_;
  if (!counts_bytes() || by == 0) return;
  charged_ += by;
  bound_.total.fetch_add(by, std::memory_order_relaxed);
}

// ---- A bound in bytes: room is made before memory is taken

/// What storing an entry may take beyond what the shard has: a page, a larger index, a larger sketch.
std::int64_t Shard::growth(const Place& place, std::size_t bytes, bool fresh) const {
  auto more = static_cast<std::int64_t>(slab_.growth_for(bytes));
  if (!fresh) return more;
  more += static_cast<std::int64_t>(slices_[place.slice].growth());
  const std::uint64_t entries = lru_ ? sketch_.entries() : sketch_entries_for(count());
  if (entries != sketch_.entries()) more += static_cast<std::int64_t>(FrequencySketch::bytes_for(entries)) - static_cast<std::int64_t>(sketch_.bytes());
  return more;
}

/// Counts the growth before it happens, if the bound has room for it.
bool Shard::claim(std::int64_t growth) {
  const std::int64_t by = static_cast<std::int64_t>(bytes_now()) + growth - charged_;
  const std::int64_t most = bound_.most.load(std::memory_order_relaxed);
  std::int64_t total = bound_.total.load(std::memory_order_relaxed);
  do {
    if (by > 0 && total + by > most) return false;
  } while (!bound_.total.compare_exchange_weak(total, total + by, std::memory_order_relaxed));
  charged_ += by;
  return true;
}

/// `found` is the entry that will be overwritten, if there is one; it stays, but may move.
void Shard::make_room(const Place& place, std::size_t bytes, EntryId& found, Leaving& evicted) {
  const bool fresh = found == kNoEntry;
  const std::size_t slot = slab_.slot_bytes_for(bytes);
  if (static_cast<std::int64_t>(slot) > bound_.most.load(std::memory_order_relaxed)) return;  // it will not be kept
  if (!fresh && slot == slab_.slot_bytes(found) && !slab_.is_large(found)) return;
  while (!claim(growth(place, bytes, fresh)) && evict(found, evicted)) {
  }
}

void Shard::fill_sparse_pages(EntryId& kept) {
  while (const std::optional<std::size_t> page = slab_.sparse_page()) {
    for (const EntryId id : slab_.live_in_page(*page)) move(id, kept);
  }
}

void Shard::move(EntryId from, EntryId& kept) {
  const EntryId to = slab_.allocate_elsewhere(from);
  std::memcpy(slab_.at(to), slab_.at(from), slab_.slot_bytes(from));
  const Place place = place_of(from);
  SliceIndex& slice = slices_[place.slice];
  slice.replace(slice.find(place.position, [from](EntryId other) { return other == from; }), to);
  if (policy_.active()) policy_.moved(from, to);
  slab_.free(from);
  note_due(to);
  if (kept == from) kept = to;
}

// ---- Leaving

bool Shard::evict(EntryId& keep, Leaving& evicted) {
  const EntryId id = policy_.victim(keep, window_share(), sketch_);
  if (id == kNoEntry) return false;
  evicted.add(layout_.view(slab_.at(id)));
  remove(id);
  fill_sparse_pages(keep);
  update_bytes();
  return true;
}

void Shard::keep_bound(EntryId& written, Leaving& evicted) {
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
  if (!policy_.active()) return false;
  take_notes();
  const Changing changing(version_);
  EntryId nobody = kNoEntry;
  return evict(nobody, evicted);
}

void Shard::clear(Leaving& removed) {
  Locked locked(lock_);
  const Changing changing(version_);
  for (std::size_t page = 0; page < slab_.pages(); ++page) {
    for (const EntryId id : slab_.live_in_page(page)) {
      removed.add(layout_.view(slab_.at(id)));
      if (policy_.active()) policy_.removed(id);
      count_change(-1);
      slab_.free(id);
    }
  }
  for (SliceIndex& slice : slices_) slice.clear(limbo_);
  index_bytes_ = 0;
  slab_.drop_list();
  due_.store(kNeverDue, std::memory_order_relaxed);
  update_bytes();
}

std::size_t Shard::expire(TimeMs now, std::size_t limit, Leaving& expired, const Judge* judge) {
  if (due_ms() > now) return 0;
  Locked locked(lock_);
  const Changing changing(version_);
  const std::size_t before = expired.count;
  TimeMs earliest = kNeverDue;
  for (std::size_t page = 0; page < slab_.pages(); ++page) {
    if (slab_.due_of_page(page) <= now && expired.count - before < limit) {
      slab_.set_due_of_page(page, expire_page(page, now, limit - (expired.count - before), expired, judge));
    }
    earliest = std::min(earliest, slab_.due_of_page(page));
  }
  due_.store(earliest, std::memory_order_relaxed);
  EntryId nobody = kNoEntry;
  fill_sparse_pages(nobody);
  update_bytes();
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
  const Changing changing(version_);
  bound_.total.fetch_sub(std::exchange(charged_, 0), std::memory_order_relaxed);
  sketch_ = FrequencySketch();
  if (!change.bounded) {
    policy_.stop();
    return update_bytes();
  }
  policy_.start(change.by_bytes);
  if (change.by_bytes) slab_.count_closely(change.page_bytes);
  lru_ = change.lru;
  if (change.entries > 0) {
    if (!lru_) sketch_.resize(change.entries);
    for (SliceIndex& slice : slices_) slice.expect(static_cast<std::uint32_t>(change.entries / slices_.size()));
  }
  for (std::size_t page = 0; page < slab_.pages(); ++page) {
    for (const EntryId id : slab_.live_in_page(page)) note_arrival(id, place_of(id).hash);
  }
  charged_ = change.by_bytes ? 0 : static_cast<std::int64_t>(count());
  bound_.total.fetch_add(charged_, std::memory_order_relaxed);
  update_bytes();
}

}  // namespace holdfast::container
