// The hosts, the load and the record of the one-server scenario; one_server.cpp has the faults and the verdict.
//
// Owner: run_one_server().  Threads: one.
#pragma once

#include <memory>

#include "client/remote_cache.h"
#include "sim/checkers/durable.h"
#include "sim/checkers/history.h"
#include "sim/host.h"
#include "sim/scenarios/one_server.h"
#include "sim/simulation.h"

namespace holdfast::sim {

/// What outlives processes; declared before the simulation.
struct Record {
  std::vector<Observation> history;
  DurableCheck definitions;
  std::vector<std::string> violations;
  std::size_t ok = 0;
  std::size_t failed = 0;
  std::size_t unknown = 0;
  std::uint64_t next_value = 1;
  std::uint32_t life = 1;      // of the server
  std::uint32_t running = 0;   // workers
  std::uint32_t starts = 0;    // of the server
  bool stop = false;
};

class OneServerWorld {
 public:
  explicit OneServerWorld(const RoundOptions& options);

  Simulation& simulation() { return simulation_; }
  SimHost& server() { return *server_; }
  std::vector<SimHost*>& clients() { return clients_; }
  Record& record() { return record_; }
  void start_server();
  void start_clients();
  /// What is defined in the end, against what was acknowledged. Makes the simulation run.
  void check_definitions();

 private:
  friend class Worker;
  client::ClientOptions client_options() const;
  void serve(runtime::Runtime& rt);
  void run_client(runtime::Runtime& rt, std::uint32_t number);
  void administrate(runtime::Runtime& rt, const client::RemoteCacheManager& manager);

  const RoundOptions options_;
  Record record_;
  Simulation simulation_;
  SimHost* server_;
  std::vector<SimHost*> clients_;
};

}  // namespace holdfast::sim
