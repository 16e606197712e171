#include "engine/clustered/administration.h"

#include "runtime/process_memory.h"

namespace holdfast::engine::clustered {
namespace {

constexpr std::uint32_t kSuspendedMax = 1 << 16;

}  // namespace

// ---- On the wire

void append_share(Bytes& out, const NodeShare& s) {
  append_address(out, s.node);
  append_u64(out, s.entries);
  append_u64(out, s.memory_bytes);
  append_vint(out, s.transfer.segments);
  append_vint(out, s.transfer.missing);
  append_u64(out, s.transfer.entries);
  append_u64(out, s.transfer.bytes);
}
std::optional<NodeShare> read_share(BytesView body) {
  Reader in(body);
  NodeShare s;
  s.node = read_address(in);
  s.entries = in.u64();
  s.memory_bytes = in.u64();
  s.transfer.segments = in.vint();
  s.transfer.missing = in.vint();
  s.transfer.entries = in.u64();
  s.transfer.bytes = in.u64();
  if (!in.ok()) return std::nullopt;
  return s;
}

void append_memory(Bytes& out, const NodeMemory& m) {
  append_address(out, m.node);
  append_u64(out, m.used_bytes);
  append_u64(out, m.available_bytes);
}
std::optional<NodeMemory> read_memory(BytesView body) {
  Reader in(body);
  NodeMemory m;
  m.node = read_address(in);
  m.used_bytes = in.u64();
  m.available_bytes = in.u64();
  if (!in.ok()) return std::nullopt;
  return m;
}

void append_order(Bytes& out, const RebalanceOrder& o) {
  append_array(out, o.cache);
  append_u8(out, o.enabled);
}
std::optional<RebalanceOrder> read_order(BytesView body) {
  Reader in(body);
  RebalanceOrder o;
  o.cache = in.array();
  o.enabled = in.u8() != 0;
  if (!in.ok()) return std::nullopt;
  return o;
}

void append_attribute(Bytes& out, const AttributeChange& c) {
  for (const std::string* part : {&c.cache, &c.path, &c.value}) append_array(out, *part);
}
std::optional<AttributeChange> read_attribute(BytesView body) {
  Reader in(body);
  AttributeChange c;
  for (std::string* part : {&c.cache, &c.path, &c.value}) *part = in.array();
  if (!in.ok()) return std::nullopt;
  return c;
}

Bytes attributes_of(const std::map<std::string, std::string>& changed) {
  Bytes out;
  for (const auto& [path, value] : changed) {
    append_array(out, path);
    append_array(out, value);
  }
  return out;
}
std::map<std::string, std::string> read_attributes(BytesView bytes) {
  std::map<std::string, std::string> changed;
  for (Reader in(bytes); in.ok() && !in.at_end();) {
    std::string path(in.array()), value(in.array());
    if (in.ok()) changed[std::move(path)] = std::move(value);
  }
  return changed;
}

void append_switches(Bytes& out, const RebalanceSwitches& s) {
  append_u64(out, s.generation);
  append_u8(out, s.all_suspended);
  append_vint(out, static_cast<std::uint32_t>(s.suspended.size()));
  for (const std::string& cache : s.suspended) append_array(out, cache);
}
std::optional<RebalanceSwitches> read_switches(Reader& in) {
  RebalanceSwitches s;
  s.generation = in.u64();
  s.all_suspended = in.u8() != 0;
  const std::uint32_t count = in.vint();
  if (count > kSuspendedMax) return std::nullopt;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) s.suspended.emplace(in.array());
  if (!in.ok()) return std::nullopt;
  return s;
}

// ---- Switches

void KnownSwitches::set(RebalanceSwitches switches) {
  {
    Locked locked(lock_);
    if (now_ == switches) return;
    now_ = switches;
  }
  if (!keep_) return;
  Bytes bytes;
  append_switches(bytes, switches);
  keep_(bytes);
}

void KnownSwitches::set_if_newer(RebalanceSwitches switches) {
  if (switches.generation > get().generation) set(std::move(switches));
}

// ---- Memory

NodeMemory memory_of(runtime::Runtime& runtime, const Address& node) {
  const runtime::ProcessMemory memory = runtime::process_memory(runtime.disk());
  return {node, memory.resident_bytes, memory.available_bytes};
}

std::vector<NodeMemory> memory_of_members(runtime::Runtime& runtime, cluster::ClusterNode& node, Instant deadline) {
  std::vector<NodeMemory> all;
  std::vector<std::unique_ptr<cluster::PendingCall>> calls;
  for (const NodeInfo& m : node.view()->members) {
    if (m.address == node.self()) all.push_back(memory_of(runtime, m.address));
    else calls.push_back(node.begin_call(m.address, method::kMemory, ""));
  }
  for (const auto& call : calls) {
    const auto answer = call->wait(deadline);
    if (auto memory = answer.ok() ? read_memory(*answer) : std::nullopt) all.push_back(std::move(*memory));
  }
  return all;
}

}  // namespace holdfast::engine::clustered
