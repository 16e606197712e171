#include "cluster/discovery.h"

namespace holdfast::cluster {
namespace {

class StaticDiscovery final : public Discovery {
 public:
  StaticDiscovery(const std::vector<runtime::Endpoint>& hosts, std::uint32_t port_range) {
    for (const runtime::Endpoint& host : hosts) {
      for (std::uint32_t i = 0; i <= port_range && host.port + i <= 65535; ++i) {
        endpoints_.push_back({host.host, static_cast<std::uint16_t>(host.port + i)});
      }
    }
  }
  std::vector<runtime::Endpoint> find(runtime::Runtime&) override { return endpoints_; }
  void announce(runtime::Runtime&, const NodeInfo&, const std::string&) override {}

 private:
  std::vector<runtime::Endpoint> endpoints_;
};

}  // namespace

std::shared_ptr<Discovery> make_static_discovery(std::vector<runtime::Endpoint> hosts, std::uint32_t port_range) {
  return std::make_shared<StaticDiscovery>(hosts, port_range);
}

}  // namespace holdfast::cluster
