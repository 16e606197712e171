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
  /// For put: the value to store lies here, or in `computed` when an apply function made it.
  BytesView value;
  Bytes computed;
  Bytes result;
  Expiration expiration;
};

/// `present` is null when the key is absent or its entry is over. `defaults` are the cache's.
Decision decide(const Mutation& mutation, const EntryView* present, const Expiration& defaults);

}  // namespace holdfast::ops
