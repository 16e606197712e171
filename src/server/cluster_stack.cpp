#include "server/cluster_stack.h"

#include <algorithm>

namespace holdfast::server {
namespace {

constexpr const char* kDefaultStack = "tcp";
constexpr int kExtendsMax = 32;
constexpr const char* kCombine = "stack.combine";
constexpr const char* kPosition = "stack.position";

/// Those that come with the product; nodes talk over TCP in all of them.
const std::vector<ProtocolStack>& built_in_stacks() {
  static const std::vector<ProtocolStack> kStacks = [] {
    const auto protocol = [](const char* name) {
      ElementConfiguration p;
      p.name = name;
      return p;
    };
    return std::vector<ProtocolStack>{{"tcp", {protocol("TCP"), protocol("MPING")}},
                                      {"udp", {protocol("UDP"), protocol("PING")}},
                                      {"kubernetes", {protocol("TCP"), protocol("dns.DNS_PING")}, true}};
  }();
  return kStacks;
}

/// "org.jgroups.protocols.dns.DNS_PING" and "DNS_PING" are "dns.DNS_PING".
std::string bare_name(const std::string& written) {
  constexpr std::string_view kPackage = "org.jgroups.protocols.";
  const std::string name = written.starts_with(kPackage) ? written.substr(kPackage.size()) : written;
  return name == "DNS_PING" ? "dns.DNS_PING" : name;
}

class Resolving {
 public:
  Resolving(const std::vector<StackConfiguration>& written, const cluster::DiscoveryRegistry& discoveries) : written_(written), discoveries_(discoveries) {}

  Result<ProtocolStack> stack(const std::string& name, int depth = 0) const {
    const auto by_name = [&](const auto& s) { return s.name == name; };
    const auto ours = std::find_if(written_.begin(), written_.end(), by_name);
    if (ours == written_.end()) {
      const auto built_in = std::find_if(built_in_stacks().begin(), built_in_stacks().end(), by_name);
      if (built_in == built_in_stacks().end()) return unknown(name);
      return *built_in;
    }
    if (!ours->path.empty() && ours->protocols.empty() && ours->extends.empty()) {
      return Error(Errc::invalid_configuration, "the stack '" + name + "' is in the file '" + ours->path + "', which cannot be read or says nothing");
    }
    if (depth > kExtendsMax) return Error(Errc::invalid_configuration, "the stack '" + name + "' extends itself");
    ProtocolStack result;
    // A stack may change the one of its own name that comes with the product.
    if (ours->extends == name) {
      HF_ASSIGN(result, Resolving({}, discoveries_).stack(name, depth));
    } else if (!ours->extends.empty()) {
      HF_ASSIGN(result, stack(ours->extends, depth + 1));
    }
    result.name = name;
    bool fresh = true;
    for (const ElementConfiguration& change : ours->protocols) HF_TRY(combine(change, result, fresh));
    return result;
  }

 private:
  Error unknown(const std::string& name) const {
    std::string known;
    for (const auto& s : built_in_stacks()) known += (known.empty() ? "" : ", ") + s.name;
    for (const auto& s : written_) known += ", " + s.name;
    return Error(Errc::invalid_configuration, "there is no stack '" + name + "'; there are " + known + " (-j, infinispan.cluster.stack or <transport stack=...> names one, <jgroups> may define more)");
  }

  bool is_discovery(const std::string& name) const { return discoveries_.find(name).ok(); }

  /// `fresh`: the stack has not said yet how nodes find each other.
  Status combine(const ElementConfiguration& written, ProtocolStack& into, bool& fresh) const {
    ElementConfiguration change = written;
    change.name = bare_name(written.name);
    const auto take = [&](const char* name) {
      const auto node = change.attributes.extract(name);
      return node.empty() ? std::string() : node.mapped();
    };
    const std::string how = take(kCombine), where = take(kPosition);
    const std::string position = bare_name(where.empty() ? written.name : where);
    auto& all = into.protocols;
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == position; });
    const auto missing = [&] { return Error(Errc::invalid_configuration, "the stack '" + into.name + "': <" + written.name + "> asks for " + how + " of " + position + ", which is not in the stack"); };
    if (is_discovery(change.name)) into.own_discovery = true;
    if (how.empty() || how == "COMBINE") {
      const auto same = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == change.name; });
      if (same == all.end()) return append(std::move(change), into, fresh);
      for (auto& [name, value] : change.attributes) same->attributes[name] = std::move(value);
    } else if (how == "REMOVE") {
      if (at == all.end()) return missing();
      all.erase(at);
    } else if (how == "REPLACE") {
      if (at == all.end()) return missing();
      *at = std::move(change);
    } else if (how == "INSERT_AFTER" || how == "INSERT_ABOVE") {
      if (at == all.end()) return missing();
      all.insert(at + 1, std::move(change));
    } else if (how == "INSERT_BEFORE" || how == "INSERT_BELOW") {
      if (at == all.end()) return missing();
      all.insert(at, std::move(change));
    } else {
      return Error(Errc::invalid_configuration, "the stack '" + into.name + "': <" + written.name + "> has stack.combine=\"" + how +
                                                    "\"; write COMBINE, REPLACE, REMOVE, INSERT_AFTER, INSERT_BEFORE, INSERT_ABOVE or INSERT_BELOW");
    }
    return success();
  }

  /// Who names a way of finding nodes means it instead of the inherited one.
  Status append(ElementConfiguration change, ProtocolStack& into, bool& fresh) const {
    if (is_discovery(change.name) && std::exchange(fresh, false)) {
      std::erase_if(into.protocols, [&](const auto& p) { return is_discovery(p.name); });
    }
    into.protocols.push_back(std::move(change));
    return success();
  }

  const std::vector<StackConfiguration> written_;
  const cluster::DiscoveryRegistry& discoveries_;
};

}  // namespace

Result<ProtocolStack> resolve_stack(const std::string& name, const std::vector<StackConfiguration>& written, const cluster::DiscoveryRegistry& discoveries) {
  return Resolving(written, discoveries).stack(name.empty() ? kDefaultStack : name);
}

}  // namespace holdfast::server
