#include "model/cache_topology.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kMissingMax = 1 << 16;

bool same(const ConsistentHashPtr& a, const ConsistentHashPtr& b) { return a == b || (a && b && *a == *b); }

void append_table(Bytes& out, const ConsistentHashPtr& table) {
  append_u8(out, table != nullptr);
  if (table) table->append(out);
}

bool read_table(Reader& in, ConsistentHashPtr& table) {
  const std::uint8_t present = in.u8();
  if (!in.ok() || present > 1) return false;
  if (present == 0) return true;
  auto read = ConsistentHash::read(in);
  if (!read) return false;
  table = std::make_shared<const ConsistentHash>(std::move(*read));
  return true;
}

}  // namespace

bool operator==(const CacheTopology& a, const CacheTopology& b) {
  return a.id == b.id && a.rebalance_id == b.rebalance_id && a.phase == b.phase && same(a.current, b.current) && same(a.pending, b.pending) && a.missing == b.missing;
}

void CacheTopology::append(Bytes& out) const {
  append_vint(out, id);
  append_vint(out, rebalance_id);
  append_u8(out, static_cast<std::uint8_t>(phase));
  append_table(out, current);
  append_table(out, pending);
  append_vint(out, static_cast<std::uint32_t>(missing.size()));
  for (const std::string& name : missing) append_array(out, name);
}

std::optional<CacheTopology> CacheTopology::read(Reader& in) {
  CacheTopology t;
  t.id = in.vint();
  t.rebalance_id = in.vint();
  const std::uint8_t phase = in.u8();
  if (!in.ok() || phase > static_cast<std::uint8_t>(RebalancePhase::read_new_write_all)) return std::nullopt;
  t.phase = static_cast<RebalancePhase>(phase);
  if (!read_table(in, t.current) || !read_table(in, t.pending)) return std::nullopt;
  const bool whole = (t.id == 0 || t.current) && (t.phase == RebalancePhase::none) == (t.pending == nullptr) &&
                     (!t.pending || (t.current && t.pending->segments() == t.current->segments()));
  const std::uint32_t missing = in.vint();
  if (!whole || missing > kMissingMax) return std::nullopt;
  for (std::uint32_t i = 0; i < missing && in.ok(); ++i) t.missing.emplace_back(in.array());
  if (!in.ok()) return std::nullopt;
  return t;
}

}  // namespace holdfast
