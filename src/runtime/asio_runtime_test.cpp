#include "runtime/asio_runtime.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/datagram_contract.h"
#include "runtime/net_contract.h"

namespace holdfast::runtime {
namespace {

class AsioWorld final : public ContractWorld {
 public:
  AsioWorld() : runtime_(make_asio_runtime({.loops = 2})), folder_(testing::TempDir() + "holdfast_runtime_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~AsioWorld() override { std::filesystem::remove_all(folder_); }
  Runtime& runtime() override { return *runtime_; }
  std::string folder() override { return folder_; }

 private:
  std::unique_ptr<Runtime> runtime_;
  std::string folder_;
};

const auto kAsio = testing::Values(ContractCase{"Asio", [] { return std::make_unique<AsioWorld>(); }});
INSTANTIATE_TEST_SUITE_P(Production, RuntimeContract, kAsio, case_name);
INSTANTIATE_TEST_SUITE_P(Production, NetContract, kAsio, case_name);
INSTANTIATE_TEST_SUITE_P(Production, DatagramContract, kAsio, case_name);

}  // namespace
}  // namespace holdfast::runtime
