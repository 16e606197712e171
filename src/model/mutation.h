// Mutation: one write to one key, as data. Mutation = Precondition + Effect + Return; Outcome: what became of it.
// PUT_IF_ABSENT, SET NX and memcached's add are one row here. decide() in ops/ gives the meaning.
//
// Owner: a Mutation borrows its bytes from the caller for the length of the call; an Outcome owns.  Threads: as values.
#pragma once

#include <holdfast/detail/mutation.h>

#include <optional>

#include "base/function.h"
#include "model/entry.h"

namespace holdfast {

struct Outcome {
  OutcomeKind kind = OutcomeKind::done;
  bool had_previous = false;  // a live entry was there before
  Version version = 0;        // of the entry as it is now; 0 = absent
  /// With ReturnMode::previous: what was there (also when not done).
  std::optional<Entry> previous;
  Bytes result;  // of an apply function
  bool done() const { return kind == OutcomeKind::done; }
};

}  // namespace holdfast
