#include "container/entry_layout.h"

#include <algorithm>

namespace holdfast::container {
namespace {

void store48(unsigned char* at, std::uint64_t v) { std::memcpy(at, &v, 6); }
template <class T>
void store(unsigned char* at, T v) {
  std::memcpy(at, &v, sizeof v);
}

constexpr std::uint64_t kCounterMask = (std::uint64_t{1} << kVersionCounterBits) - 1;

}  // namespace

TimeMs due_ms(const Metadata& m) {
  TimeMs due = kNeverDue;
  if (m.expiration.lifespan_ms >= 0) due = m.created_ms + m.expiration.lifespan_ms;
  if (m.expiration.max_idle_ms >= 0) due = std::min(due, m.last_used_ms + m.expiration.max_idle_ms);
  return due;
}

std::size_t ExpirationRows::number_of(const Expiration& expiration) {
  for (std::size_t row = 0; row < count_; ++row) {
    if ((*this)[row] == expiration) return row;
  }
  if (count_ == kMost) return kMost;
  const std::size_t part = part_of(count_);
  if (first_of(part) == count_) parts_[part].store(new Expiration[std::size_t{1} << part], std::memory_order_release);
  parts_[part].load(std::memory_order_relaxed)[count_ - first_of(part)] = expiration;
  return count_++;
}

bool EntryLayout::shortens(Version version) const {
  const std::uint64_t time = version >> kVersionCounterBits, base = base_.load(std::memory_order_relaxed);
  return time >= base && time - base < (std::uint64_t{1} << kShortTimeBits) &&
         (version & kCounterMask) < (std::uint64_t{1} << kShortCounterBits);
}

std::uint64_t EntryLayout::shortened(Version version) const {
  return ((version >> kVersionCounterBits) - base_.load(std::memory_order_relaxed)) << kShortCounterBits | (version & kCounterMask);
}

std::uint8_t EntryLayout::expiration_flags(const Expiration& expiration, std::uint8_t& row) {
  if (expiration.immortal()) return 0;
  const std::size_t number = rows_.number_of(expiration);
  if (number == ExpirationRows::kMost) return kExplicit;
  row = static_cast<std::uint8_t>(number);
  return number == 0 ? kFirstRow : kRow;
}

EntryLayout::Plan EntryLayout::plan(const Parts& p) {
  Plan plan;
  if (base_.load(std::memory_order_relaxed) == 0) base_.store(p.version >> kVersionCounterBits, std::memory_order_relaxed);
  if (!shortens(p.version)) plan.flags |= kWideVersion;
  if (p.key.size() > 0xff || p.value.size() > 0xff) plan.flags |= kWideLengths;
  plan.flags |= expiration_flags(p.expiration, plan.row);
  if (p.expiration.max_idle_ms >= 0) plan.flags |= kIdle;
  plan.bytes = offsets(plan.flags).key + p.key.size() + p.value.size();
  return plan;
}

void EntryLayout::write(unsigned char* at, const Plan& plan, const Parts& p) const {
  const Offsets o = offsets(plan.flags);
  at[0] = static_cast<unsigned char>((at[0] & 3) | plan.flags);
  if (plan.flags & kWideVersion) {
    store(at + kLinksBytes, p.version);
  } else {
    store48(at + kLinksBytes, shortened(p.version));
  }
  if (plan.flags & kWideLengths) {
    store(at + o.lengths, static_cast<std::uint32_t>(p.key.size()));
    store(at + o.lengths + 4, static_cast<std::uint32_t>(p.value.size()));
  } else {
    at[o.lengths] = static_cast<unsigned char>(p.key.size());
    at[o.lengths + 1] = static_cast<unsigned char>(p.value.size());
  }
  if ((plan.flags & kFirstRow) == kRow) at[o.expiration] = plan.row;
  if ((plan.flags & kFirstRow) == kExplicit) {
    store(at + o.expiration, p.expiration.lifespan_ms);
    store(at + o.expiration + 8, p.expiration.max_idle_ms);
  }
  if (plan.flags & kIdle) store48(at + o.idle, static_cast<std::uint64_t>(std::max<TimeMs>(p.last_used_ms, 0)));
  if (!p.key.empty()) std::memcpy(at + o.key, p.key.data(), p.key.size());
  if (!p.value.empty()) std::memcpy(at + o.key + p.key.size(), p.value.data(), p.value.size());
}

void EntryLayout::touch(unsigned char* at, TimeMs last_used_ms) {
  if (at[0] & kIdle) store48(at + offsets(at[0]).idle, static_cast<std::uint64_t>(std::max<TimeMs>(last_used_ms, 0)));
}

}  // namespace holdfast::container
