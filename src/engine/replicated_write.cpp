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

Result<Outcome> LocalCache::write_replicated(const Invocation& in, const Mutation& m, FunctionRef<std::optional<Outcome>()> known, Replicate replicate) {
  if (!running()) return not_running();
  const WriteFlag flags = in.flags | m.flags;
  const Instant started = begin(flags, Counter::stores);
  const KeyHash hash = hash_key(m.key);
  HF_ASSIGN(const KeyOrder::Guard order, order_of(in, hash));
  if (auto outcome = known()) return std::move(*outcome);
  const TimeMs now = now_ms();
  std::optional<Entry> seen, over;
  container_.read(m.key, hash, 0, [&](const EntryView& e) { (is_expired(e.metadata, now) ? over : seen).emplace(e); });
  const std::optional<EntryView> view = seen ? std::optional(seen->view()) : std::nullopt;
  const ops::Decision decision = ops::decide(m, view ? &*view : nullptr, defaults());
  Decided write{m, decision, seen ? &*seen : nullptr, now, outcome_of(m, decision, seen)};
  const bool removes = decision.action == Action::remove || (decision.action == Action::expire && over);
  if (decision.action == Action::put || removes) {
    HF_ASSIGN(const Version version, replicate(write));
    EntryView entry{m.key, decision.new_value(), {version, now, now, decision.expiration}};
    write.outcome.version = removes ? 0 : version;
    apply_replica(entry, removes);
    const Entry* previous = seen ? &*seen : over ? &*over : nullptr;
    const auto kind = kind_of(decision.action, seen.has_value());
    if (kind && listeners_.hears(*kind) && !has(flags, WriteFlag::skip_listeners)) publish_replicated(*kind, entry, previous);
  } else if (decision.action == Action::touch || decision.action == Action::evict) {
    container_.update(m.key, hash, [&](const EntryView* found) {
      Change c;
      c.now_ms = now;
      if (found) c.kind = decision.action == Action::touch ? Change::Kind::touch : Change::Kind::remove;
      return c;
    });
  } else if (decision.action == Action::expire) {
    write.outcome.kind = OutcomeKind::unchanged;
  }
  if (m.show_previous && view && !has(flags, WriteFlag::ignore_return_values)) (*m.show_previous)(*view);
  if (started != kNever) count_replicated(m, decision, started);
  return std::move(write.outcome);
}

void LocalCache::publish_replicated(EventKind kind, const EntryView& entry, const Entry* previous) {
  Event event;
  event.kind = kind;
  event.key = entry.key;
  event.previous = previous;
  event.value = kind == EventKind::removed || kind == EventKind::expired ? previous ? BytesView(previous->value) : BytesView() : entry.value;
  event.metadata = kind == EventKind::removed && previous ? previous->metadata : entry.metadata;
  if (listeners_.wants_pre()) {
    event.pre = true;
    listeners_.publish(event);
    event.pre = false;
  }
  listeners_.publish(event);
}

void LocalCache::count_replicated(const Mutation& m, const ops::Decision& decision, Instant started) {
  if (decision.action == Action::put) {
    counters_.add(Counter::stores);
    end(started, Counter::write_ns);
  } else if (decision.action == Action::remove) {
    counters_.add(Counter::remove_hits);
    end(started, Counter::remove_ns);
  } else if (m.effect == Effect::remove) {
    counters_.add(Counter::remove_misses);
  }
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
