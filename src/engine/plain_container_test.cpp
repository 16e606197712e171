// A plain container for the tests of this folder, until the real one is there.
#include <map>
#include <mutex>

#include "container/data_container.h"

namespace holdfast::container {

class DataContainer::Impl {
 public:
  ContainerOptions options;
  mutable std::mutex lock;
  std::map<Bytes, Entry> entries;
  Version last = 0;
  std::vector<Entry> evict(BytesView keep) {
    std::vector<Entry> out;
    while (options.max_count >= 0 && entries.size() > static_cast<std::size_t>(options.max_count)) {
      auto at = entries.begin();
      if (at->first == keep) ++at;
      out.push_back(std::move(at->second));
      entries.erase(at);
    }
    return out;
  }
};

DataContainer::DataContainer(const ContainerOptions& options) : impl_(std::make_unique<Impl>()) { impl_->options = options; }
DataContainer::~DataContainer() = default;

bool DataContainer::read(BytesView key, KeyHash, TimeMs refresh_ms, FunctionRef<void(const EntryView&)> visit) {
  std::lock_guard held(impl_->lock);
  const auto at = impl_->entries.find(Bytes(key));
  if (at == impl_->entries.end()) return false;
  Metadata& m = at->second.metadata;
  if (refresh_ms > 0 && m.expiration.max_idle_ms >= 0 && !is_expired(m, refresh_ms)) m.last_used_ms = refresh_ms;
  visit(at->second.view());
  return true;
}

UpdateResult DataContainer::update(BytesView key, KeyHash hash, FunctionRef<Change(const EntryView*)> decide, EvictedCallback evicted) {
  std::vector<Entry> gone;
  UpdateResult result;
  result.segment = segment_of(hash, impl_->options.segments);
  {
    std::lock_guard held(impl_->lock);
    const auto at = impl_->entries.find(Bytes(key));
    const bool there = at != impl_->entries.end();
    const EntryView view = there ? at->second.view() : EntryView{};
    const Change change = decide(there ? &view : nullptr);
    result.version = there ? view.metadata.version : 0;
    if (change.kind == Change::Kind::put) {
      Entry e;
      e.key = Bytes(key);
      e.value = Bytes(change.value);
      impl_->last = change.version ? change.version : next_version(impl_->last, change.now_ms);
      e.metadata = {impl_->last, change.now_ms, change.now_ms, change.expiration};
      impl_->entries[Bytes(key)] = std::move(e);
      result.version = impl_->last;
      gone = impl_->evict(key);
    } else if (change.kind == Change::Kind::remove && there) {
      impl_->entries.erase(at);
      result.version = 0;
    } else if (change.kind == Change::Kind::touch && there) {
      at->second.metadata.last_used_ms = change.now_ms;
    }
  }
  for (Entry& e : gone) evicted(std::move(e));
  return result;
}

std::uint64_t DataContainer::size() const {
  std::lock_guard held(impl_->lock);
  return impl_->entries.size();
}
std::uint64_t DataContainer::memory_bytes() const { return size() * 100; }

void DataContainer::clear(FunctionRef<void(Entry&&)> removed) {
  std::map<Bytes, Entry> gone;
  {
    std::lock_guard held(impl_->lock);
    gone.swap(impl_->entries);
  }
  for (auto& [key, entry] : gone) removed(std::move(entry));
}
void DataContainer::clear() {
  clear([](Entry&&) {});
}

bool DataContainer::for_each_in_segment(std::uint32_t segment, FunctionRef<bool(const EntryView&)> visit) const {
  std::vector<Entry> copied;
  {
    std::lock_guard held(impl_->lock);
    for (const auto& [key, entry] : impl_->entries) {
      if (segment_of(hash_key(key), impl_->options.segments) == segment) copied.push_back(entry);
    }
  }
  for (const Entry& entry : copied) {
    if (!visit(entry.view())) return false;
  }
  return true;
}

std::size_t DataContainer::expire(TimeMs now_ms, std::size_t limit, FunctionRef<void(Entry&&)> expired) {
  std::vector<Entry> gone;
  {
    std::lock_guard held(impl_->lock);
    for (auto at = impl_->entries.begin(); at != impl_->entries.end() && gone.size() < limit;) {
      if (is_expired(at->second.metadata, now_ms)) {
        gone.push_back(std::move(at->second));
        at = impl_->entries.erase(at);
      } else {
        ++at;
      }
    }
  }
  for (Entry& e : gone) expired(std::move(e));
  return gone.size();
}

std::optional<TimeMs> DataContainer::next_due_ms() const {
  std::lock_guard held(impl_->lock);
  std::optional<TimeMs> due;
  for (const auto& [key, e] : impl_->entries) {
    const Metadata& m = e.metadata;
    if (m.expiration.lifespan_ms >= 0) due = std::min(due.value_or(INT64_MAX), m.created_ms + m.expiration.lifespan_ms);
    if (m.expiration.max_idle_ms >= 0) due = std::min(due.value_or(INT64_MAX), m.last_used_ms + m.expiration.max_idle_ms);
  }
  return due;
}

void DataContainer::set_bound(std::int64_t max_count, std::int64_t max_size_bytes, EvictedCallback evicted) {
  std::vector<Entry> gone;
  {
    std::lock_guard held(impl_->lock);
    impl_->options.max_count = max_count;
    impl_->options.max_size_bytes = max_size_bytes;
    gone = impl_->evict({});
  }
  for (Entry& e : gone) evicted(std::move(e));
}
const ContainerOptions& DataContainer::options() const { return impl_->options; }

}  // namespace holdfast::container
