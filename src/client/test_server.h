// ScriptedServer: a server for tests of the client, whose answers the test writes.
//
// Owner: the test.  Threads: its simulation's one.  Waits: never.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/varint.h"
#include "client/remote_cache.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::client {

/// What came is recorded, what goes is a function of the request's operation.
struct ScriptedServer {
  struct Request {
    std::uint64_t id;
    std::uint8_t version;
    Op op;
    Bytes rest;  // from the cache's name on
  };
  std::vector<Request> requests;
  /// The whole response, or nothing for silence.
  std::function<Bytes(const Request&)> answer;
  int connections = 0;

  static Bytes head(const Request& r, std::uint8_t status, std::uint8_t op = 0) {
    Bytes out;
    append_u8(out, kResponseMagic);
    append_vlong(out, r.id);
    append_u8(out, op != 0 ? op : static_cast<std::uint8_t>(static_cast<std::uint8_t>(r.op) + 1));
    append_u8(out, status);
    append_u8(out, 0);
    return out;
  }
  static Bytes pong(const Request& r) { return head(r, 0) + Bytes("\0\0\x29\0", 4); }
};

class ScriptedHandler final : public runtime::Handler {
 public:
  explicit ScriptedHandler(ScriptedServer& server) : server_(server) {}
  void on_open(runtime::Connection&) override { ++server_.connections; }
  /// The test sends one request at a time or lets all be answered alike; a read holds whole requests here.
  std::size_t on_data(runtime::Connection& connection, BytesView input) override {
    std::size_t used = 0;
    while (used < input.size()) {
      Reader in(input.substr(used));
      in.u8();
      ScriptedServer::Request request;
      request.id = in.vlong();
      request.version = in.u8();
      request.op = static_cast<Op>(in.u8());
      const std::size_t begin = in.position();
      in.array();
      in.vint();
      in.u8();
      in.vint();
      in.u16();
      if (request.version >= 40) in.vint();
      skip_body(in, request.op);
      if (!in.ok()) return used;
      request.rest = Bytes(input.substr(used + begin, in.position() - begin));
      used += in.position();
      server_.requests.push_back(request);
      connection.output().append(server_.answer(request));
    }
    return used;
  }

 private:
  /// Of those operations that these tests use; none has a body otherwise.
  static void skip_body(Reader& in, Op op) {
    const bool writes = op == Op::put || op == Op::put_if_absent;
    if (writes || op == Op::get || op == Op::get_with_metadata || op == Op::contains_key || op == Op::auth) in.array();
    if (writes) in.u8();  // no limits of its own
    if (writes || op == Op::auth) in.array();
  }

  ScriptedServer& server_;
};

/// One simulated machine for the client and any number for scripted servers.
class ScriptedWorld {
 public:
  struct Machine {
    ScriptedServer server;
    sim::SimHost* host = nullptr;
    std::unique_ptr<runtime::Listener> listener;
  };
  explicit ScriptedWorld(std::size_t servers = 1) {
    for (std::size_t i = 0; i < servers; ++i) {
      Machine& machine = *machines_.emplace_back(std::make_unique<Machine>());
      machine.host = &simulation.add_host({});
      machine.server.answer = found_nothing;
      listen(i);
    }
    here = &simulation.add_host({});
  }
  /// Pings are answered, every other operation with "no such key".
  static Bytes found_nothing(const ScriptedServer::Request& r) { return r.op == Op::ping ? ScriptedServer::pong(r) : ScriptedServer::head(r, 2); }
  static Bytes silence(const ScriptedServer::Request& r) { return r.op == Op::ping ? ScriptedServer::pong(r) : Bytes(); }

  Machine& machine(std::size_t i) { return *machines_.at(i); }
  ScriptedServer& server(std::size_t i) { return machine(i).server; }
  runtime::Endpoint endpoint(std::size_t i) { return {machine(i).host->address(), 11222}; }
  void listen(std::size_t i) {
    auto made = machine(i).host->net().listen({"", 11222}, [this, i] { return std::make_unique<ScriptedHandler>(server(i)); }, {});
    ASSERT_TRUE(made.ok());
    machine(i).listener = std::move(made).value();
  }
  /// Its connections break, and it takes no more.
  void crash(std::size_t i) {
    machine(i).listener.reset();
    simulation.network().reset_streams(*here, *machine(i).host);
  }
  ClientOptions options(const std::vector<std::size_t>& servers = {0}) {
    ClientOptions o;
    for (const std::size_t i : servers) o.servers.push_back(endpoint(i));
    o.connect_timeout = std::chrono::seconds(3);
    o.operation_timeout = std::chrono::seconds(5);
    return o;
  }

 private:
  std::vector<std::unique_ptr<Machine>> machines_;

 public:
  sim::Simulation simulation{1};
  sim::SimHost* here = nullptr;
};

}  // namespace holdfast::client
