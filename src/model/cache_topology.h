// CacheTopology: who owns a cache's segments now, and while data moves, from now on. The coordinator makes them, one
// after another with growing ids; every member installs them in that order.
//
// Owner: values; the tables are shared.  Threads: any (immutable).  Waits: never.
// Fails with: read() gives nothing for bytes that are no topology.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/consistent_hash.h"

namespace holdfast {

using ConsistentHashPtr = std::shared_ptr<const ConsistentHash>;

/// A rebalance passes through these in order; each begins when every member has confirmed the one before, so no two
/// members are ever more than one phase apart. Writes go to the owners of both tables while there are two.
enum class RebalancePhase : std::uint8_t {
  none,                // one table
  read_old_write_all,  // new owners fetch what they lack; reads ask the old owners
  read_all_write_all,  // every owner has the data; reads may ask either
  read_new_write_all,  // reads and primaries are the new ones; the old owners still hear of writes
};

struct CacheTopology {
  std::uint32_t id = 0;            // 0 = none yet; grows with every change
  std::uint32_t rebalance_id = 0;  // of the rebalance going on, or of the last one
  RebalancePhase phase = RebalancePhase::none;
  ConsistentHashPtr current;
  ConsistentHashPtr pending;       // null unless a rebalance goes on
  /// Names of owners that are gone without a word and have not come back: they may live on the other side of a split, so
  /// whoever is left remembers what it removes.
  std::vector<std::string> missing;

  bool rebalancing() const { return pending != nullptr; }
  /// Where reads go, and who is primary.
  const ConsistentHash& readers() const { return phase == RebalancePhase::read_new_write_all ? *pending : *current; }

  void append(Bytes& out) const;
  static std::optional<CacheTopology> read(Reader& in);
  friend bool operator==(const CacheTopology& a, const CacheTopology& b);
};

}  // namespace holdfast
