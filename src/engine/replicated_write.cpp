// What a LocalCache does for a clustered cache: the primary's write around a replication, and replicas.
#include "engine/local_cache.h"

namespace holdfast::engine {
namespace {

using Action = ops::Decision::Action;
using container::Change;

std::optional<EventKind> kind_of(Action action, bool had_previous) {
  if (action == Action::put) return had_previous ? EventKind::modified : EventKind::created;
  if (action == Action::remove) return EventKind::removed;
  if (action == Action::expire) return EventKind::expired;
  return std::nullopt;
}

Outcome outcome_of(const Mutation& m, const ops::Decision& decision, const std::optional<Entry>& seen) {
  Outcome o;
  o.kind = decision.kind;
  o.had_previous = seen.has_value();
  o.result = decision.result();
  o.version = decision.action == Action::keep && seen ? seen->metadata.version : 0;
  if (seen && m.returns == ReturnMode::previous) o.previous = *seen;
  return o;
}

}  // namespace

/// A primary's write on its way.
struct LocalCache::Replicated {
  const Mutation& mutation;
  const ops::Decision& decision;
  const WriteFlag flags;
  const TimeMs now;
  const Entry* seen;       // live
  const Entry* over;       // there, but over
  Version version = 0;
};

Result<Outcome> LocalCache::write_replicated(const Invocation& in, const Mutation& m, FunctionRef<std::optional<Outcome>()> known, Replicate replicate, KeyOrder::Guard order) {
  if (!running()) return not_running();
  const KeyHash hash = hash_key(m.key);
  if (!order.held()) {
    HF_ASSIGN(order, order_of(in, hash));
  }
  if (auto outcome = known()) return std::move(*outcome);
  const TimeMs now = now_ms();
  std::optional<Entry> seen, over;
  container_.read(m.key, hash, 0, [&](const EntryView& e) { (is_expired(e.metadata, now) ? over : seen).emplace(e); });
  const std::optional<EntryView> view = seen ? std::optional(seen->view()) : std::nullopt;
  const ops::Decision decision = ops::decide(m, view ? &*view : nullptr, defaults());
  Replicated r{m, decision, in.flags | m.flags, now, seen ? &*seen : nullptr, over ? &*over : nullptr};
  Decided write{m, decision, r.seen, now, outcome_of(m, decision, seen)};
  const bool removes = decision.action == Action::remove || (decision.action == Action::expire && over);
  if (decision.action == Action::put || removes) {
    announce_replicated(r);
    HF_ASSIGN(r.version, replicate(write));
    write.outcome.version = removes ? 0 : r.version;
    apply_replica({m.key, decision.new_value(), {r.version, now, now, decision.expiration}}, removes);
    publish_replicated(r);
  } else if (decision.action == Action::touch) {
    touch_replica(m.key, now);
    if (const auto side = side_.lock(); side && seen->metadata.expiration.max_idle_ms >= 0) side->touch(m.key, now);
  } else if (decision.action == Action::evict) {
    container_.update(m.key, hash, [](const EntryView* found) {
      Change c;
      if (found) c.kind = Change::Kind::remove;
      return c;
    });
  } else if (decision.action == Action::expire) {
    write.outcome.kind = OutcomeKind::unchanged;
  }
  if (m.show_previous && view && !has(r.flags, WriteFlag::ignore_return_values)) (*m.show_previous)(*view);
  return std::move(write.outcome);
}

// ---- Events

bool LocalCache::heard_anywhere(EventKind kind, bool pre) const {
  if ((heard(pre) & bit(kind)) != 0) return true;
  const auto side = side_.lock();
  return side && side->hears(kind, pre);
}

void LocalCache::publish_everywhere(const Event& event) {
  if ((heard(event.pre) & bit(event.kind)) != 0) listeners_.publish(event);
  if (const auto side = side_.lock(); side && side->hears(event.kind, event.pre)) side->tell(event);
}

void LocalCache::hear(const Event& event) {
  const auto order = order_of({}, hash_key(event.key));  // also when it was not to be had in time: told late beats untold
  listeners_.publish(event);
}

namespace {

Event gone_event(EventKind kind, const Entry& entry) {
  Event event;
  event.kind = kind;
  event.key = entry.key;
  event.value = entry.value;
  event.previous = &entry;
  event.metadata = entry.metadata;
  return event;
}

}  // namespace

/// To those who want to hear before the change, which no other node has been told of yet.
void LocalCache::announce_replicated(const Replicated& r) {
  const auto kind = kind_of(r.decision.action, r.seen != nullptr);
  if (!kind || *kind == EventKind::expired || has(r.flags, WriteFlag::skip_listeners) || !heard_anywhere(*kind, true)) return;
  Event event = r.seen ? gone_event(*kind, *r.seen) : Event{};
  event.kind = *kind;
  event.pre = true;
  event.key = r.mutation.key;
  if (r.decision.action == Action::put) {
    event.value = r.decision.new_value();
    event.metadata = {0, r.now, r.now, r.decision.expiration};
  }
  publish_everywhere(event);
}

void LocalCache::publish_replicated(const Replicated& r) {
  if (has(r.flags, WriteFlag::skip_listeners)) return;
  if (r.over && heard_anywhere(EventKind::expired, false)) publish_everywhere(gone_event(EventKind::expired, *r.over));
  const auto kind = kind_of(r.decision.action, r.seen != nullptr);
  if (!kind || *kind == EventKind::expired || !heard_anywhere(*kind, false)) return;
  Event event = r.seen ? gone_event(*kind, *r.seen) : Event{};
  event.kind = *kind;
  event.key = r.mutation.key;
  if (r.decision.action == Action::put) {
    event.value = r.decision.new_value();
    event.metadata = {r.version, r.now, r.now, r.decision.expiration};
  }
  publish_everywhere(event);
}

/// One key of the present state, in its order here.
void LocalCache::offer(Subscription& to, const EntryView& entry) {
  const auto order = order_of({}, hash_key(entry.key));
  to.offer_current_state(entry);
}

// ---- Statistics

void LocalCache::count_read(bool hit, Instant started) {
  if (started == kNever) return;
  counters_.add(hit ? Counter::hits : Counter::misses);
  end(started, Counter::read_ns);
}

void LocalCache::count_write(const Mutation& m, const Outcome& outcome, Instant started) {
  if (started == kNever) return;
  if (m.effect == Effect::put && outcome.done()) {
    counters_.add(Counter::stores);
    end(started, Counter::write_ns);
  } else if (m.effect == Effect::remove && outcome.done()) {
    counters_.add(Counter::remove_hits);
    end(started, Counter::remove_ns);
  } else if (m.effect == Effect::remove) {
    counters_.add(Counter::remove_misses);
  }
}

// ---- Replicas

bool LocalCache::touch_replica(BytesView key, TimeMs used_ms) {
  bool live = false;
  container_.update(key, hash_key(key), [&](const EntryView* found) {
    Change c;
    live = found && !is_expired(found->metadata, now_ms());
    if (found && found->metadata.last_used_ms < used_ms) c.kind = Change::Kind::touch;
    c.now_ms = used_ms;
    return c;
  });
  return live;
}

void LocalCache::apply_replica(const EntryView& entry, bool removes) {
  container_.update(entry.key, hash_key(entry.key), [&](const EntryView* found) {
    Change c;
    if (found && found->metadata.version >= entry.metadata.version) return c;
    c.now_ms = entry.metadata.created_ms;
    c.kind = removes ? found ? Change::Kind::remove : Change::Kind::keep : Change::Kind::put;
    c.value = entry.value;
    c.expiration = entry.metadata.expiration;
    c.version = entry.metadata.version;
    return c;
  });
  if (!removes) note_limit(entry.metadata.expiration, entry.metadata.created_ms);
}

void LocalCache::drop_segment(std::uint32_t segment) {
  std::vector<Bytes> keys;
  container_.for_each_in_segment(segment, [&](const EntryView& e) {
    keys.emplace_back(e.key);
    return true;
  });
  for (const Bytes& key : keys) {
    container_.update(key, hash_key(key), [](const EntryView* found) {
      Change c;
      if (found) c.kind = Change::Kind::remove;
      return c;
    });
  }
}

}  // namespace holdfast::engine
