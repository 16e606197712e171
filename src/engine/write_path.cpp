// The write path of a cache on this node: look up, decide, commit under the shard's lock, publish.
#include "engine/local_cache.h"
#include "ops/decide.h"

namespace holdfast::engine {

using Action = ops::Decision::Action;
using container::Change;

/// One write on its way through the container: what was found, what was decided, what became of it.
struct LocalCache::Commit {
  Commit(LocalCache& to, const Invocation& in, const Mutation& mutation)
      : cache(to), m(mutation), flags(in.flags | mutation.flags), hash(hash_key(mutation.key)), now(to.now_ms()) {}

  /// Runs under the shard's lock. `found` is null when the key is absent.
  Change operator()(const EntryView* found) {
    if (!ordered && cache.order_.needed()) {
      retry = true;  // somebody began to listen since we came in: once more, in the key's order
      return {};
    }
    const bool over = found && is_expired(found->metadata, now);
    const EntryView* live = over ? nullptr : found;
    if (prepared) {
      // Decided beforehand on what was there then; eviction or expiry may have changed it since.
      retry = (live ? live->metadata.version : 0) != seen_version;
      if (retry) return {};
    } else {
      decision = ops::decide(m, live, cache.defaults());
    }
    had_previous = live != nullptr;
    if (live && m.show_previous && !has(flags, WriteFlag::ignore_return_values)) (*m.show_previous)(*live);
    keeps_previous = found && (over ? reports_expiry : wants_previous);
    if (keeps_previous) previous.emplace(*found);
    was_over = over;
    return change(over);
  }

  Change change(bool over) {
    Change c;
    c.now_ms = now;
    switch (decision.action) {
      case Action::put:
        c.kind = Change::Kind::put;
        c.value = decision.new_value();
        c.expiration = decision.expiration;
        break;
      case Action::touch: c.kind = Change::Kind::touch; break;
      case Action::remove:
      case Action::evict: c.kind = Change::Kind::remove; break;
      case Action::keep:
      case Action::expire: c.kind = over ? Change::Kind::remove : Change::Kind::keep; break;
    }
    return c;
  }

  LocalCache& cache;
  const Mutation& m;
  const WriteFlag flags;
  const KeyHash hash;
  TimeMs now;
  bool ordered = false;         // we hold the key's order
  bool prepared = false;        // decided outside of the shard's lock
  Version seen_version = 0;     // what a prepared decision was made on
  bool wants_previous = false;  // the caller or a listener wants to see what was there
  bool reports_expiry = false;  // a listener wants to hear of an entry that is over
  // What came of it.
  ops::Decision decision;
  bool retry = false;
  bool had_previous = false;
  bool was_over = false;        // an entry that was over lay there; it is gone now
  bool keeps_previous = false;
  std::optional<Entry> previous;
  Version version = 0;
  std::vector<Entry> evicted;
};

Result<Outcome> LocalCache::write(const Invocation& in, const Mutation& m) {
  if (!running()) return not_running();
  return m.effect == Effect::apply || listeners_.wants_pre() ? write_prepared(in, m) : write_directly(in, m);
}

/// The common path: one visit to the container, which decides and commits under the shard's lock.
Result<Outcome> LocalCache::write_directly(const Invocation& in, const Mutation& m) {
  const Instant started = begin(in.flags | m.flags, Counter::stores);
  Commit c(*this, in, m);
  KeyOrder::Guard order;
  do {
    if (!order.held() && order_.needed()) {
      HF_ASSIGN(order, order_of(in, c.hash));
      c.now = now_ms();  // it may have taken a while
    }
    c.ordered = order.held();
    commit(c);
  } while (c.retry);
  return finish(in, std::move(c), std::move(order), started);
}

/// For functions, which may take their time, and for listeners that want to hear before the change: decided outside
/// of the shard's lock, in the key's order, so that nobody else writes the key meanwhile.
Result<Outcome> LocalCache::write_prepared(const Invocation& in, const Mutation& m) {
  const Instant started = begin(in.flags | m.flags, Counter::stores);
  const KeyOrder::Need need(order_);
  Commit c(*this, in, m);
  HF_ASSIGN(KeyOrder::Guard order, order_of(in, c.hash));
  c.ordered = c.prepared = true;
  do {
    c.now = now_ms();
    std::optional<Entry> seen;
    container_.read(m.key, c.hash, 0, [&](const EntryView& e) {
      if (!is_expired(e.metadata, c.now)) seen.emplace(e);
    });
    const std::optional<EntryView> view = seen ? std::optional(seen->view()) : std::nullopt;
    c.seen_version = seen ? seen->metadata.version : 0;
    c.decision = ops::decide(m, view ? &*view : nullptr, defaults());
    announce(c, seen ? &*seen : nullptr);
    commit(c);
  } while (c.retry);
  return finish(in, std::move(c), std::move(order), started);
}

Result<KeyOrder::Guard> LocalCache::order_of(const Invocation& in, KeyHash hash) {
  const Instant limit = runtime_.clock().now() + std::chrono::milliseconds(configuration().locking.acquire_timeout_ms);
  auto guard = order_.lock(hash, std::min(in.deadline, limit));
  if (!guard.ok()) return guard.error().in("ISPN000299: cache '" + name_ + "'");
  return guard;
}

void LocalCache::commit(Commit& c) {
  const bool heard = c.ordered && listeners_.hears_anything() && !has(c.flags, WriteFlag::skip_listeners);
  c.wants_previous = heard || (c.m.returns == ReturnMode::previous && !has(c.flags, WriteFlag::ignore_return_values));
  c.reports_expiry = heard && listeners_.hears(EventKind::expired);
  c.retry = false;
  const auto decide = [&c](const EntryView* found) { return c(found); };
  container::UpdateResult result;
  if (listeners_.hears(EventKind::evicted)) {
    result = container_.update(c.m.key, c.hash, decide, [&c](Entry&& evicted) { c.evicted.push_back(std::move(evicted)); });
  } else {
    result = container_.update(c.m.key, c.hash, decide);
  }
  if (result.evicted > 0 && counting(c.flags)) counters_.add(Counter::evictions, result.evicted);
  c.version = result.version;
  if (c.decision.action == Action::put && !c.retry) note_limit(c.decision.expiration, c.now);
}

Result<Outcome> LocalCache::finish(const Invocation& in, Commit&& c, KeyOrder::Guard order, Instant started) {
  if (c.ordered && !has(c.flags, WriteFlag::skip_listeners)) publish(c);
  order.release();
  if (!c.evicted.empty()) publish_evicted(in, std::move(c.evicted));
  if (started != kNever) count(c, started);
  Outcome o;
  o.kind = c.decision.action == Action::expire && !c.was_over ? OutcomeKind::unchanged : c.decision.kind;
  o.had_previous = c.had_previous;
  o.version = c.version;
  if (c.decision.applied) o.result = c.decision.result();
  if (c.had_previous && c.m.returns == ReturnMode::previous) o.previous = std::move(c.previous);
  return o;
}

namespace {

std::optional<EventKind> kind_of(Action action, bool had_previous) {
  switch (action) {
    case Action::put: return had_previous ? EventKind::modified : EventKind::created;
    case Action::remove: return EventKind::removed;
    case Action::evict: return EventKind::evicted;
    case Action::keep:
    case Action::touch:
    case Action::expire: break;
  }
  return std::nullopt;
}

}  // namespace

/// The event of a change as listeners see it: before (`c.version` is not known yet) or after it.
Event LocalCache::event_of(const Commit& c, EventKind kind, const Entry* previous) {
  Event event;
  event.kind = kind;
  event.key = c.m.key;
  event.previous = previous;
  if (c.decision.action == Action::put) {
    event.value = c.decision.new_value();
    event.metadata = {c.version, c.now, c.now, c.decision.expiration};
  } else if (previous) {
    event.value = previous->value;
    event.metadata = previous->metadata;
  }
  return event;
}

void LocalCache::announce(const Commit& c, const Entry* seen) {
  const auto kind = kind_of(c.decision.action, seen != nullptr);
  if (!kind || !listeners_.wants_pre() || has(c.flags, WriteFlag::skip_listeners)) return;
  if (*kind == EventKind::evicted) return;  // is told of only afterwards
  Event event = event_of(c, *kind, seen);
  event.pre = true;
  listeners_.publish(event);
}

void LocalCache::publish(const Commit& c) {
  if (c.was_over && c.previous) publish_gone(EventKind::expired, *c.previous);
  const auto kind = kind_of(c.decision.action, c.had_previous);
  if (!kind || !listeners_.hears(*kind)) return;
  listeners_.publish(event_of(c, *kind, c.had_previous && c.previous ? &*c.previous : nullptr));
}

void LocalCache::publish_gone(EventKind kind, const Entry& entry) {
  if (!listeners_.hears(kind)) return;
  Event event;
  event.kind = kind;
  event.key = entry.key;
  event.value = entry.value;
  event.previous = &entry;
  event.metadata = entry.metadata;
  listeners_.publish(event);
}

/// The victims are other keys than the one written, so each is told of in its own order, after ours was released.
void LocalCache::publish_evicted(const Invocation& in, std::vector<Entry> evicted) {
  for (const Entry& entry : evicted) {
    const auto order = order_of(in, hash_key(entry.key));
    publish_gone(EventKind::evicted, entry);  // also when the order was not to be had in time: told late beats untold
  }
}

void LocalCache::count(const Commit& c, Instant started) {
  const bool asked_to_remove = c.m.effect == Effect::remove;
  if (c.decision.action == Action::put) {
    counters_.add(Counter::stores);
    end(started, Counter::write_ns);
  } else if (c.decision.action == Action::remove) {
    counters_.add(Counter::remove_hits);
    end(started, Counter::remove_ns);
  } else if (asked_to_remove) {
    counters_.add(Counter::remove_misses);
  } else if (c.decision.action == Action::evict) {
    counters_.add(Counter::evictions);
  }
}

}  // namespace holdfast::engine
