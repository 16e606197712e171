// EventChannel: the way of events to one connection, from whatever thread a write happened on.
//
// Events gather here and are moved into the connection's output on its loop: at once when the write happened there, so
// that they precede its answer. What waits is bounded: a client that lets more pile up loses its connection, writers never
// wait for it.
//
// Owner: shared by the session and its listeners.  Threads: push() and close() any; the rest the connection's loop.
// Waits: push_and_wait() only.  Fails with: nothing.
#pragma once

#include <memory>

#include "base/mutex.h"
#include "runtime/net.h"
#include "runtime/runtime.h"

namespace holdfast::hotrod {

class EventChannel : public std::enable_shared_from_this<EventChannel> {
 public:
  /// Of one connection: events that wait, here and in its output.
  static constexpr std::size_t kWaitingBytesMax = std::size_t{16} << 20;

  EventChannel(runtime::Runtime& runtime, runtime::Connection& connection)
      : runtime_(runtime), loop_(connection.loop()), connection_(connection.weak_from_this()) {}

  /// `frame` is one whole event message.
  void push(BytesView frame);
  /// For the replay of the current state, in the session's own fiber: waits while the client is slow.
  void push_and_wait(BytesView frame);
  /// Between hold() and release() the session writes a long answer in pieces: no event may come between them.
  void hold() { held_ = true; }
  void release();
  void close();

 private:
  void move_to_output();
  void flush();

  runtime::Runtime& runtime_;
  const runtime::LoopId loop_;
  const std::weak_ptr<runtime::Connection> connection_;
  bool held_ = false;
  SpinLock lock_;
  Bytes waiting_ HF_GUARDED_BY(lock_);
  bool posted_ HF_GUARDED_BY(lock_) = false;
  bool overflowed_ HF_GUARDED_BY(lock_) = false;
  bool closed_ HF_GUARDED_BY(lock_) = false;
};

}  // namespace holdfast::hotrod
