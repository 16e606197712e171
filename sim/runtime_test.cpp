#include <gtest/gtest.h>

#include "runtime/datagram_contract.h"
#include "runtime/net_contract.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::runtime {
namespace {

class SimWorld final : public ContractWorld {
 public:
  explicit SimWorld(std::uint64_t seed) : simulation_(seed), host_(simulation_.add_host({})) { host_.disk().make_folders("/data").ok(); }
  Runtime& runtime() override { return host_; }
  std::string folder() override { return "/data"; }

 private:
  sim::Simulation simulation_;
  sim::SimHost& host_;
};

std::vector<ContractCase> seeds() {
  std::vector<ContractCase> cases;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    cases.push_back({"Seed" + std::to_string(seed), [seed] { return std::make_unique<SimWorld>(seed); }});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Simulated, RuntimeContract, testing::ValuesIn(seeds()), case_name);
INSTANTIATE_TEST_SUITE_P(Simulated, NetContract, testing::ValuesIn(seeds()), case_name);
INSTANTIATE_TEST_SUITE_P(Simulated, DatagramContract, testing::ValuesIn(seeds()), case_name);

}  // namespace
}  // namespace holdfast::runtime
