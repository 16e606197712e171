#include "runtime/posix_runtime.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/datagram_contract.h"
#include "runtime/net_contract.h"

namespace holdfast::runtime {
namespace {

class PosixWorld final : public ContractWorld {
 public:
  PosixWorld() : runtime_(make_posix_runtime({.loops = 2})), folder_(testing::TempDir() + "holdfast_runtime_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~PosixWorld() override { std::filesystem::remove_all(folder_); }
  Runtime& runtime() override { return *runtime_; }
  std::string folder() override { return folder_; }

 private:
  std::unique_ptr<Runtime> runtime_;
  std::string folder_;
};

const auto kPosix = testing::Values(ContractCase{"Posix", [] { return std::make_unique<PosixWorld>(); }});
INSTANTIATE_TEST_SUITE_P(Production, RuntimeContract, kPosix, case_name);
INSTANTIATE_TEST_SUITE_P(Production, NetContract, kPosix, case_name);
INSTANTIATE_TEST_SUITE_P(Production, DatagramContract, kPosix, case_name);

}  // namespace
}  // namespace holdfast::runtime
