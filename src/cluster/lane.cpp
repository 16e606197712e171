#include "cluster/lane.h"

namespace holdfast::cluster {
namespace {

constexpr Duration kRoomWait = std::chrono::seconds(10);  // a peer that takes nothing for so long fails the call

template <class Append>
void frame_into(Bytes& out, FrameKind kind, Append append) {
  const std::size_t begin = begin_frame(out, kind);
  append(out);
  end_frame(out, begin);
}

}  // namespace

/// The connection's end of a lane.
class LaneHandler final : public runtime::Handler {
 public:
  explicit LaneHandler(std::shared_ptr<Lane> lane) : lane_(std::move(lane)) {}

  std::size_t on_data(runtime::Connection& connection, BytesView input) override {
    std::size_t consumed = 0;
    for (;;) {
      const auto frame = next_frame(input.substr(consumed), consumed);
      if (frame.ok() && !*frame) return consumed;
      const Status taken = frame.ok() ? lane_->take(**frame) : Status(Error(Errc::protocol_error, frame.error().message()));
      if (taken.ok()) continue;
      lane_->close(taken.error());
      connection.abort();
      return consumed;
    }
  }
  void on_close(runtime::Connection&, Errc how) override { lane_->on_closed(how); }

 private:
  const std::shared_ptr<Lane> lane_;
};

Status Lane::open(const runtime::Endpoint& to, Instant deadline) {
  if (state_ != State::down) return success();
  state_ = State::connecting;
  greeted_->reset();
  why_down_.reset();
  auto connection = runtime_.net().connect(loop_, to, std::make_unique<LaneHandler>(shared_from_this()), deadline);
  if (!connection.ok()) {
    close(connection.error());
    return connection.error();
  }
  const auto owner = owner_.lock();
  if (state_ != State::connecting || owner == nullptr) {  // closed meanwhile
    (*connection)->abort();
    return Error(Errc::cancelled, "given up");
  }
  connection_ = *connection;
  if (!connection_->is_open()) {
    close(Error(Errc::closed, "the peer closed at once"));
    return Error(Errc::closed, "the peer closed at once");
  }
  state_ = State::greeting;
  const Hello hello = owner->hello(control());
  greeted_as_ = hello.node.address;
  frame_into(connection_->output(), FrameKind::hello, [&](Bytes& out) { append_hello(out, hello); });
  connection_->flush();
  if (!greeted_->wait(deadline)) close(Error(Errc::timeout, "what listens there says nothing"));
  return state_ == State::up ? success() : Status(why_down_.value_or(Error(Errc::closed, "the peer closed at once")));
}

Status Lane::take_hello(const Frame& frame) {
  HF_ASSIGN(const Hello hello, read_hello(frame.payload));
  node_ = hello.node;
  const auto owner = owner_.lock();
  if (owner == nullptr) return Error(Errc::stopped, "this node has stopped");
  HF_TRY(owner->on_hello(*this, hello));
  state_ = State::up;
  connection_->output().append(backlog_);
  Bytes().swap(backlog_);
  flush();
  greeted_->set();
  return success();
}

Status Lane::take(const Frame& frame) {
  if (frame.kind == FrameKind::hello && (state_ == State::greeting || state_ == State::connecting)) return take_hello(frame);
  if (frame.kind != FrameKind::answer || state_ != State::up) return Error(Errc::protocol_error, "an answer to nothing");
  Reader in(frame.payload);
  const std::uint64_t id = in.u64();
  const auto code = static_cast<Errc>(in.u8());
  if (!in.ok() || code > Errc::internal) return Error(Errc::protocol_error, "a malformed answer");
  const BytesView body = in.bytes(in.remaining());
  const auto at = calls_.find(id);
  if (at == calls_.end()) return success();  // nobody waits any more
  const auto call = std::move(at->second);
  calls_.erase(at);
  call->finish(code == Errc::ok ? Result<Bytes>(Bytes(body)) : Result<Bytes>(Error(code, Bytes(body))));
  return success();
}

void Lane::begin_call(std::shared_ptr<CallState> call, std::uint64_t id, Method method, BytesView request) {
  if (output().size() > queue_bytes_max_) {
    const bool room = connection_ && runtime_.scheduler().in_fiber() &&
                      connection_->wait_for_output_below(queue_bytes_max_, runtime_.clock().now() + kRoomWait);
    if (!room) return call->finish(Error(Errc::exhausted, node_.address.name + " takes no more: " + std::to_string(output().size()) + " bytes wait for it"));
  }
  calls_.emplace(id, std::move(call));
  frame_into(output(), FrameKind::request, [&](Bytes& out) {
    append_u64(out, id);
    append_u8(out, method);
    out.append(request);
  });
  flush();
}

void Lane::tell(Method method, BytesView message) {
  if (output().size() > queue_bytes_max_) return;
  frame_into(output(), FrameKind::tell, [&](Bytes& out) {
    append_u8(out, method);
    out.append(message);
  });
  flush();
}

void Lane::send(const Message& message) {
  if (state_ != State::up) return;  // membership says everything again
  frame_into(output(), FrameKind::membership, [&](Bytes& out) { append_message(out, message); });
  flush();
}

void Lane::flush() {
  if (connection_ && state_ == State::up) connection_->flush();
}

void Lane::on_closed(Errc) {
  if (state_ == State::down) return;
  close(Error(Errc::node_suspected, "the connection to " + node_.address.name + " broke"));
}

void Lane::close(const Error& why) {
  const bool was_up = state_ == State::up;
  if (state_ != State::down) why_down_ = why;
  state_ = State::down;
  greeted_->set();
  Bytes().swap(backlog_);
  if (const auto connection = std::exchange(connection_, nullptr)) connection->abort();
  for (const auto& [id, call] : std::exchange(calls_, {})) call->finish(Error(Errc::node_suspected, why.message()));
  if (const auto owner = was_up ? owner_.lock() : nullptr) owner->on_down(*this);
}

}  // namespace holdfast::cluster
