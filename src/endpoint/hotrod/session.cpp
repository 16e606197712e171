#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

/// A client that lets this much of its answers lie is served no further until it has read half of it.
constexpr std::size_t kOutputBytesMax = std::size_t{1} << 20;
constexpr Duration kReaderPatience = std::chrono::minutes(10);
/// Input of more than one request, probably.
constexpr std::size_t kLookAheadBytesMin = 64;
constexpr char kInterestByte = 0x0f;

std::string number(std::uint64_t value) { return std::to_string(value); }

/// Operations that the protocol has and this server does not offer yet.
bool is_known_elsewhere(std::uint8_t op) { return (op >= 0x3b && op <= 0x7f) || op == 0x37 || op == 0x39 || op >= 0xe5; }

}  // namespace

void Session::prepare(BytesView input, int round) {
  if (broken_ || input.size() < wanted_) return;
  if (round == 0) ahead_.find(input, views_);
  ahead_.fetch(round);
}

std::size_t Session::on_data(runtime::Connection& connection, BytesView input) {
  if (broken_) return input.size();
  if (input.size() < wanted_) return 0;
  std::size_t done = 0;
  while (done < input.size() && connection.is_open()) {
    if (!wait_for_room(connection)) break;
    if (ahead_.left() == 0 && input.size() - done > kLookAheadBytesMin) {
      ahead_.find(input.substr(done), views_);
      for (int round = 0; round < kPrepareRounds; ++round) ahead_.fetch(round);
    }
    const std::size_t taken = serve(connection, input.substr(done));
    if (broken_) return input.size();
    if (taken == 0) break;
    ahead_.take();
    wanted_ = 0;
    list_progress_ = {};
    done += taken;
  }
  ahead_.clear();
  state_->traffic.add(connection.loop(), done, connection.pending_output());
  return done;
}

bool Session::wait_for_room(runtime::Connection& connection) {
  if (connection.pending_output() <= kOutputBytesMax) return true;
  const Instant deadline = state_->context.runtime->clock().now() + kReaderPatience;
  if (connection.wait_for_output_below(kOutputBytesMax / 2, deadline)) return true;
  connection.abort();
  return false;
}

std::size_t Session::serve(runtime::Connection& connection, BytesView input) {
  if (interest_byte_may_follow_) {
    interest_byte_may_follow_ = false;
    if (input.front() == kInterestByte) return 1;
  }
  return serve_request(connection, input);
}

std::size_t Session::serve_request(runtime::Connection& connection, BytesView input) {
  // A second time only when the cache was removed and made again behind our back.
  for (;;) {
    Reader in(input);
    Header header;
    const server::CacheView* view = nullptr;
    if (const LookAhead::Request* known = ahead_.known(input, views_)) {
      header.message_id = known->message_id;
      header.op = known->op;
      in.bytes(known->parameters);
      view = views_.recall(known->parameters, input, header);
    } else if (const HeadFault fault = read_head(in, header); fault != HeadFault::none) {
      return refuse_head(connection, fault, in, header);
    }
    const Operation* operation = find_operation(header.op, header.version);
    if (!operation) return refuse_operation(connection, header);
    if (!view && views_.repeats(in, input, header.version)) view = views_.recall(in.position(), input, header);
    if (!view) read_addressee(in, input, header);
    read_parameters(in, header);
    Call call(*this, connection, *operation, {header, in, input, view});
    if (in.ok()) operation->handle(call);
    if (broken_) return 0;
    if (!in.ok()) return need_more(connection, in, header);
    if (!call.stale()) return in.position();
  }
}

std::size_t Session::refuse_operation(runtime::Connection& connection, const Header& header) {
  break_off(connection, header.message_id, ResponseStatus::unknown_operation,
            "org.infinispan.server.hotrod.HotRodUnknownOperationException: Unknown operation: " + number(header.op) +
                (is_known_elsewhere(header.op) ? " (this server does not offer it at version " + number(header.version) + ")" : ""));
  return 0;
}

std::size_t Session::refuse_head(runtime::Connection& connection, HeadFault fault, const Reader& in, const Header& header) {
  switch (fault) {
    case HeadFault::magic:
      break_off(connection, 0, ResponseStatus::bad_magic,
                "org.infinispan.server.hotrod.InvalidMagicIdException: Error reading magic byte or message id: a request starts with 160");
      return 0;
    case HeadFault::version:
      break_off(connection, header.message_id, ResponseStatus::unknown_version,
                "org.infinispan.server.hotrod.UnknownVersionException: Unknown version:" + number(header.version));
      return 0;
    default: return need_more(connection, in, header);
  }
}

/// The request is not whole, or can never be.
std::size_t Session::need_more(runtime::Connection& connection, const Reader& in, const Header& header) {
  const std::size_t bytes_max = state_->context.settings.max_content_length;
  if (in.malformed()) {
    break_off(connection, header.message_id, ResponseStatus::parse_error,
              "org.infinispan.server.hotrod.RequestParsingException: the request is malformed at its byte " + number(in.position()));
  } else if (in.wanted() > bytes_max) {
    break_off(connection, header.message_id, ResponseStatus::parse_error,
              "java.io.IOException: a request of " + number(in.wanted()) + " bytes or more is longer than max-content-length, " + number(bytes_max));
  } else {
    wanted_ = in.wanted();
  }
  return 0;
}

void Session::break_off(runtime::Connection& connection, std::uint64_t message_id, ResponseStatus status, const std::string& text) {
  broken_ = true;
  append_response_head(connection.output(), message_id, kErrorResponse, status);
  append_array(connection.output(), text);
  state_->context.runtime->log().warn("hotrod", "closing the connection of " + connection.peer().host + ": " + text);
  connection.close_after_flush();
}

void Session::begin_subject(security::Subject subject) {
  subject_ = std::move(subject);
  authenticated_ = true;
  views_.clear();
}

void Session::end_subject() {
  subject_ = {};
  authenticated_ = false;
  views_.clear();
}

Streams& Session::streams() {
  if (!streams_) streams_ = std::make_unique<Streams>();
  return *streams_;
}

const std::shared_ptr<EventChannel>& Session::events(runtime::Connection& connection) {
  if (!events_) events_ = std::make_shared<EventChannel>(*state_->context.runtime, connection);
  return events_;
}

BloomFilter* Session::bloom_of(const std::string& cache) const {
  for (const auto& listener : listeners_) {
    if (listener->bloom() && listener->cache() == cache) return listener->bloom().get();
  }
  return nullptr;
}

/// Not in a fiber, but taking a listener away may wait for a delivery that is going on.
void Session::on_close(runtime::Connection& connection, Errc) {
  state_->iterations->end_all_of(this);
  if (events_) events_->close();
  if (listeners_.empty()) return;
  state_->context.runtime->scheduler().spawn(connection.loop(), [state = state_, listeners = std::move(listeners_)] {
    for (const auto& listener : listeners) {
      state->listeners.forget(*listener);
      listener->detach();
    }
  });
  listeners_.clear();
}

}  // namespace holdfast::hotrod
