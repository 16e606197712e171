#include "endpoint/hotrod/event_channel.h"

namespace holdfast::hotrod {
namespace {

constexpr std::size_t kReplayBytesMax = std::size_t{1} << 20;  // of output before the replay waits
constexpr Duration kReplayPatience = std::chrono::seconds(30);

}  // namespace

void EventChannel::push(BytesView frame) {
  bool first = false;
  {
    Locked locked(lock_);
    if (closed_ || overflowed_) return;
    overflowed_ = waiting_.size() + frame.size() > kWaitingBytesMax;
    if (!overflowed_) waiting_.append(frame);
    first = !posted_;
    posted_ = true;
  }
  // Before the answer to the write that caused it: clients that hear of a change ask for the entry as it is then.
  if (runtime_.scheduler().current_loop() == loop_) move_to_output();
  if (first) runtime_.scheduler().post(loop_, [self = shared_from_this()] { self->flush(); });
}

void EventChannel::push_and_wait(BytesView frame) {
  const auto connection = connection_.lock();
  if (!connection || !connection->is_open()) return;
  connection->output().append(frame);
  if (connection->pending_output() <= kReplayBytesMax) return;
  if (!connection->wait_for_output_below(kReplayBytesMax / 2, runtime_.clock().now() + kReplayPatience)) connection->abort();
}

void EventChannel::move_to_output() {
  if (held_) return;  // release() comes here again
  Bytes waiting;
  bool overflowed = false;
  {
    Locked locked(lock_);
    waiting.swap(waiting_);
    overflowed = overflowed_;
  }
  const auto connection = connection_.lock();
  if (!connection || !connection->is_open()) return;
  if (overflowed || connection->pending_output() + waiting.size() > kWaitingBytesMax) {
    runtime_.log().warn("hotrod", "closing the connection of " + connection->peer().host + ": it does not read its events, more than " +
                                      std::to_string(kWaitingBytesMax) + " bytes wait for it");
    close();
    connection->abort();
    return;
  }
  connection->output().append(waiting);
}

void EventChannel::flush() {
  {
    Locked locked(lock_);
    posted_ = false;
  }
  move_to_output();
  const auto connection = connection_.lock();
  if (!held_ && connection && connection->is_open()) connection->flush();
}

void EventChannel::release() {
  held_ = false;
  flush();
}

void EventChannel::close() {
  Locked locked(lock_);
  closed_ = true;
  waiting_.clear();
}

}  // namespace holdfast::hotrod
