#include "cluster/discovery.h"

#include <charconv>

#include "cluster/discoveries.h"

namespace holdfast::cluster {

std::optional<std::string> DiscoveryAttributes::text(const std::string& name) {
  read_.insert(name);
  const auto at = settings_.attributes.find(name);
  return at == settings_.attributes.end() || at->second.empty() ? std::nullopt : std::optional(at->second);
}

Result<std::int64_t> DiscoveryAttributes::number(const std::string& name, std::int64_t fallback, std::int64_t min, std::int64_t max) {
  const auto given = text(name);
  if (!given) return fallback;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
  if (error == std::errc() && end == given->data() + given->size() && value >= min && value <= max) return value;
  return Error(Errc::invalid_configuration, settings_.protocol + " " + name + "=\"" + *given + "\": give a number from " + std::to_string(min) + " to " + std::to_string(max));
}

std::vector<std::string> DiscoveryAttributes::unread() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : settings_.attributes) {
    if (!read_.contains(name)) names.push_back(name);
  }
  return names;
}

DiscoveryRegistry built_in_discoveries(std::shared_ptr<runtime::Resolver> resolver) {
  DiscoveryRegistry all("protocol of discovery");
  const auto add = [&](const char* name, DiscoveryFactory factory) { HF_ASSERT(all.add(name, std::move(factory)).ok()); };
  add("TCPPING", read_static_discovery);
  add("MPING", read_multicast_discovery);
  add("PING", read_multicast_discovery);
  add("FILE_PING", read_folder_discovery);
  if (resolver) {
    add("dns.DNS_PING", [resolver](const DiscoverySettings& s, DiscoveryAttributes& a) { return read_dns_discovery(s, a, resolver); });
  }
  return all;
}

}  // namespace holdfast::cluster
