// Names whose addresses are those of the nodes, as headless services have them. What the servers answered counts for its time
// to live.
#include <algorithm>

#include "cluster/discoveries.h"

namespace holdfast::cluster {
namespace {

using runtime::DnsRecord;
using runtime::DnsType;

constexpr Duration kPatience = std::chrono::seconds(3);
constexpr Duration kSoonest = std::chrono::milliseconds(200);  // also for records that say 0
constexpr Duration kAfterFailure = std::chrono::seconds(1);

struct Query {
  std::vector<std::string> names;
  std::string server;                        // "" = the system's
  std::vector<DnsType> types;                // the first that has an answer counts
  std::uint16_t port = 0;
  std::uint32_t port_range = 0;
};

class DnsDiscovery final : public Discovery {
 public:
  DnsDiscovery(Query query, std::shared_ptr<runtime::Resolver> resolver) : query_(std::move(query)), resolver_(std::move(resolver)) {}

  Status start(runtime::Runtime& runtime, const Presence&, Found found) override {
    runtime_ = &runtime;
    found_ = std::move(found);
    return success();
  }

  void find(const Presence& me) override {
    if (!me.looking) return;
    const Instant now = runtime_->clock().now();
    if (now >= next_) ask(now);
    const std::vector<runtime::Endpoint> known = known_;  // found_() may wait for nothing, but others may stop us
    for (const runtime::Endpoint& at : known) found_(at);
  }

 private:
  void ask(Instant now) {
    ttl_ = kNever - Instant{};
    std::vector<runtime::Endpoint> fresh;
    std::optional<Error> failed;
    for (const std::string& name : query_.names) {
      if (Status asked = ask_for(name, now + kPatience, fresh); !asked.ok()) failed = asked.error();
    }
    // Without an answer what was known is as good as anything.
    if (!failed || !fresh.empty()) known_ = std::move(fresh);
    next_ = runtime_->clock().now() + (failed ? kAfterFailure : std::clamp<Duration>(ttl_, kSoonest, std::chrono::hours(1)));
    const std::string news = failed ? failed->message() : "";
    if (news == told_) return;
    told_ = news;
    if (failed) runtime_->log().warn("cluster", "DNS knows no other nodes: " + news + "; asking again");
    else runtime_->log().info("cluster", "DNS names " + std::to_string(known_.size()) + " places where nodes may be");
  }

  Status ask_for(const std::string& name, Instant deadline, std::vector<runtime::Endpoint>& into) {
    std::optional<Error> none;
    for (const DnsType type : query_.types) {
      const auto records = resolver_->resolve(name, type, query_.server, deadline);
      if (!records.ok()) {
        none = records.error();
        continue;
      }
      for (const DnsRecord& record : *records) {
        ttl_ = std::min(ttl_, record.ttl);
        if (type == DnsType::srv) add_target(record, deadline, into);
        else add(record.host, query_.port, into);
      }
      return success();
    }
    return *none;
  }

  /// An SRV record names a host, whose addresses are asked for where the record came from.
  void add_target(const DnsRecord& service, Instant deadline, std::vector<runtime::Endpoint>& into) {
    for (const DnsType type : {DnsType::a, DnsType::aaaa}) {
      const auto addresses = resolver_->resolve(service.host, type, query_.server, deadline);
      if (!addresses.ok()) continue;
      for (const DnsRecord& address : *addresses) {
        ttl_ = std::min(ttl_, address.ttl);
        add(address.host, service.port, into);
      }
      return;
    }
  }

  void add(const std::string& host, std::uint16_t port, std::vector<runtime::Endpoint>& into) const {
    for (std::uint32_t i = 0; i <= query_.port_range && port + i <= 65535; ++i) into.push_back({host, static_cast<std::uint16_t>(port + i)});
  }

  const Query query_;
  const std::shared_ptr<runtime::Resolver> resolver_;
  runtime::Runtime* runtime_ = nullptr;
  Found found_;
  std::vector<runtime::Endpoint> known_;
  Instant next_{};
  Duration ttl_{};
  std::string told_ = "nothing yet";
};

Result<std::vector<DnsType>> types_of(const std::string& protocol, const std::string& text) {
  if (text.empty()) return std::vector{DnsType::a, DnsType::aaaa};
  if (text == "A") return std::vector{DnsType::a};
  if (text == "AAAA") return std::vector{DnsType::aaaa};
  if (text == "SRV") return std::vector{DnsType::srv};
  return Error(Errc::invalid_configuration, protocol + " dns_record_type=\"" + text + "\": write A, AAAA or SRV");
}

}  // namespace

Result<DiscoveryPtr> read_dns_discovery(const DiscoverySettings& settings, DiscoveryAttributes& attributes, std::shared_ptr<runtime::Resolver> resolver) {
  constexpr std::int64_t kPortRangeMax = 1000;
  Query query;
  const std::string list = attributes.text("dns_query").value_or("");
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string name = list.substr(begin, end - begin);
    std::erase(name, ' ');
    if (!name.empty()) query.names.push_back(std::move(name));
    begin = end + 1;
  }
  if (query.names.empty()) return Error(Errc::invalid_configuration, settings.protocol + ": dns_query names nothing; give the name whose records are the nodes (jgroups.dns.query)");
  HF_ASSIGN(query.types, types_of(settings.protocol, attributes.text("dns_record_type").value_or("")));
  query.server = attributes.text("dns_address").value_or("");
  query.port = settings.port;
  HF_ASSIGN(const std::int64_t range, attributes.number("port_range", 0, 0, kPortRangeMax));
  query.port_range = static_cast<std::uint32_t>(range);
  return DiscoveryPtr(std::make_shared<DnsDiscovery>(std::move(query), std::move(resolver)));
}

}  // namespace holdfast::cluster
