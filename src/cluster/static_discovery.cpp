#include <algorithm>
#include <charconv>

#include "cluster/discoveries.h"

namespace holdfast::cluster {
namespace {

constexpr std::int64_t kPortRange = 1;  // the original's
constexpr std::int64_t kPortRangeMax = 1000;

class StaticDiscovery final : public Discovery {
 public:
  StaticDiscovery(const std::vector<runtime::Endpoint>& hosts, std::uint32_t port_range) {
    for (const runtime::Endpoint& host : hosts) {
      for (std::uint32_t i = 0; i <= port_range && host.port + i <= 65535; ++i) {
        const runtime::Endpoint at{host.host, static_cast<std::uint16_t>(host.port + i)};
        if (std::find(endpoints_.begin(), endpoints_.end(), at) == endpoints_.end()) endpoints_.push_back(at);
      }
    }
  }
  Status start(runtime::Runtime&, const Presence&, Found found) override {
    found_ = std::move(found);
    return success();
  }
  void find(const Presence& me) override {
    if (!me.looking) return;
    for (const runtime::Endpoint& at : endpoints_) found_(at);
  }

 private:
  std::vector<runtime::Endpoint> endpoints_;
  Found found_;
};

Error bad_host(const std::string& protocol, const std::string& item) {
  return Error(Errc::invalid_configuration, protocol + " initial_hosts: '" + item + "' is no host; write host[port],host[port]");
}

/// "host[7800]", "host:7800" or "host"; "[::1]" and "::1[7800]" are addresses too.
Result<runtime::Endpoint> read_host(const std::string& protocol, const std::string& item, std::uint16_t port) {
  runtime::Endpoint host{item, port};
  std::optional<std::string> digits;
  const auto bracket = item.rfind('['), colon = item.rfind(':');
  if (bracket != std::string::npos && bracket > 0 && item.back() == ']') {
    host.host = item.substr(0, bracket);
    digits = item.substr(bracket + 1, item.size() - bracket - 2);
  } else if (colon != std::string::npos && colon > 0 && (item.find(':') == colon || item[colon - 1] == ']')) {
    host.host = item.substr(0, colon);
    digits = item.substr(colon + 1);
  }
  if (host.host.starts_with('[') && host.host.ends_with(']')) host.host = host.host.substr(1, host.host.size() - 2);
  if (host.host.empty() || host.host.find_first_of("[]") != std::string::npos) return bad_host(protocol, item);
  if (!digits) return host;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), host.port);
  if (error != std::errc() || end != digits->data() + digits->size() || host.port == 0) return bad_host(protocol, item);
  return host;
}

}  // namespace

DiscoveryPtr make_static_discovery(const std::vector<runtime::Endpoint>& hosts, std::uint32_t port_range) {
  return std::make_shared<StaticDiscovery>(hosts, port_range);
}

Result<DiscoveryPtr> read_static_discovery(const DiscoverySettings& settings, DiscoveryAttributes& attributes) {
  const std::string list = attributes.text("initial_hosts").value_or("");
  std::vector<runtime::Endpoint> hosts;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string item = list.substr(begin, end - begin);
    begin = end + 1;
    std::erase_if(item, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
    if (item.empty()) continue;
    HF_ASSIGN(runtime::Endpoint host, read_host(settings.protocol, item, settings.port));
    hosts.push_back(std::move(host));
  }
  if (hosts.empty()) return Error(Errc::invalid_configuration, settings.protocol + ": initial_hosts names nobody; write host[port],host[port]");
  HF_ASSIGN(const std::int64_t range, attributes.number("port_range", kPortRange, 0, kPortRangeMax));
  return make_static_discovery(hosts, static_cast<std::uint32_t>(range));
}

}  // namespace holdfast::cluster
