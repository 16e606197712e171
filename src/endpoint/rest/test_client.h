// For the tests of this folder: a server without a network, and clients that speak HTTP to its sessions.
//
// Owner: the test.  Threads: one.  Waits: never.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "endpoint/rest/http_message.h"
#include "endpoint/rest/rest_endpoint.h"
#include "runtime/test_connection.h"
#include "sim/test_world.h"
#include "server/internal_caches.h"

namespace holdfast::rest {

struct FakeControl final : server::ServerControl {
  engine::CacheManager* manager = nullptr;
  bool stop_requested = false;
  void request_stop() override { stop_requested = true; }
  void request_cluster_stop() override { stop_requested = true; }
  Status shutdown_container() override {
    manager->stop();
    return success();
  }
  std::string version() const override { return "9.9"; }
  std::string node_name() const override { return "node-1"; }
  std::vector<std::string> physical_addresses() const override { return {"127.0.0.1:11222"}; }
  server::ClusterSummary cluster() const override { return {"", {"node-1"}, {"127.0.0.1:11222"}, true}; }
};

inline CacheConfiguration cache_of(const char* key_type, const char* value_type) {
  CacheConfiguration c;
  c.encoding = {key_type, value_type};
  return c;
}

struct GridOptions {
  std::map<std::string, CacheConfiguration> caches = {{"c", {}}, {"text", cache_of("text/plain", "text/plain")}, {"proto", cache_of("application/x-protostream", "application/x-protostream")},
                                                      {"json", cache_of("text/plain", "application/json")}};
  std::string users;  // the text of users.properties; "" = no authentication
  std::string groups;
  bool authorization = false;
  server::ConnectorSettings settings;
};

class TestGrid {
 public:
  explicit TestGrid(const GridOptions& options = {}) {
    engine::CacheManagerOptions made;
    made.configuration.caches = options.caches;
    made.configuration.name = "grid";
    made.configuration.statistics = true;
    made.configuration.authorization.enabled = options.authorization;
    made.configuration.templates = {{"base", cache_of("text/plain", "text/plain")}};
    made.internal_caches = server::internal_caches();
    manager = engine::make_cache_manager(world, made);
    HF_ASSERT(manager->start().ok());
    control.manager = manager.get();
    authorizer = std::make_unique<security::Authorizer>(made.configuration.authorization);
    dispatcher = std::make_unique<server::Dispatcher>(*manager, *authorizer);
    if (!options.users.empty()) {
      world.put_file("/users", options.users);
      world.put_file("/groups", options.groups);
      realm = security::make_properties_realm(world, {"default", "/users", "/groups"}).value();
    }
    endpoint = make_rest_endpoint({&world, dispatcher.get(), &control, realm.get(), options.settings});
  }

  sim::TestWorld world;
  FakeControl control;
  std::unique_ptr<engine::CacheManager> manager;
  std::unique_ptr<security::Authorizer> authorizer;
  std::unique_ptr<security::Realm> realm;
  std::unique_ptr<server::Dispatcher> dispatcher;
  std::unique_ptr<server::Endpoint> endpoint;
};

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
  /// "" when absent.
  std::string header(std::string_view name) const {
    for (std::size_t at = head.find("\r\n"); at != std::string::npos && at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
      const std::string line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      const std::size_t colon = line.find(": ");
      if (colon != std::string::npos && equal_ignoring_case(line.substr(0, colon), name)) return line.substr(colon + 2);
    }
    return "";
  }
};

class TestClient {
 public:
  explicit TestClient(TestGrid& grid) : handler_(grid.endpoint->make_handler()) {}

  /// What the server says to these bytes, and to those that it did not consume before.
  Bytes say(BytesView bytes) {
    input_.append(bytes);
    const std::size_t consumed = handler_->on_data(*connection, input_);
    HF_ASSERT(consumed <= input_.size());
    input_.erase(0, consumed);
    return connection->take();
  }
  static Bytes request(std::string_view method, std::string_view target, std::string_view body = "", std::string_view headers = "") {
    Bytes out = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers);
    if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return out + "\r\n" + std::string(body);
  }
  /// One request, one answer. Headers are lines that end with CRLF.
  Answer ask(std::string_view method, std::string_view target, std::string_view body = "", std::string_view headers = "") {
    return parse(say(request(method, target, body, headers)));
  }
  static Answer parse(const Bytes& bytes) {
    Answer answer;
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == Bytes::npos || bytes.size() < 12) return answer;
    answer.status = std::stoi(bytes.substr(9, 3));
    answer.head = bytes.substr(0, end + 2);
    answer.body = bytes.substr(end + 4);
    return answer;
  }
  std::size_t unconsumed() const { return input_.size(); }

  std::shared_ptr<runtime::TestConnection> connection = std::make_shared<runtime::TestConnection>();

 private:
  std::unique_ptr<runtime::Handler> handler_;
  Bytes input_;
};

}  // namespace holdfast::rest
