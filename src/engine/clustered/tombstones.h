// Tombstones: which keys of a segment were removed, and when. What was removed on one side of a split stays removed when the
// other side's entries come back, and what was removed while a segment moved in is not brought back by an older chunk.
//
// Owner: ReplicaSegment.  Threads: one at a time.  Waits: never.  Fails with: nothing.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "model/entry.h"

namespace holdfast::engine::clustered {

struct Removal {
  Bytes key;
  Version version = 0;  // of the write that removed it
  friend bool operator==(const Removal&, const Removal&) = default;
};

class Tombstones {
 public:
  Tombstones() = default;
  Tombstones(Tombstones&&) = default;
  Tombstones& operator=(Tombstones&&) = default;

  std::size_t size() const { return by_key_.size(); }
  bool empty() const { return by_key_.empty(); }
  void add(BytesView key, Version version);
  /// The key is there again.
  void forget(BytesView key);
  /// Was the key removed by something newer than this?
  bool removed_since(BytesView key, Version version) const;
  void clear();
  /// Forgets the oldest until the rest takes no more than this; how many.
  std::size_t trim(std::size_t bytes_max);
  std::vector<Removal> all() const;

 private:
  using ByKey = std::map<Bytes, Version, std::less<>>;
  void erase(ByKey::iterator at);

  ByKey by_key_;
  std::set<std::pair<Version, BytesView>> by_age_;  // the keys lie in by_key_
  std::size_t bytes_ = 0;
};

}  // namespace holdfast::engine::clustered
