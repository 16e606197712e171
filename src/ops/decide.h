// decide(): the meaning of every write, as a pure function of what is there and what is asked. It touches nothing:
// the engine looks the entry up, decides, and commits, all under the segment's lock.
//
// Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include "model/mutation.h"

namespace holdfast::ops {

/// What to do with the entry.
struct Decision {
  enum class Action : std::uint8_t { keep, put, remove, touch, evict, expire } action = Action::keep;
  OutcomeKind kind = OutcomeKind::done;
  /// For put: the value of the mutation, unless an apply function computed one.
  BytesView value;
  Bytes computed;
  bool is_computed = false;
  BytesView new_value() const { return is_computed ? BytesView(computed) : value; }
  Bytes result;  // of an apply function
  Expiration expiration;
};

/// `present` is null when the key is absent or its entry is over. `defaults` are the cache's. An expire takes place
/// only when nothing live is there; whether something that is over lies there is for the caller to see.
Decision decide(const Mutation& mutation, const EntryView* present, const Expiration& defaults);

}  // namespace holdfast::ops
