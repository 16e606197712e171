// What operators ask about a cluster: which node holds how much of a cache, how far a rebalance is, who owns a key.
//
// Owner: values.  Threads: as values.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>

#include "model/address.h"

namespace holdfast::engine {

/// What a node receives in the newest rebalance that gave it something.
struct TransferProgress {
  std::uint32_t segments = 0;   // that it was given
  std::uint32_t missing = 0;    // of them, and not here yet; 0 = everything that it owns is here
  std::uint64_t entries = 0;    // received
  std::uint64_t bytes = 0;      // of their keys and values
  friend bool operator==(const TransferProgress&, const TransferProgress&) = default;
};

struct NodeShare {
  Address node;                 // no name: this node, and there is no other
  std::uint64_t entries = 0;    // as primary and as backup
  std::uint64_t memory_bytes = 0;
  TransferProgress transfer;
  friend bool operator==(const NodeShare&, const NodeShare&) = default;
};

/// Of a node's process and its machine.
struct NodeMemory {
  Address node;
  std::uint64_t used_bytes = 0;
  std::uint64_t available_bytes = 0;
  friend bool operator==(const NodeMemory&, const NodeMemory&) = default;
};

struct KeyOwner {
  Address node;                 // no name: this node, and there is no other
  bool primary = false;
};

}  // namespace holdfast::engine
