#include "cluster/inbound.h"

namespace holdfast::cluster {
namespace {

void answer(runtime::Connection& connection, std::uint64_t id, const Result<Bytes>& result) {
  Bytes& out = connection.output();
  const std::size_t begin = begin_frame(out, FrameKind::answer);
  append_u64(out, id);
  append_u8(out, static_cast<std::uint8_t>(result.code()));
  out.append(result.ok() ? BytesView(*result) : BytesView(result.error().message()));
  end_frame(out, begin);
  connection.flush();
}

class InboundHandler final : public runtime::Handler {
 public:
  explicit InboundHandler(std::shared_ptr<InboundOwner> owner) : owner_(std::move(owner)) {}

  std::size_t on_data(runtime::Connection& connection, BytesView input) override {
    std::size_t consumed = 0;
    for (;;) {
      const BytesView rest = input.substr(consumed);
      if (from_.address.name.empty() && !may_be_hello(rest)) return turn_away(connection, "what it sends is not what a node begins with", consumed);
      const auto frame = next_frame(rest, consumed);
      if (frame.ok() && !*frame) return consumed;
      const Status done = frame.ok() ? take(connection, **frame) : Status(frame.error());
      if (!done.ok()) return turn_away(connection, done.error().message(), consumed);
    }
  }

 private:
  std::size_t turn_away(runtime::Connection& connection, const std::string& why, std::size_t consumed) {
    owner_->on_stranger(connection.peer().host, why);
    connection.abort();
    return consumed;
  }

  Status take(runtime::Connection& connection, const Frame& frame) {
    if (from_.address.name.empty() != (frame.kind == FrameKind::hello)) return Error(Errc::protocol_error, "it does not begin as a node does");
    switch (frame.kind) {
      case FrameKind::hello: return greet(connection, frame.payload);
      case FrameKind::membership: return membership(frame.payload);
      case FrameKind::request: return request(connection, frame.payload, true);
      case FrameKind::tell: return request(connection, frame.payload, false);
      case FrameKind::answer: break;
    }
    return Error(Errc::protocol_error, "an answer to nothing");
  }

  Status greet(runtime::Connection& connection, BytesView payload) {
    HF_ASSIGN(const Hello hello, read_hello(payload));
    if (hello.node.address.name.empty()) return Error(Errc::protocol_error, "a node without a name");
    Bytes& out = connection.output();
    const std::size_t begin = begin_frame(out, FrameKind::hello);
    const Hello ours = owner_->hello(hello.control);
    append_hello(out, ours);
    end_frame(out, begin);
    connection.flush();
    if (!owner_->admit(hello, ours.node.address, connection.shared_from_this())) {
      connection.close_after_flush();  // our hello tells it why
      return success();
    }
    from_ = hello.node;
    return success();
  }

  Status membership(BytesView payload) {
    Reader in(payload);
    auto message = read_message(in);
    if (!message || !in.at_end()) return Error(Errc::protocol_error, "a malformed message of " + from_.address.name);
    owner_->on_membership(from_, std::move(*message));
    return success();
  }

  Status request(runtime::Connection& connection, BytesView payload, bool answered) {
    Reader in(payload);
    const std::uint64_t id = answered ? in.u64() : 0;
    const Method method = in.u8();
    if (!in.ok()) return Error(Errc::protocol_error, "a malformed request of " + from_.address.name);
    const BytesView body = in.bytes(in.remaining());
    owner_->runtime().scheduler().spawn(connection.loop(), [owner = owner_, from = from_.address, to = connection.shared_from_this(), id, method, answered, body = Bytes(body)] {
      const Result<Bytes> result = owner->on_request(from, method, body);
      if (answered && to->is_open()) answer(*to, id, result);
    });
    return success();
  }

  const std::shared_ptr<InboundOwner> owner_;
  NodeInfo from_;
};

}  // namespace

std::unique_ptr<runtime::Handler> make_inbound_handler(std::shared_ptr<InboundOwner> owner) {
  return std::make_unique<InboundHandler>(std::move(owner));
}

}  // namespace holdfast::cluster
