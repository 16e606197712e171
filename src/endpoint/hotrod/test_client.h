// For the tests of this folder: a grid in a test world, and clients that talk to sessions without a network.
//
// Owner: the test.  Threads: one.  Waits: never.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/test_hex.h"
#include "endpoint/hotrod/hotrod_endpoint.h"
#include "endpoint/hotrod/wire.h"
#include "runtime/test_connection.h"
#include "security/crypto.h"
#include "server/internal_caches.h"
#include "sim/test_world.h"

namespace holdfast::hotrod {

using security::to_hex;

/// The body of a message, piece by piece.
struct Body {
  Bytes bytes;
  Body& u8(std::uint8_t v) { append_u8(bytes, v); return *this; }
  Body& u16(std::uint16_t v) { append_u16(bytes, v); return *this; }
  Body& u32(std::uint32_t v) { append_u32(bytes, v); return *this; }
  Body& u64(std::uint64_t v) { append_u64(bytes, v); return *this; }
  Body& vint(std::uint32_t v) { append_vint(bytes, v); return *this; }
  Body& vlong(std::uint64_t v) { append_vlong(bytes, v); return *this; }
  Body& zigzag(std::int32_t v) { append_zigzag_vint(bytes, v); return *this; }
  Body& array(BytesView v) { append_array(bytes, v); return *this; }
  Body& raw(BytesView v) { bytes.append(v); return *this; }
  /// Lives for ever, as versions from 2.2 say it.
  Body& for_ever() { return u8(0x88); }
};

struct Ask {
  std::uint8_t op = 0;
  std::uint8_t version = 40;
  std::string cache = {};
  std::uint32_t flags = 0;
  Bytes media = Bytes(2, '\0');
  std::uint64_t id = 1;
  Intelligence intelligence = Intelligence::basic;
  std::uint32_t topology = 0;
};

inline Bytes request(const Ask& ask, const Body& body = {}) {
  Body b;
  b.u8(kRequestMagic).vlong(ask.id).u8(ask.version).u8(ask.op).array(ask.cache).vint(ask.flags).u8(static_cast<std::uint8_t>(ask.intelligence)).vint(ask.topology);
  if (ask.version >= 28) b.raw(ask.media);
  if (ask.version >= 40) b.vint(0);
  return b.raw(body.bytes).bytes;
}

inline Bytes response(std::uint8_t op, ResponseStatus status, const Body& body = {}, std::uint64_t id = 1) {
  Bytes out;
  append_response_head(out, id, op, status);
  return out + body.bytes;
}
inline Bytes error(ResponseStatus status, std::string_view text, std::uint64_t id = 1) {
  return response(kErrorResponse, status, Body().array(text), id);
}

/// A server without a network.
class TestGrid {
 public:
  explicit TestGrid(std::map<std::string, CacheConfiguration> caches = {{"default", {}}}, Extensions extensions = {}, std::unique_ptr<security::Realm> with_realm = nullptr,
                    server::ConnectorSettings settings = {})
      : realm(std::move(with_realm)) {
    engine::CacheManagerOptions options;
    options.configuration.caches = std::move(caches);
    options.configuration.default_cache = options.configuration.caches.contains("default") ? "default" : "";
    options.configuration.statistics = true;
    options.internal_caches = server::internal_caches();
    manager = engine::make_cache_manager(world, options);
    HF_ASSERT(manager->start().ok());
    authorizer = std::make_unique<security::Authorizer>(options.configuration.authorization);
    dispatcher = std::make_unique<server::Dispatcher>(*manager, *authorizer);
    server::EndpointContext context;
    context.runtime = &world;
    context.dispatcher = dispatcher.get();
    context.realm = realm.get();
    context.settings = std::move(settings);
    endpoint = make_hotrod_endpoint(context, std::move(extensions));
  }

  sim::TestWorld world;
  std::unique_ptr<security::Realm> realm;
  std::unique_ptr<engine::CacheManager> manager;
  std::unique_ptr<security::Authorizer> authorizer;
  std::unique_ptr<server::Dispatcher> dispatcher;
  std::unique_ptr<server::Endpoint> endpoint;
};

class TestClient {
 public:
  explicit TestClient(TestGrid& grid) : grid_(grid), handler_(grid.endpoint->make_handler()) {}
  ~TestClient() { close(); }

  /// What the server says to these bytes, and to those it did not consume before.
  Bytes say(BytesView bytes) {
    const bool begins = input_.empty();
    input_.append(bytes);
    // As the production runtime does when several connections are ready.
    for (int round = 0; begins && round < runtime::Handler::kPrepareRounds; ++round) handler_->prepare(input_, round);
    const std::size_t consumed = handler_->on_data(*connection, input_);
    HF_ASSERT(consumed <= input_.size());
    input_.erase(0, consumed);
    return connection->take();
  }
  Bytes say(const Ask& ask, const Body& body = {}) { return say(request(ask, body)); }
  /// The events that have arrived.
  Bytes events() {
    grid_.world.run();
    return connection->take();
  }
  std::size_t unconsumed() const { return input_.size(); }
  void close() {
    if (!handler_) return;
    connection->open = false;
    handler_->on_close(*connection, Errc::ok);
    grid_.world.run();
    handler_.reset();
  }

  std::shared_ptr<runtime::TestConnection> connection = std::make_shared<runtime::TestConnection>();

 private:
  TestGrid& grid_;
  std::unique_ptr<runtime::Handler> handler_;
  Bytes input_;
};

}  // namespace holdfast::hotrod
