// ReplicaSegment: what one owner knows of one segment beyond its entries: as a backup the writes that are pending, as the
// primary those in flight; for both the results of invocations, and what was removed where that must not be forgotten.
//
// Owner: ClusteredCache, under the segment's lock.  Threads: one at a time.  Waits: never.  Fails with: nothing.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/planted.h"
#include "engine/clustered/wire.h"

namespace holdfast::engine::clustered {

class ReplicaSegment {
 public:
  // ---- Backup

  /// Records a write. What this proves committed, an older write of the same key, comes back to be applied.
  std::vector<PendingWrite> add(PendingWrite write);
  /// What is committed by now, in order.
  std::vector<PendingWrite> commit_up_to(Version watermark);
  bool has_pending() const { return !pending_.empty(); }
  /// Null: nothing of the key is pending.
  const PendingWrite* pending_of(BytesView key) const {
    const auto at = by_key_.find(key);
    return at == by_key_.end() ? nullptr : &pending_.at(at->second);
  }
  std::vector<PendingWrite> pending() const;
  struct PendingKey {
    Bytes key;
    bool removes;
  };
  /// The keys that pending writes concern, each once.
  std::vector<PendingKey> pending_keys() const;

  // ---- Primary

  /// The version of a new write: above everything that this segment has seen.
  Version next(Version present, TimeMs now);
  void see(Version version) { last_ = std::max(last_, version); }
  Version last() const { return last_; }
  void begin(Version version, std::uint32_t epoch) { in_flight_[version] = epoch; }
  void end(Version version) { in_flight_.erase(version); }
  bool in_flight() const { return !in_flight_.empty(); }
  /// Is a write of an older epoch still on its way?
  bool in_flight_before(std::uint32_t epoch) const;
  /// Everything up to it is committed.
  Version watermark() const { return in_flight_.empty() || planted(Defect::watermark_too_high) ? last_ : in_flight_.begin()->first - 1; }

  /// Writes that are pending or in flight.
  std::size_t unfinished() const { return pending_.size() + in_flight_.size(); }

  // ---- Results

  void keep(const InvocationId& id, const Outcome& outcome);
  const Outcome* result(const InvocationId& id) const;
  std::vector<std::pair<InvocationId, Outcome>> results() const;
  /// The originator retries nothing below.
  void forget_below(const Address& originator, std::uint64_t done_mark);
  /// What clients that are gone left behind: results of theirs are kept for a while, and no more than so many.
  static constexpr std::size_t kClientResultsMax = 512;
  static constexpr TimeMs kClientResultsMs = 60'000;
  /// A late copy of something that was done long ago.
  bool is_done(const InvocationId& id) const;
  const std::map<Address, std::uint64_t>& done_marks() const { return done_marks_; }
  template <class Alive>
  void forget_originators(Alive alive) {
    const auto gone = [&](const auto& entry) { return !alive(entry.first) && !InvocationId{entry.first, 0}.by_client(); };
    std::erase_if(results_, gone);
    std::erase_if(done_marks_, gone);
  }

  // ---- Moving in

  void begin_fetch() { fetching_ = true; }
  void end_fetch();

  // ---- Removals: remembered while the segment moves in, and while a part of the cluster is missing

  /// As much of them as this, the newest; 0 = none.
  void remember_removals(std::size_t bytes);
  /// A write that is committed.
  void note(const PendingWrite& write);
  void note_removals(const std::vector<Removal>& removals);
  std::size_t remembered_removals() const { return tombstones_.size(); }
  std::vector<Removal> removals() const { return tombstones_.all(); }
  /// Was the key removed by something newer than this?
  bool removed_since(BytesView key, Version version) const { return tombstones_.removed_since(key, version); }
  /// How many there was no room for.
  std::size_t forgotten_removals() const { return forgotten_removals_; }

 private:
  void forget_old_clients();

  std::map<Version, PendingWrite> pending_;
  std::map<Bytes, Version, std::less<>> by_key_;
  std::map<Version, std::uint32_t> in_flight_;  // and the epoch it is sent under
  std::map<Address, std::map<std::uint64_t, Outcome>> results_;
  std::map<Address, std::uint64_t> done_marks_;
  std::deque<std::pair<Version, InvocationId>> client_results_;  // in the order in which they were kept, and the newest version then
  Tombstones tombstones_;
  std::size_t removal_bytes_ = 0, forgotten_removals_ = 0;
  Version last_ = 0;
  bool fetching_ = false;
};

}  // namespace holdfast::engine::clustered
