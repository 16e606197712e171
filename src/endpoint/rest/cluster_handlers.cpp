// What operators see and say of a cluster: which node holds what, who owns a key, how far a rebalance is, may data move.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "endpoint/rest/handlers.h"
#include "endpoint/rest/json_answers.h"
#include "endpoint/rest/open_cache.h"
#include "runtime/process_memory.h"

namespace holdfast::rest {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kKeySegment = 4;
constexpr Duration kClusterWait = std::chrono::seconds(10);

Instant deadline_of(Exchange& x) { return x.state().context.runtime->clock().now() + kClusterWait; }

/// Names and addresses of nodes, as the whole answer knows them.
class Nodes {
 public:
  explicit Nodes(Exchange& x) {
    const server::ServerControl* control = x.state().context.control;
    if (control == nullptr) {
      self_ = x.dispatcher().manager().configuration().node_name;
      return;
    }
    self_ = control->node_name();
    summary_ = control->cluster();
    if (summary_.name.empty()) summary_.addresses = control->physical_addresses();
  }
  Json json(const Address& node) const {
    const std::string& name = node.name.empty() ? self_ : node.name;
    Json addresses = Json::array();
    if (summary_.name.empty()) addresses = summary_.addresses;
    for (std::size_t i = 0; !summary_.name.empty() && i < summary_.members.size(); ++i) {
      if (summary_.members[i] == name) addresses.push_back(summary_.addresses[i]);
    }
    return {{"node_name", name}, {"node_addresses", addresses}};
  }
  /// In the order of the view.
  std::size_t place(const Address& node) const {
    return static_cast<std::size_t>(std::find(summary_.members.begin(), summary_.members.end(), node.name) - summary_.members.begin());
  }

 private:
  std::string self_;
  server::ClusterSummary summary_;
};

template <class PerNode>
void sort_by_view(const Nodes& nodes, std::vector<PerNode>& all) {
  std::stable_sort(all.begin(), all.end(), [&](const PerNode& a, const PerNode& b) { return nodes.place(a.node) < nodes.place(b.node); });
}

std::int64_t percent(const engine::TransferProgress& t) { return t.segments == 0 ? 100 : 100 * (t.segments - t.missing) / t.segments; }

void set_rebalancing(Exchange& x, const std::string& cache, bool enabled) {
  engine::Cluster* cluster = x.dispatcher().manager().cluster();
  if (cluster == nullptr) return x.fail(400, "this server is no member of a cluster, so there is nothing to rebalance; a <transport> in its configuration makes it one");
  x.finish(cluster->set_rebalancing(cache, enabled, deadline_of(x)));
}

void set_cache_rebalancing(Exchange& x, bool enabled) {
  const auto view = open_cache(x);
  if (!view) return;
  if (const Status allowed = view->check(ops::OpId::set_rebalancing); !allowed.ok()) return x.fail(allowed.error());
  const CacheMode mode = view->configuration().mode;
  if (mode != CacheMode::distributed && mode != CacheMode::replicated) return x.fail(400, "cache '" + view->name() + "' is neither distributed nor replicated: its data does not move");
  set_rebalancing(x, view->name(), enabled);
}

}  // namespace

void cache_distribution(Exchange& x) {
  const auto view = open_cache(x);
  if (!view) return;
  auto shares = view->distribution();
  if (!shares.ok()) return x.fail(shares.error());
  const Nodes nodes(x);
  sort_by_view(nodes, *shares);
  Json out = Json::array();
  for (const engine::NodeShare& share : *shares) {
    Json node = nodes.json(share.node);
    node["memory_entries"] = share.entries;
    node["total_entries"] = share.entries;
    node["memory_used"] = share.memory_bytes;
    out.push_back(std::move(node));
  }
  answer_json(x, out);
}

void cache_rebalance_progress(Exchange& x) {
  const auto view = open_cache(x);
  if (!view) return;
  auto shares = view->distribution();
  if (!shares.ok()) return x.fail(shares.error());
  const Nodes nodes(x);
  sort_by_view(nodes, *shares);
  engine::TransferProgress sum;
  Json each = Json::array();
  for (const engine::NodeShare& share : *shares) {
    const engine::TransferProgress& t = share.transfer;
    sum.segments += t.segments;
    sum.missing += t.missing;
    sum.entries += t.entries;
    sum.bytes += t.bytes;
    Json node = nodes.json(share.node);
    node.update({{"percent", percent(t)}, {"segments", t.segments}, {"segments_remaining", t.missing}, {"entries_received", t.entries}, {"bytes_received", t.bytes}});
    each.push_back(std::move(node));
  }
  answer_json(x, {{"rebalancing_enabled", rebalancing_enabled(x, view->name())},
                  {"rebalancing", x.dispatcher().manager().health(view->name()) == engine::Health::healthy_rebalancing},
                  {"percent", percent(sum)},
                  {"segments", sum.segments},
                  {"segments_remaining", sum.missing},
                  {"entries_received", sum.entries},
                  {"bytes_received", sum.bytes},
                  {"nodes", each}});
}

void key_distribution(Exchange& x) {
  const auto view = open_cache_for_key(x);
  if (!view) return;
  const BytesView key = x.segment(kKeySegment);
  const auto owners = view->owners_of(key);
  if (!owners.ok()) return x.fail(owners.error());
  const auto present = view->contains(key);
  if (!present.ok()) return x.fail(present.error());
  const Nodes nodes(x);
  Json all = Json::array();
  for (const engine::KeyOwner& owner : *owners) {
    Json node = nodes.json(owner.node);
    all.push_back({{"node_name", node["node_name"]}, {"primary", owner.primary}, {"node_addresses", node["node_addresses"]}});
  }
  answer_json(x, {{"contains_key", *present}, {"owners", all}});
}

void cluster_distribution(Exchange& x) {
  const Nodes nodes(x);
  engine::Cluster* cluster = x.dispatcher().manager().cluster();
  std::vector<engine::NodeMemory> all;
  if (cluster != nullptr) {
    all = cluster->memory(deadline_of(x));
    sort_by_view(nodes, all);
  } else {
    const runtime::ProcessMemory memory = runtime::process_memory(x.state().context.runtime->disk());
    all.push_back({{}, memory.resident_bytes, memory.available_bytes});
  }
  Json out = Json::array();
  for (const engine::NodeMemory& memory : all) {
    Json node = nodes.json(memory.node);
    node["memory_available"] = memory.available_bytes;
    node["memory_used"] = memory.used_bytes;
    out.push_back(std::move(node));
  }
  answer_json(x, out);
}

void cache_rebalancing_on(Exchange& x) { set_cache_rebalancing(x, true); }
void cache_rebalancing_off(Exchange& x) { set_cache_rebalancing(x, false); }
void container_rebalancing_on(Exchange& x) { set_rebalancing(x, "", true); }
void container_rebalancing_off(Exchange& x) { set_rebalancing(x, "", false); }

}  // namespace holdfast::rest
