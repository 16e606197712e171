// Request: one operation as it goes to a server, and the rules that say when it may be sent a second time.
//
// Owner: the Operation under way.  Threads: as values.  Waits: never.  Fails with: nothing.
#pragma once

#include "base/function.h"
#include "client/codec.h"

namespace holdfast::client {

/// Called once, on a loop or on the caller's thread; must not wait.
using Completion = UniqueFunction<void(Result<Response>)>;

struct Request {
  Op op = Op::ping;
  std::uint32_t flags = 0;
  Bytes body{};                // what follows the head
  bool keyed = false;        // has a key, which says who answers best
  std::uint32_t segment_hash = 0;  // of the key: 31 bits
};

/// Which operations are sent again when nobody knows whether the first attempt took effect. What certainly had no effect
/// is always sent again.
enum class Retry : std::uint8_t {
  reads,       // nothing that writes: a write is done once, or its failure says that it may have been
  idempotent,  // also put, remove, put_all and clear where no previous value is asked for
  all,         // everything: conditions and previous values may then be those that the first attempt left
};
bool may_repeat(Retry retry, const Request& request);
/// Changes nothing.
bool is_read(Op op);
/// A write of one key, which servers of ours carry out once however often it is repeated.
bool is_keyed_write(Op op);

/// False: the operation has certainly had no effect, and will have none.
bool took_effect_unknown(Errc code);
inline bool took_effect_unknown(const Error& error) { return took_effect_unknown(error.code()); }

/// What is to be done about a failed attempt.
enum class Verdict : std::uint8_t { give_up, try_elsewhere };
Verdict judge(const Error& error, bool repeatable);

/// What an error response says, as our error.
Error error_of(const Response& response);

}  // namespace holdfast::client
