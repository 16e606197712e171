// decide(): the meaning of every write, as a pure function of what is there and what is asked. It touches nothing:
// the engine looks the entry up, decides, and commits, all under the segment's lock.
//
// Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <memory>

#include "model/mutation.h"

namespace holdfast::ops {

/// What to do with the entry.
struct Decision {
  enum class Action : std::uint8_t { keep, put, remove, touch, evict, expire } action = Action::keep;
  OutcomeKind kind = OutcomeKind::done;
  BytesView value;  // of a put that no function computed
  /// What an apply function made; null without one, so that plain writes carry no strings.
  std::unique_ptr<Applied> applied;
  BytesView new_value() const { return applied ? BytesView(applied->value) : value; }
  Bytes result() const { return applied ? applied->result : Bytes(); }
  Expiration expiration;
};

/// `present` is null when the key is absent or its entry is over. `defaults` are the cache's. An expire takes place
/// only when nothing live is there; whether something that is over lies there is for the caller to see.
Decision decide(const Mutation& mutation, const EntryView* present, const Expiration& defaults);

}  // namespace holdfast::ops
