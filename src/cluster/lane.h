// Lane: the connection that one loop of ours opened to one peer; it carries our requests and their answers. The peer's
// requests come on lanes of its own (inbound.h).
//
// Owner: shared by its Channel and its connection's handler.  Threads: its loop only, but for make().
// Waits: begin_call() while the peer takes nothing.  Fails with: the calls, as node.h says.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "cluster/frame.h"
#include "cluster/messages.h"
#include "cluster/node.h"

namespace holdfast::cluster {

/// What a call waits for. The lane fills it in on its loop.
struct CallState {
  explicit CallState(std::unique_ptr<runtime::Event> e) : event(std::move(e)) {}
  void finish(Result<Bytes> r) {
    result = std::move(r);
    event->set();
  }
  std::unique_ptr<runtime::Event> event;
  Result<Bytes> result = Error(Errc::timeout, "no answer in time");
};

class Lane;

/// What a lane tells its node. All calls come on the lane's loop.
class LaneOwner {
 public:
  virtual ~LaneOwner() = default;
  virtual Hello hello(bool control) = 0;
  /// The peer said who it is. An error closes: refused (it is ourselves, or of another cluster), already_exists.
  virtual Status on_hello(Lane& lane, const Hello& hello) = 0;
  virtual void on_down(Lane& lane) = 0;
};

class Lane : public std::enable_shared_from_this<Lane> {
 public:
  enum class State : std::uint8_t { down, connecting, greeting, up };

  Lane(runtime::Runtime& runtime, std::weak_ptr<LaneOwner> owner, runtime::LoopId loop, std::size_t queue_bytes_max)
      : runtime_(runtime), owner_(std::move(owner)), loop_(loop), queue_bytes_max_(queue_bytes_max), greeted_(runtime.scheduler().make_event()) {}

  runtime::LoopId loop() const { return loop_; }
  bool control() const { return loop_ == runtime::kControlLoop; }
  State state() const { return state_; }
  const NodeInfo& node() const { return node_; }
  /// As whom we greeted the peer: an earlier life of ours, if that ended while the lane was opened.
  const Address& greeted_as() const { return greeted_as_; }

  /// Connects and waits until both have said hello, unless it does so already or stands (a fiber of the loop). What was queued
  /// goes out once it stands. Fails with: refused and timeout, what on_hello() said, protocol_error (no node of ours answers).
  Status open(const runtime::Endpoint& to, Instant deadline);
  void begin_call(std::shared_ptr<CallState> call, std::uint64_t id, Method method, BytesView request);
  void forget_call(std::uint64_t id) { calls_.erase(id); }
  void tell(Method method, BytesView message);
  void send(const Message& message);
  /// Fails the calls under way and closes.
  void close(const Error& why);

 private:
  friend class LaneHandler;
  Bytes& output() { return connection_ && state_ == State::up ? connection_->output() : backlog_; }
  void flush();
  Status take(const Frame& frame);
  Status take_hello(const Frame& frame);
  void on_closed(Errc how);

  runtime::Runtime& runtime_;
  const std::weak_ptr<LaneOwner> owner_;  // it owns us
  const runtime::LoopId loop_;
  const std::size_t queue_bytes_max_;
  const std::unique_ptr<runtime::Event> greeted_;  // the lane stands, or went down
  State state_ = State::down;
  std::optional<Error> why_down_;
  NodeInfo node_;
  Address greeted_as_;
  runtime::ConnectionPtr connection_;
  Bytes backlog_;  // until the lane stands
  std::map<std::uint64_t, std::shared_ptr<CallState>> calls_;
};

}  // namespace holdfast::cluster
