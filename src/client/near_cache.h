// NearCache: values of a remote cache that were read a moment ago, kept here until an event says that they are old.
// Bounded by a number of entries; those used least lately go first.
//
// A value is kept only if nothing happened to its key between the beginning of its read and the end of it: neither an
// event nor a write of ours. Off (before there is a listener, and while its connection is lost) it keeps nothing.
//
// Owner: the cache's state.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <holdfast/detail/entry_view.h>

#include <list>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/bytes.h"
#include "base/mutex.h"

namespace holdfast::client {

class NearCache {
 public:
  /// A read under way; whoever makes it ends it.
  struct Read;
  struct Entry {
    Bytes value;
    Metadata metadata;
  };

  explicit NearCache(std::size_t entries_max) : entries_max_(entries_max) {}

  std::optional<Entry> find(BytesView key);
  std::shared_ptr<Read> begin_read(BytesView key);
  /// Nothing = there is no such entry, or the read failed.
  void end_read(const std::shared_ptr<Read>& read, const Entry* entry);
  /// The key has changed, or is about to.
  void forget(BytesView key);
  void forget_all();
  /// Off also forgets everything.
  void set_on(bool on);

  std::uint64_t hits() const;
  std::size_t size() const;

 private:
  struct Kept {
    Bytes key;
    Entry entry;
  };
  void drop(const Bytes& key) HF_REQUIRES(lock_);
  void drop_all() HF_REQUIRES(lock_);

  const std::size_t entries_max_;
  mutable Mutex lock_;
  std::list<Kept> order_ HF_GUARDED_BY(lock_);  // used last first
  std::unordered_map<Bytes, std::list<Kept>::iterator> kept_ HF_GUARDED_BY(lock_);
  std::unordered_map<Bytes, std::shared_ptr<Read>> reads_ HF_GUARDED_BY(lock_);
  std::uint64_t hits_ HF_GUARDED_BY(lock_) = 0;
  bool on_ HF_GUARDED_BY(lock_) = false;
};

}  // namespace holdfast::client
