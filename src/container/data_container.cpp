#include "container/data_container.h"

#include <bit>

#include "base/assert.h"
#include "container/shard.h"

namespace holdfast::container {
namespace {

constexpr std::size_t kUsualBytes = 512;  // values of more are read under the lock
constexpr std::uint32_t kSlicesFewest = 64;
constexpr std::uint32_t kShardsMost = 64;
// A shard keeps its own eviction order, so one that is too small would choose badly.
constexpr std::int64_t kEntriesPerShard = 16384;
constexpr std::int64_t kBytesPerShard = std::int64_t{16} << 20;

std::uint32_t shards_for(const ContainerOptions& o, std::uint32_t slices) {
  std::int64_t wanted = kShardsMost;
  if (o.max_count >= 0) {
    wanted = o.max_count / kEntriesPerShard;
  } else if (o.max_size_bytes >= 0) {
    wanted = o.max_size_bytes / kBytesPerShard;
  }
  const std::uint64_t most = std::bit_floor(std::min(slices, kShardsMost));
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(wanted, 1))), 1, most));
}

Partition partition_for(const ContainerOptions& o) {
  HF_ASSERT(o.segments > 0);
  Partition p;
  p.segments = o.segments;
  p.slices_per_segment = (kSlicesFewest + o.segments - 1) / o.segments;
  p.shards = shards_for(o, p.segments * p.slices_per_segment);
  p.shard_bits = std::countr_zero(p.shards);
  constexpr std::uint64_t kHashes = std::uint64_t{1} << 31;
  const std::uint64_t width = (kHashes + p.segments - 1) / p.segments;
  HF_ASSERT(width > 1);
  p.width_inverse = ~std::uint64_t{0} / width + 1;
  return p;
}

}  // namespace

class DataContainer::Impl {
 public:
  explicit Impl(const ContainerOptions& o) : options(o), partition(partition_for(o)) {
    for (std::uint32_t i = 0; i < partition.shards; ++i) shards.push_back(std::make_unique<Shard>(bound, partition, blocks, limbo));
    install_bound();
  }

  Shard& shard(const Place& place) { return *shards[place.shard]; }

  void install_bound() {
    const bool by_bytes = options.max_count < 0;
    const std::int64_t most = by_bytes ? options.max_size_bytes : options.max_count;
    bound.most = most;
    crowded = most >= 0 && !by_bytes && most < static_cast<std::int64_t>(partition.shards) * kEntriesPerShard / 4;
    BoundChange change{most >= 0, options.policy == EvictionPolicyKind::lru, by_bytes, 0, 0};
    constexpr std::int64_t kPagesFewest = 64;  // so that one page is little beside the bound
    if (by_bytes) change.page_bytes = static_cast<std::size_t>(std::max<std::int64_t>(most, 0) / kPagesFewest);
    if (most > 0 && !by_bytes) change.entries = static_cast<std::uint64_t>(most) / shards.size();
    for (const auto& s : shards) s->bound_changed(change);
    bound.tuner.stop();
    if (most > 0 && !by_bytes && tuned()) bound.tuner.start(static_cast<std::uint64_t>(most));
  }

  bool tuned() const { return options.policy == EvictionPolicyKind::tiny_lfu; }
  std::uint64_t size() const {
    std::uint64_t total = 0;
    for (const auto& s : shards) total += s->count();
    return total;
  }

  UpdateResult update(BytesView key, KeyHash hash, FunctionRef<Change(const EntryView*)> decide, Leaving& evicted) {
    const Place place = partition.place(hash);
    UpdateResult result;
    result.segment = place.segment;
    if (crowded.load(std::memory_order_relaxed)) {
      Locked locked(one_by_one);
      result.version = shard(place).update(place, key, decide, evicted);
      settle(evicted);
    } else {
      result.version = shard(place).update(place, key, decide, evicted);
      settle(evicted);
    }
    free_replaced();
    result.evicted = static_cast<std::uint32_t>(evicted.count);
    if (result.version != 0) bound.tuner.note(hash);
    // How many entries fit into a bound in bytes shows when it is full for the first time.
    if (evicted.count > 0 && !bound.tuner.running() && tuned()) bound.tuner.start(size());
    return result;
  }

  /// Not under a shard's lock.
  void free_replaced() {
    if (limbo.full()) limbo.reclaim();
  }

  /// When the shard that was written has nobody left to evict, the others give way.
  void settle(Leaving& evicted) {
    const std::int64_t most = bound.most.load(std::memory_order_relaxed);
    if (most < 0) return;
    std::size_t empty = 0;
    while (bound.total.load(std::memory_order_relaxed) > most && empty < shards.size()) {
      Shard& s = *shards[next_shard.fetch_add(1, std::memory_order_relaxed) % shards.size()];
      empty = s.evict_one(evicted) ? 0 : empty + 1;
    }
  }

  ContainerOptions options;
  const Partition partition;
  Bound bound;
  BlockPool blocks;
  Limbo limbo;
  std::vector<std::unique_ptr<Shard>> shards;
  std::atomic<std::uint32_t> next_shard{0};
  /// The bound is so small beside the number of shards that writers must come one by one to keep it.
  std::atomic<bool> crowded{false};
  SpinLock one_by_one;
};

DataContainer::DataContainer(const ContainerOptions& options) : impl_(std::make_unique<Impl>(options)) {}
DataContainer::~DataContainer() = default;

std::optional<bool> DataContainer::copy_value(BytesView key, KeyHash hash, ValueCopy& value) {
  const Place place = impl_->partition.place(hash);
  const Shard::Seen seen = impl_->shard(place).look(place, key, value);
  if (seen == Shard::Seen::unsure) return std::nullopt;
  if (seen == Shard::Seen::absent) return false;
  impl_->bound.tuner.note(hash);
  return true;
}

bool DataContainer::read(BytesView key, KeyHash hash, TimeMs refresh_ms, FunctionRef<void(const EntryView&)> visit) {
  char buffer[kUsualBytes];
  ValueCopy value{buffer, sizeof buffer, 0, {}};
  if (const std::optional<bool> found = copy_value(key, hash, value)) {
    if (*found) visit({key, {buffer, value.bytes}, value.metadata});
    return *found;
  }
  const Place place = impl_->partition.place(hash);
  if (!impl_->shard(place).read(place, key, refresh_ms, visit)) return false;
  impl_->bound.tuner.note(hash);
  return true;
}

void DataContainer::prefetch(KeyHash hash, int round) const {
  const Place place = impl_->partition.place(hash);
  impl_->shard(place).prefetch(place, round);
}

UpdateResult DataContainer::update(BytesView key, KeyHash hash, FunctionRef<Change(const EntryView*)> decide) {
  Leaving evicted;
  return impl_->update(key, hash, decide, evicted);
}

UpdateResult DataContainer::update(BytesView key, KeyHash hash, FunctionRef<Change(const EntryView*)> decide, EvictedCallback evicted) {
  std::vector<Entry> gone;
  Leaving leaving{&gone};
  const UpdateResult result = impl_->update(key, hash, decide, leaving);
  for (Entry& entry : gone) evicted(std::move(entry));
  return result;
}

std::uint64_t DataContainer::size() const { return impl_->size(); }

std::uint64_t DataContainer::memory_bytes() const {
  std::uint64_t total = 0;
  for (const auto& s : impl_->shards) total += s->memory_bytes();
  return total;
}

void DataContainer::clear(FunctionRef<void(Entry&&)> removed) {
  for (const auto& s : impl_->shards) {
    std::vector<Entry> gone;
    Leaving leaving{&gone};
    s->clear(leaving);
    for (Entry& entry : gone) removed(std::move(entry));
  }
  impl_->free_replaced();
}

void DataContainer::clear() {
  Leaving nobody;
  for (const auto& s : impl_->shards) s->clear(nobody);
  impl_->free_replaced();
}

bool DataContainer::for_each_in_segment(std::uint32_t segment, FunctionRef<bool(const EntryView&)> visit) const {
  const Partition& p = impl_->partition;
  HF_ASSERT(segment < p.segments);
  EntryBatch batch;
  for (std::uint32_t slice = segment * p.slices_per_segment; slice < (segment + 1) * p.slices_per_segment; ++slice) {
    for (std::uint64_t from = 0; from < SliceIndex::kEnd;) {
      batch.clear();
      from = impl_->shards[slice & (p.shards - 1)]->copy_slice(slice / p.shards, from, batch);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (!visit(batch[i])) return false;
      }
    }
  }
  return true;
}

std::size_t DataContainer::expire(TimeMs now_ms, std::size_t limit, FunctionRef<void(Entry&&)> expired) {
  std::size_t count = 0;
  for (const auto& s : impl_->shards) {
    if (count == limit) break;
    std::vector<Entry> gone;
    Leaving leaving{&gone};
    count += s->expire(now_ms, limit - count, leaving);
    for (Entry& entry : gone) expired(std::move(entry));
  }
  return count;
}

std::size_t DataContainer::expire(TimeMs now_ms, std::size_t limit) {
  Leaving nobody;
  for (const auto& s : impl_->shards) {
    if (nobody.count == limit) break;
    s->expire(now_ms, limit - nobody.count, nobody);
  }
  return nobody.count;
}

std::size_t DataContainer::expire_judged(TimeMs now_ms, std::size_t limit, FunctionRef<TimeMs(const EntryView&)> judge) {
  Leaving nobody;
  for (const auto& s : impl_->shards) {
    if (nobody.count == limit) break;
    s->expire(now_ms, limit - nobody.count, nobody, &judge);
  }
  return nobody.count;
}

std::optional<TimeMs> DataContainer::next_due_ms() const {
  TimeMs due = kNeverDue;
  for (const auto& s : impl_->shards) due = std::min(due, s->due_ms());
  return due == kNeverDue ? std::nullopt : std::optional(due);
}

void DataContainer::set_bound(std::int64_t max_count, std::int64_t max_size_bytes, EvictedCallback evicted) {
  std::vector<Entry> gone;
  {
    Locked locked(impl_->one_by_one);
    if (max_count == impl_->options.max_count && max_size_bytes == impl_->options.max_size_bytes) return;
    impl_->options.max_count = max_count;
    impl_->options.max_size_bytes = max_size_bytes;
    impl_->install_bound();
    Leaving leaving{&gone};
    impl_->settle(leaving);
  }
  for (Entry& entry : gone) evicted(std::move(entry));
}

const ContainerOptions& DataContainer::options() const { return impl_->options; }

}  // namespace holdfast::container
