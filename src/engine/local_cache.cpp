#include "engine/local_cache.h"

namespace holdfast::engine {
namespace {

container::ContainerOptions container_options(const CacheConfiguration& c) {
  container::ContainerOptions options;
  options.segments = static_cast<std::uint32_t>(c.segments);
  if (c.memory.effective_when_full() == WhenFull::remove) {
    options.max_count = c.memory.max_count;
    options.max_size_bytes = c.memory.max_size_bytes;
  }
  options.policy = c.memory.storage == Storage::off_heap ? container::EvictionPolicyKind::lru
                                                         : container::EvictionPolicyKind::tiny_lfu;
  return options;
}

constexpr std::size_t kExpiredPerBatch = 1024;
constexpr TimeMs kAskAgainMs = 1000;  // of an entry that is over and that another node, or a write, has to remove

}  // namespace

LocalCache::LocalCache(runtime::Runtime& runtime, std::string name, const CacheConfiguration& configuration, bool container_statistics)
    : runtime_(runtime),
      clock_(runtime.clock()),
      name_(std::move(name)),
      segments_(static_cast<std::uint32_t>(configuration.segments)),
      container_(container_options(configuration)),
      order_(runtime.scheduler()),
      listeners_(runtime, order_) {
  counting_ = configuration.statistics_available && configuration.statistics.value_or(container_statistics);
  install(configuration);
}

LocalCache::~LocalCache() {
  if (reaper_) reaper_->stop();
}

void LocalCache::start() {
  started_ms_ = now_ms();
  reset_ms_ = started_ms_.load();
  reaper_ = std::make_shared<Reaper>(runtime_, weak_from_this());
  running_ = true;
}

void LocalCache::stop() {
  running_ = false;
  if (reaper_) reaper_->stop();
  listeners_.close();
}

void LocalCache::install(CacheConfiguration configuration) {
  default_lifespan_ms_ = configuration.expiration.lifespan_ms;
  default_max_idle_ms_ = configuration.expiration.max_idle_ms;
  Locked locked(configurations_lock_);
  configurations_.push_back(std::make_unique<const CacheConfiguration>(std::move(configuration)));
  configuration_.store(configurations_.back().get(), std::memory_order_release);
}

Error LocalCache::not_running() const {
  return Error(Errc::stopped, "ISPN000323: cache '" + name_ + "' is stopped and accepts no operations");
}

void LocalCache::note_limit(const Expiration& expiration, TimeMs now) {
  if (expiration.immortal()) return;
  if (!mortal()) mortal_ = true;
  if (reaper_interval_ms() <= 0) return;
  const TimeMs life = expiration.lifespan_ms < 0 ? expiration.max_idle_ms : expiration.lifespan_ms;
  const TimeMs soonest = expiration.max_idle_ms < 0 ? life : std::min(life, expiration.max_idle_ms);
  reaper_->wake_by(now + std::min(soonest, reaper_interval_ms()));
}

Result<bool> LocalCache::read(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit) {
  if (!running()) return not_running();
  const bool counted = counting(in.flags);
  if (counted || listeners_.hears(EventKind::visited)) return read_observed(in, key, visit, counted);
  return look_up(in, key, visit);
}

/// Shows the live entry; one that is over is removed.
bool LocalCache::look_up(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit) {
  const KeyHash hash = hash_key(key);
  if (!mortal()) return container_.read(key, hash, 0, visit);
  const TimeMs now = now_ms();
  bool over = false;
  const bool found = container_.read(key, hash, now, [&](const EntryView& entry) {
    over = is_expired(entry.metadata, now);
    if (!over) visit(entry);
  });
  if (over) [[unlikely]] {
    expire_key(in, key);
    return false;
  }
  return found;
}

/// Somebody counts reads or hears of them.
bool LocalCache::read_observed(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit, bool counted) {
  const Instant started = counted ? begin(in.flags, Counter::hits) : kNever;
  const bool heard = listeners_.hears(EventKind::visited) && !has(in.flags, WriteFlag::skip_listeners);
  std::optional<Entry> shown;
  const bool hit = look_up(in, key, [&](const EntryView& entry) {
    if (heard) shown.emplace(entry);
    visit(entry);
  });
  if (counted) {
    counters_.add(hit ? Counter::hits : Counter::misses);
    end(started, Counter::read_ns);
  }
  if (shown) report_visit(*shown);
  return hit;
}

Result<bool> LocalCache::contains(const Invocation& in, BytesView key) {
  if (!running()) return not_running();
  return look_up(in, key, [](const EntryView&) {});
}

void LocalCache::report_visit(const Entry& entry) {
  Event event;
  event.kind = EventKind::visited;
  event.key = entry.key;
  event.value = entry.value;
  event.metadata = entry.metadata;
  event.pre = true;
  listeners_.publish(event);
  event.pre = false;
  listeners_.publish(event);
}

/// An access met an entry that is over. A failure here changes no answer: the reaper, or the next access, tries again.
void LocalCache::expire_key(const Invocation& in, BytesView key) {
  if (const auto side = side_.lock()) return side->met_expired(key);
  Mutation m;
  m.key = key;
  m.effect = Effect::expire;
  m.flags = WriteFlag::skip_statistics;
  static_cast<void>(write({in.deadline, WriteFlag::none}, m));
}

Status LocalCache::clear(const Invocation& in) {
  if (!running()) return not_running();
  if (!order_.needed()) {
    container_.clear();
    return success();
  }
  // Listeners hear of every entry, each in its key's order.
  const WriteFlag flags = in.flags | WriteFlag::skip_statistics;
  for (std::uint32_t segment = 0; segment < segments_; ++segment) {
    HF_ASSIGN(const std::vector<Entry> entries, entries_of_segment(in, segment));
    for (const Entry& entry : entries) {
      Mutation m;
      m.key = entry.key;
      m.effect = Effect::remove;
      if (auto done = write({in.deadline, flags}, m); !done.ok()) return done.error();
    }
  }
  return success();
}

Result<std::uint64_t> LocalCache::size(const Invocation&) {
  if (!running()) return not_running();
  if (!mortal()) return container_.size();
  const TimeMs now = now_ms();
  const auto due = container_.next_due_ms();
  if (!due || *due > now) return container_.size();
  std::uint64_t live = 0;
  for (std::uint32_t segment = 0; segment < segments_; ++segment) {
    container_.for_each_in_segment(segment, [&](const EntryView& entry) {
      live += is_expired(entry.metadata, now) ? 0 : 1;
      return true;
    });
  }
  return live;
}

Status LocalCache::for_each(const Invocation&, const IterationOptions& options, FunctionRef<bool(const EntryView&)> visit) {
  if (!running()) return not_running();
  for (std::uint32_t segment = 0; segment < segments_; ++segment) {
    if (options.segments && (segment >= options.segments->size() || !(*options.segments)[segment])) continue;
    const bool on = container_.for_each_in_segment(segment, [&](const EntryView& entry) {
      return is_expired(entry.metadata, now_ms()) || visit(entry);
    });
    if (!on) break;
  }
  return success();
}

Result<std::vector<Entry>> LocalCache::entries_of_segment(const Invocation&, std::uint32_t segment) {
  if (!running()) return not_running();
  if (segment >= segments_) {
    return Error(Errc::invalid_argument, "cache '" + name_ + "' has " + std::to_string(segments_) + " segments, there is no segment " + std::to_string(segment));
  }
  const TimeMs now = now_ms();
  std::vector<Entry> entries;
  container_.for_each_in_segment(segment, [&](const EntryView& entry) {
    if (!is_expired(entry.metadata, now)) entries.emplace_back(entry);
    return true;
  });
  return entries;
}

void LocalCache::process_expiration() {
  if (!running()) return;
  while (reap(kExpiredPerBatch)) {
  }
}

bool LocalCache::reap(std::size_t limit) {
  if (const auto side = side_.lock()) return reap_with_cluster(*side, limit);
  if (!listens_to_expiration()) return container_.expire(now_ms(), limit) == limit && running();
  std::vector<Entry> heard;
  const std::size_t count = container_.expire(now_ms(), limit, [&](Entry&& entry) { heard.push_back(std::move(entry)); });
  for (const Entry& entry : heard) {
    const auto order = order_of({}, hash_key(entry.key));
    publish_gone(EventKind::expired, entry);
  }
  return running() && count == limit;
}

bool LocalCache::reap_with_cluster(ClusterSide& side, std::size_t limit) {
  const TimeMs now = now_ms();
  std::vector<Bytes> keys;
  const std::size_t forgotten = container_.expire_judged(now, limit, [&](const EntryView& over) -> TimeMs {
    const auto verdict = keys.size() < limit ? side.judge(over.metadata, segment_of(hash_key(over.key), segments_)) : ClusterSide::Verdict::later;
    if (verdict == ClusterSide::Verdict::forget) return 0;
    if (verdict == ClusterSide::Verdict::decide) keys.emplace_back(over.key);
    return now + kAskAgainMs;
  });
  side.expire(keys);
  return running() && (forgotten == limit || keys.size() == limit);
}

// ---- Listeners

ListenerId LocalCache::add_listener(ListenerSpec spec) {
  const auto subscription = listeners_.add(std::move(spec));
  if (subscription->spec().include_current_state) replay(*subscription);
  return subscription->id();
}

/// Offers what is there, each key in its order, so that no newer event of the key can overtake.
void LocalCache::replay(Subscription& to) {
  for (std::uint32_t segment = 0; segment < segments_ && running(); ++segment) {
    auto entries = entries_of_segment({}, segment);
    if (!entries.ok()) break;
    for (const Entry& listed : *entries) {
      const KeyHash hash = hash_key(listed.key);
      const auto order = order_of({}, hash);
      std::optional<Entry> now_there;
      container_.read(listed.key, hash, 0, [&](const EntryView& e) {
        if (!is_expired(e.metadata, now_ms())) now_there.emplace(e);
      });
      if (now_there) to.offer_current_state(now_there->view());
    }
  }
  to.end_replay();
}

bool LocalCache::remove_listener(ListenerId id) { return listeners_.remove(id); }

// ---- Statistics

StatisticsSnapshot LocalCache::statistics() const {
  if (!counting_.load(std::memory_order_relaxed)) {
    StatisticsSnapshot off;
    off.entries = off.approximate_entries = static_cast<std::int64_t>(container_.size());
    off.memory_bytes = static_cast<std::int64_t>(container_.memory_bytes());
    return off;
  }
  StatisticsSnapshot s = counters_.snapshot();
  const TimeMs now = runtime_.clock().now_ms();
  s.time_since_start_s = (now - started_ms_) / 1000;
  s.time_since_reset_s = (now - reset_ms_) / 1000;
  s.entries = s.approximate_entries = static_cast<std::int64_t>(container_.size());
  s.memory_bytes = static_cast<std::int64_t>(container_.memory_bytes());
  return s;
}

NodeShare Cache::share() const {
  const StatisticsSnapshot now = statistics();
  NodeShare share;
  share.entries = static_cast<std::uint64_t>(std::max<std::int64_t>(now.approximate_entries, 0));
  share.memory_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(now.memory_bytes, 0));
  return share;
}

void LocalCache::reset_statistics() {
  counters_.reset();
  reset_ms_ = now_ms();
}

}  // namespace holdfast::engine
