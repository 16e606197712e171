// What all sessions of one Hot Rod endpoint share.
//
// Owner: shared by the endpoint and its sessions.  Threads: any.  Waits: never.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "endpoint/hotrod/client_listener.h"
#include "endpoint/hotrod/hotrod_endpoint.h"
#include "endpoint/hotrod/iterations.h"
#include "server/endpoint.h"

namespace holdfast::hotrod {

/// Bytes read and written, counted by loop so that loops do not meet.
class Traffic {
 public:
  explicit Traffic(runtime::LoopId loops) : cells_(loops + 1) {}
  void add(runtime::LoopId loop, std::uint64_t read, std::uint64_t written) {
    Cell& cell = cells_[loop < cells_.size() ? loop : cells_.size() - 1];
    cell.read.fetch_add(read, std::memory_order_relaxed);
    cell.written.fetch_add(written, std::memory_order_relaxed);
  }
  std::uint64_t read() const { return sum(&Cell::read); }
  std::uint64_t written() const { return sum(&Cell::written); }

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> read{0};
    std::atomic<std::uint64_t> written{0};
  };
  std::uint64_t sum(std::atomic<std::uint64_t> Cell::*figure) const {
    std::uint64_t total = 0;
    for (const Cell& cell : cells_) total += (cell.*figure).load(std::memory_order_relaxed);
    return total;
  }
  std::vector<Cell> cells_;
};

struct EndpointState {
  EndpointState(const server::EndpointContext& c, Extensions e)
      : context(c), extensions(std::move(e)), iterations(std::make_shared<Iterations>(*c.runtime)), traffic(c.runtime->scheduler().loops()) {}

  bool authenticates() const { return context.realm != nullptr && !context.settings.mechanisms.empty(); }

  const server::EndpointContext context;
  const Extensions extensions;
  const std::shared_ptr<Iterations> iterations;
  ListenerRegistry listeners;
  Traffic traffic;
};

}  // namespace holdfast::hotrod
