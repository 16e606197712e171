#include "ops/decide.h"

#include <optional>

#include "base/assert.h"

namespace holdfast::ops {
namespace {

using Action = Decision::Action;

/// What keeps the mutation from taking place, if anything does.
std::optional<OutcomeKind> refusal(const Mutation& m, const EntryView* present) {
  if (m.precondition == Precondition::always) return std::nullopt;
  if (m.precondition == Precondition::if_absent) {
    return present ? std::optional(OutcomeKind::present) : std::nullopt;
  }
  if (m.precondition == Precondition::if_newer) {
    return present && present->metadata.version >= m.expected_version ? std::optional(OutcomeKind::mismatch) : std::nullopt;
  }
  if (!present) return OutcomeKind::absent;
  const bool agrees = m.precondition == Precondition::if_version ? present->metadata.version == m.expected_version
                      : m.precondition == Precondition::if_value ? present->value == m.expected_value
                                                                 : true;
  return agrees ? std::nullopt : std::optional(OutcomeKind::mismatch);
}

Decision keep(OutcomeKind kind) {
  Decision d;
  d.kind = kind;
  return d;
}

Decision act(Action action) {
  Decision d;
  d.action = action;
  return d;
}

Expiration resolve(const Mutation& m, const Expiration& defaults) {
  return {m.lifespan_ms.value_or(defaults.lifespan_ms), m.max_idle_ms.value_or(defaults.max_idle_ms)};
}

Decision decide_put(const Mutation& m, const Expiration& defaults) {
  Decision d = act(Action::put);
  d.value = m.value;
  d.expiration = resolve(m, defaults);
  return d;
}

Decision decide_apply(const Mutation& m, const EntryView* present, const Expiration& defaults) {
  Applied applied = (*m.function)(present);
  Decision d;
  switch (applied.kind) {
    case Applied::Kind::keep: d = keep(OutcomeKind::unchanged); break;
    case Applied::Kind::remove: d = present ? act(Action::remove) : keep(OutcomeKind::unchanged); break;
    case Applied::Kind::put:
      d = act(Action::put);
      d.expiration = applied.expiration.value_or(resolve(m, defaults));
      break;
  }
  d.applied = std::make_unique<Applied>(std::move(applied));
  return d;
}

}  // namespace

Decision decide(const Mutation& m, const EntryView* present, const Expiration& defaults) {
  if (const auto kind = refusal(m, present)) return keep(*kind);
  switch (m.effect) {
    case Effect::put: return decide_put(m, defaults);
    case Effect::remove: return present ? act(Action::remove) : keep(OutcomeKind::unchanged);
    case Effect::touch: return present ? act(Action::touch) : keep(OutcomeKind::unchanged);
    case Effect::evict: return present ? act(Action::evict) : keep(OutcomeKind::unchanged);
    case Effect::apply: return decide_apply(m, present, defaults);
    case Effect::expire: return present ? keep(OutcomeKind::unchanged) : act(Action::expire);
  }
  HF_ASSERT(false);
}

}  // namespace holdfast::ops
