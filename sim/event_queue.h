// EventQueue: what will happen, in the order of virtual time, and of scheduling where times are equal.
//
// Owner: the Simulation.  Threads: its one.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "base/function.h"
#include "base/time.h"

namespace holdfast::sim {

/// Names one scheduled event; never reused.
struct EventId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // 0 = none
};

class EventQueue {
 public:
  EventId schedule(Duration at, Task task);
  /// False: it has happened or was cancelled.
  bool cancel(EventId id);
  /// The next event's time; Duration::max() when there is none.
  Duration next_time();
  /// Takes the next event, which there must be.
  Task take();
  std::size_t size() const { return live_; }

 private:
  struct Entry {
    Duration at;
    std::uint64_t order;
    EventId id;
    bool operator<(const Entry& other) const { return at != other.at ? at > other.at : order > other.order; }  // heaps are upside down
  };
  struct Slot {
    Task task;
    std::uint32_t generation = 1;
  };

  bool stale(const Entry& entry) const { return slots_[entry.id.slot].generation != entry.id.generation; }
  void drop_stale();
  void compact();
  Task release(std::uint32_t slot);

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t order_ = 0;
  std::size_t live_ = 0;
};

}  // namespace holdfast::sim
