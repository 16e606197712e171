// ClusteredCache: one replicated or distributed cache on this node (docs/adr/0005-replication.md).
//
// Owner: ClusterEngine and the CacheManager.  Threads: any; install() on the control loop.
// Waits: operations, for other nodes, until their deadline or the configured remote timeout.
// Fails with: timeout (it may still take effect), what the engine's caches fail with; stale_topology and node_suspected
// only towards other nodes, which try again.
#pragma once

#include <atomic>
#include <memory>
#include <set>

#include "engine/clustered/context.h"
#include "engine/clustered/event_relay.h"
#include "engine/clustered/replica_segment.h"
#include "engine/local_cache.h"

namespace holdfast::engine::clustered {

/// A topology as one node sees it.
struct Installed {
  CacheTopology topology;
  NodeIndex reader_self = kNoNode;  // this node in readers()
  std::uint64_t life = 0;           // counts how often this node began anew
  std::size_t removal_bytes = 0;    // removals that a segment remembers
  std::uint32_t id() const { return topology.id; }
  bool primary(std::uint32_t s) const { return reader_self != kNoNode && topology.readers().primary(s) == reader_self; }
  bool reads(std::uint32_t s) const { return reader_self != kNoNode && topology.readers().owns(reader_self, s); }
  /// Who is primary; an empty name when nobody is.
  Address primary_of(std::uint32_t s) const;
  /// Everybody who must hear of writes, but `self`.
  std::vector<Address> other_owners(std::uint32_t s, const Address& self) const;
  bool owned_by(const Address& node, std::uint32_t s) const;
};
/// The answer of a node that is not, or not yet, or no longer, the one to ask.
inline bool try_again(Errc code) { return code == Errc::stale_topology || code == Errc::node_suspected || code == Errc::closed; }
using InstalledPtr = std::shared_ptr<const Installed>;

class ClusteredCache final : public Cache, public ClusterSide, public std::enable_shared_from_this<ClusteredCache> {
 public:
  ClusteredCache(std::shared_ptr<Context> context, std::shared_ptr<LocalCache> local);
  ~ClusteredCache() override;

  void stop();
  LocalCache& local() { return *local_; }
  /// Waits until this node holds what its first topology gives it.
  Status wait_until_ready(Instant deadline);

  // Cache
  const std::string& name() const override { return local_->name(); }
  const CacheConfiguration& configuration() const override { return local_->configuration(); }
  bool running() const override { return local_->running(); }
  Result<Outcome> write(const Invocation& in, const Mutation& mutation) override;
  Result<bool> read(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit) override;
  Result<bool> contains(const Invocation& in, BytesView key) override;
  Status clear(const Invocation& in) override;
  Result<std::uint64_t> size(const Invocation& in) override;
  Status for_each(const Invocation& in, const IterationOptions& options, FunctionRef<bool(const EntryView&)> visit) override;
  Result<std::vector<Entry>> entries_of_segment(const Invocation& in, std::uint32_t segment) override;
  std::uint32_t segments() const override { return local_->segments(); }
  void process_expiration() override { local_->process_expiration(); }
  ListenerId add_listener(ListenerSpec spec) override;
  bool remove_listener(ListenerId id) override;
  StatisticsSnapshot statistics() const override;
  Result<StatisticsSnapshot> cluster_statistics(const Invocation& in) override;
  void reset_statistics() override { local_->reset_statistics(); }
  Result<std::vector<NodeShare>> distribution(const Invocation& in) override;
  NodeShare share() const override;
  std::vector<KeyOwner> owners_of(BytesView key) const override;
  Status set_attribute(const std::string& path, const std::string& value) override;
  /// As another node says.
  Status take_attribute(const std::string& path, const std::string& value);
  Status take_attributes(BytesView attributes);
  /// What was changed at run time, by path: a node that joins later has its own file's values.
  std::map<std::string, std::string> changed_attributes() const;

  // ClusterSide
  bool hears(EventKind kind, bool pre) const override { return relay_.wanted(kind, pre); }
  void tell(const Event& event) override { relay_.send(event); }
  Verdict judge(const Metadata& over, std::uint32_t segment) override;
  void expire(const std::vector<Bytes>& keys) override;
  void met_expired(BytesView key) override;
  void touch(BytesView key, TimeMs now_ms) override;

  // The cluster. Requests of other nodes run in fibers.
  void install(const CacheTopology& topology);
  InstalledPtr installed() const;
  /// Writes that this node knows of and not the end of; 0 when nobody has written for a moment.
  std::size_t unfinished_writes() const;
  /// Keys that were removed while a part of the cluster is missing.
  std::size_t remembered_removals() const;
  /// What a node was the primary of, and what it removed while others were missing.
  struct Aside {
    std::vector<Entry> entries;
    std::vector<Removal> removals;
    bool empty() const { return entries.empty() && removals.empty(); }
  };
  /// This node begins anew: forgets topology and entries, and hands out what it had.
  Aside reset();
  /// Of what was aside, what is newer here than there takes place there.
  Status put_back(const Aside& aside);
  /// Results of nodes that are gone need not be kept.
  void forget_originators(const View& view);
  Result<Bytes> on_write(const WriteRequest& request);
  Result<Bytes> on_read(const ReadRequest& request);
  Result<Bytes> on_reserve(const ReserveRequest& request);
  Result<Bytes> on_backup(const Address& from, const ReplicaHeader& header, std::vector<PendingWrite> writes);
  void on_watermarks(const Watermarks& marks);
  Result<Bytes> on_collect(const ReplicaHeader& header);
  Result<Bytes> on_fetch(const FetchRequest& request);
  Result<Bytes> on_entries(const ReplicaHeader& header);
  Result<Bytes> on_size();
  Result<Bytes> on_clear(const ClearRequest& request);
  Result<Bytes> on_statistics();
  std::int64_t pending_growth() const;
  Result<Bytes> on_event(const Address& from, const EventMessage& message);
  Result<Bytes> on_share();
  Result<Bytes> on_touch(const TouchRequest& request);
  void on_interest(const Address& from, const Interest& interest) { relay_.on_interest(from, interest); }

 private:
  struct Segment {
    SpinLock lock;
    ReplicaSegment replica;
    bool owner = false;
    bool readable = false;           // its entries are here
    bool open = false;               // as the primary: nothing of a former primary is left to settle
    Version told_watermark = 0;      // that the backups know of
    std::uint64_t arrivals = 0;      // counts how often this node became an owner
  };
  /// An operation of this node that may be retried: one number for every try of it.
  struct Attempt {
    explicit Attempt(Context& c) : context(c), id{c.node.self(), c.invocations.begin()} {}
    ~Attempt() { context.invocations.end(id.counter); }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    Context& context;
    const InvocationId id;
  };

  Result<Outcome> write_as(const Invocation& in, const Mutation& m, const InvocationId* id);
  Result<Outcome> carry_out(const Invocation& in, const Mutation& m, const InvocationId* given);
  Result<bool> look(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit);
  Status put_newer(Mutation& m, Version version);
  // compute.cpp
  Result<std::optional<Entry>> reserve(const Invocation& in, const InvocationId& id, BytesView key);
  void release(const InvocationId& id, BytesView key);
  KeyOrder::Guard take_reservation(const InvocationId& id);
  Result<Outcome> compute(const Invocation& in, const Mutation& m);
  Result<Outcome> write_as_primary(const Invocation& in, const Mutation& m, const InvocationId& id, std::uint64_t done_mark);
  /// A write that the primary has given its place, and the topology under which.
  struct Replication {
    InstalledPtr topo;
    PendingWrite write;
  };
  Result<Replication> begin_replication(LocalCache::Decided& write, std::uint32_t segment, const InvocationId& id);
  bool may_send_later();
  void send_later(std::uint32_t segment, Replication replication, std::uint64_t done_mark);
  Status commit_everywhere(std::uint32_t segment, InstalledPtr topo, const std::vector<PendingWrite>& writes, std::uint64_t done_mark);
  void leave_to_next_primary(Segment& s, const std::vector<PendingWrite>& writes);
  Status send_to_backups(const Installed& topo, std::uint32_t segment, const std::vector<PendingWrite>& writes, std::uint64_t done_mark);
  bool still_primary(std::uint32_t segment) const;
  void end_write(std::uint32_t segment, Version version);
  void mark_dirty(std::uint32_t segment);
  void flush_watermarks();
  Result<Outcome> forward_write(const Installed& topo, const Address& to, const Mutation& m, const InvocationId& id, std::uint64_t done_mark, Instant deadline);
  Result<bool> read_here(const Installed& topo, std::uint32_t segment, BytesView key, bool as_primary, FunctionRef<void(const EntryView&)> visit);
  Result<bool> read_pending(const PendingWrite& write, FunctionRef<void(const EntryView&)> visit) const;
  Result<bool> forward_read(const Installed& topo, BytesView key, Instant deadline, FunctionRef<void(const EntryView&)> visit);
  Result<Bytes> ask_owners(const Installed& topo, BytesView key, Instant deadline);
  Instant deadline_of(const Invocation& in) const;
  /// Waits for a topology after `id`, for a short while at most; false when the deadline has passed.
  bool wait_for_news(std::uint32_t id, Instant deadline);
  bool wait_installed(std::uint32_t id, Instant deadline);
  Error timed_out(const char* what) const;

  // bulk.cpp
  /// How far a clear of a segment has come: keys up to `up_to`, the first of them removed with the version `first`.
  struct ClearProgress {
    Version first = 0;
    Bytes up_to;
  };
  Status clear_batch(const ClearRequest& request, ClearProgress& done, const std::vector<Bytes>& keys);
  void announce_removes(const std::vector<Entry>& gone, bool pre);
  // cluster_side.cpp
  std::vector<Address> other_members() const;
  void tell_interests();
  bool primary_decides(BytesView key);
  bool touch_others(const Installed& topo, BytesView key, TimeMs used_ms);
  // recovery.cpp
  struct Retold;
  std::vector<Retold> prepare_to_retell(const std::map<Version, PendingWrite>& found);
  void retell(std::uint32_t segment, std::vector<Retold> writes);

  // replica.cpp
  void apply(Segment& s, const std::vector<PendingWrite>& committed);
  static void give_up(Segment& s);
  std::vector<std::uint32_t> close_what_may_have_lapsed(const Installed& before, const CacheTopology& now);
  std::size_t removal_bytes(const CacheTopology& topology) HF_REQUIRES(lock_);
  std::size_t merge_goes_on();
  void await_merged();
  void end_merge();
  void take_role(std::uint32_t segment, const Installed& now, const Installed* before, std::vector<std::uint32_t>& drop);
  void work_on_topology();
  bool recover_segment(std::uint32_t segment);
  bool settle(std::uint32_t segment, const Installed& topo, const std::map<Version, PendingWrite>& found, Version last);
  bool collect(const Installed& topo, std::uint32_t segment, std::map<Version, PendingWrite>& found, Version& last);
  bool wait_drained(Segment& s, std::uint32_t epoch);
  void confirm_if_done();

  // state_transfer.cpp
  bool fetch_segment(std::uint32_t segment);
  bool take_chunk(std::uint32_t segment, std::uint64_t arrival, const FetchChunk& chunk);
  void count_transfer(std::uint32_t rebalance) HF_REQUIRES(lock_);
  void count_received(const FetchChunk& chunk);
  void log_transfer();
  TransferProgress transfer() const;

  const std::shared_ptr<Context> context_;
  const std::shared_ptr<LocalCache> local_;
  EventRelay relay_;
  std::vector<std::unique_ptr<Segment>> segments_;
  mutable SpinLock lock_;
  InstalledPtr installed_ HF_GUARDED_BY(lock_);
  std::uint64_t life_ HF_GUARDED_BY(lock_) = 0;
  std::set<std::uint32_t> to_fetch_ HF_GUARDED_BY(lock_);
  std::set<std::uint32_t> to_recover_ HF_GUARDED_BY(lock_);
  std::uint32_t workers_ HF_GUARDED_BY(lock_) = 0;
  std::uint32_t confirmed_ HF_GUARDED_BY(lock_) = 0;
  struct Reservation {
    KeyOrder::Guard order;
    std::unique_ptr<runtime::Timer> ends;
  };
  std::map<InvocationId, Reservation> reservations_ HF_GUARDED_BY(lock_);
  std::atomic<std::size_t> reserved_{0};  // how many, for those who have none
  std::map<std::string, std::string> changed_attributes_ HF_GUARDED_BY(lock_);
  // While others are missing, and for a while after they came back.
  bool remembers_removals_ HF_GUARDED_BY(lock_) = false;
  Instant merged_at_ HF_GUARDED_BY(lock_) = kNever;  // if nothing is put back until then
  std::unique_ptr<runtime::Timer> merged_timer_;     // control loop
  std::set<std::uint32_t> dirty_ HF_GUARDED_BY(lock_);
  bool flushing_ HF_GUARDED_BY(lock_) = false;
  std::map<std::uint64_t, std::vector<Entry>> fetches_ HF_GUARDED_BY(lock_);
  std::uint64_t next_fetch_ HF_GUARDED_BY(lock_) = 1;
  struct Transfer {
    std::uint32_t rebalance = 0;
    Instant began = {}, logged = {};
    bool logged_all = false;
    TransferProgress progress;    // `missing` is counted when it is asked for
  };
  Transfer transfer_ HF_GUARDED_BY(lock_);
  std::unique_ptr<runtime::Event> ready_;
  std::set<Bytes> expiring_ HF_GUARDED_BY(lock_);  // keys that accesses met and that are being expired
  std::atomic<std::uint32_t> sent_later_{0};       // writes of an asynchronous cache that not all owners have yet
  std::atomic<bool> telling_{false};
  std::atomic<bool> missed_{false};  // events of others, while cut off
  std::atomic<bool> stopped_{false};
};

}  // namespace holdfast::engine::clustered
