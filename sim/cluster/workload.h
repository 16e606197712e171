// Workload: clients on every node of a Grid, what they did and saw, what listeners heard, what iterations showed: everything
// that the checkers judge.
//
// Keys by what they are for: registers (reads and puts), general ones (conditional operations, removes), counters
// (increments), stable ones (written before everything, shown by iterations), durable ones (written once each).
//
// Owner: the story; declared before the Grid, which calls it.  Threads: the simulation's one.  Waits: only inside of simulated
// hosts.  Fails with: nothing; checkers judge.
#pragma once

#include <memory>
#include <set>

#include "sim/checkers/converged.h"
#include "sim/checkers/exclusive.h"
#include "sim/checkers/iterated.h"
#include "sim/checkers/listened.h"
#include "sim/cluster/grid.h"

namespace holdfast::sim {

/// Key numbers: which group a key is of.
inline constexpr std::uint32_t kGeneralKeys = 100, kCounterKeys = 200, kStableKeys = 300, kDurableKeys = 1000;
std::string key_name(std::uint32_t key);

struct WorkloadOptions {
  std::uint32_t clients_per_node = 2;
  std::uint32_t registers = 4, generals = 3, counters = 1, stable = 24;
  bool clears = false;     // then nothing is stable or durable
  bool listeners = false;  // one on every node
  Duration think_max = std::chrono::milliseconds(20);
  /// What a shrunk story leaves out: keys (when not empty, all others), and operations of clients by number.
  std::set<std::uint32_t> only_keys;
  std::set<std::pair<std::uint32_t, std::uint32_t>> skipped;
};

class Workload {
 public:
  Workload(const WorkloadOptions& options, std::uint64_t seed);
  ~Workload();

  /// Before the first node starts.
  void attach(Grid& grid);
  /// Writes what is stable.
  void prepare();
  /// Clients work while this is on.
  void work(bool on) { working_ = on; }
  /// Until every operation has its end; false: some have none within `limit`.
  bool drain(Duration limit);
  /// Every key can be written and read on every node; what is wrong with that otherwise.
  std::vector<std::string> try_everything(Duration patience);
  /// Reads everything that should last, on every node, into the history.
  void read_back();
  /// From here on epochs may have two tables: EXCL has nothing to say.
  void splits() { exclusive_on_ = false; }
  /// The node dies or leaves now: what its listener hears from here on is not judged.
  void node_ends(std::size_t node);
  /// Listeners of nodes that still run end here.
  void end();

  const std::vector<Operation>& history() const { return history_; }
  const std::vector<Iteration>& iterations() const { return iterations_; }
  const std::vector<std::unique_ptr<Listening>>& listenings() const { return listenings_; }
  const std::set<std::pair<std::string, std::string>>& seen() const { return seen_; }
  const ExclusiveCheck& exclusive() const { return exclusive_; }
  std::set<std::string> stable_keys() const;
  std::size_t count(Outcome outcome) const;
  static std::size_t node_of(std::uint32_t client) { return client / 100; }
  static std::vector<Holding> holdings(Grid& grid);

 private:
  struct Known {
    std::uint64_t value = 0;
    std::uint64_t version = 0;
  };
  struct Client {
    std::uint32_t number = 0;
    std::map<std::uint32_t, Known> last;  // that it saw of a key
  };
  void live(std::size_t node, runtime::Runtime& rt);
  void client(std::size_t node, std::uint32_t number, runtime::Runtime& rt);
  void listen(std::size_t node);
  void one_operation(engine::Cache& cache, std::size_t node, Client& client, Prng& choose);
  Operation choose_operation(Client& client, Prng& choose);
  void carry_out(engine::Cache& cache, std::size_t node, Client& client, Operation o);
  void read(engine::Cache& cache, Client& client, Operation& o);
  void write(engine::Cache& cache, Client& client, Operation& o);
  void increment(engine::Cache& cache, Operation& o);
  void iterate(engine::Cache& cache, std::uint32_t client);
  void witness(std::size_t node, const engine::clustered::InstalledPtr& began, std::uint32_t segment);
  std::uint64_t table_of(std::size_t node, const engine::clustered::InstalledPtr& installed);

  const WorkloadOptions options_;
  const std::uint64_t seed_;
  Grid* grid_ = nullptr;
  bool working_ = false;
  bool exclusive_on_ = true;
  std::size_t under_way_ = 0;
  std::uint64_t next_value_ = 1;
  std::uint32_t next_durable_ = kDurableKeys;
  std::map<std::uint32_t, std::uint32_t> numbers_;  // of each client, over all lives
  std::vector<Operation> history_;
  std::vector<Iteration> iterations_;
  std::vector<std::unique_ptr<Listening>> listenings_;
  std::vector<Listening*> listening_;               // of each node's present life
  std::set<std::pair<std::string, std::string>> seen_;
  ExclusiveCheck exclusive_;
  std::vector<std::pair<engine::clustered::InstalledPtr, std::uint64_t>> tables_;  // of each node, and its digest
};

}  // namespace holdfast::sim
