#include "endpoint/hotrod/iterations.h"

#include <algorithm>

namespace holdfast::hotrod {
namespace {

constexpr std::size_t kBatchBytesMax = std::size_t{4} << 20;

std::string new_id(runtime::Random& random) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (const char c : random.secret(16)) {
    id.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    id.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return id;
}

}  // namespace

Status Iteration::load_next_segment() {
  auto entries = view_.entries_of_segment(ops::OpId::iterate, at_);
  if (!entries.ok()) return entries.error();
  loaded_ = std::move(*entries);
  std::reverse(loaded_.begin(), loaded_.end());
  return success();
}

Result<IterationBatch> Iteration::next() {
  IterationBatch batch;
  batch.finished.resize(segments_.size());
  std::size_t bytes = 0;
  while (batch.entries.size() < batch_ && bytes < kBatchBytesMax) {
    if (loaded_.empty()) {
      if (at_ == segments_.size()) break;
      if (segments_[at_]) HF_TRY(load_next_segment());
      ++at_;
    }
    while (!loaded_.empty() && batch.entries.size() < batch_ && bytes < kBatchBytesMax) {
      Entry entry = std::move(loaded_.back());
      loaded_.pop_back();
      if (converter_) {
        auto shown = converter_(entry);
        if (!shown) continue;
        entry.value = std::move(*shown);
      }
      bytes += entry.key.size() + entry.value.size();
      batch.entries.push_back(std::move(entry));
    }
    if (loaded_.empty() && segments_[at_ - 1]) batch.finished[at_ - 1] = true;
  }
  return batch;
}

Result<std::string> Iterations::start(const void* owner, std::unique_ptr<Iteration> iteration) {
  std::string id = new_id(runtime_.random());
  Locked locked(lock_);
  const auto owned = std::count_if(slots_.begin(), slots_.end(), [owner](const auto& s) { return s.second.owner == owner; });
  if (static_cast<std::size_t>(owned) >= kPerConnectionMax) {
    return Error(Errc::exhausted, "a connection may have " + std::to_string(kPerConnectionMax) + " iterations under way: end some first");
  }
  id += "-" + std::to_string(++started_);
  slots_[id] = {owner, std::move(iteration), runtime_.clock().now()};
  arm_sweep();
  return id;
}

std::unique_ptr<Iteration> Iterations::take(const std::string& id) {
  Locked locked(lock_);
  const auto at = slots_.find(id);
  return at == slots_.end() ? nullptr : std::move(at->second.iteration);
}

void Iterations::give_back(const std::string& id, std::unique_ptr<Iteration> iteration) {
  Locked locked(lock_);
  const auto at = slots_.find(id);
  if (at == slots_.end()) return;  // its connection ended meanwhile
  at->second.iteration = std::move(iteration);
  at->second.used = runtime_.clock().now();
}

bool Iterations::end(const std::string& id) {
  Locked locked(lock_);
  return slots_.erase(id) > 0;
}

void Iterations::end_all_of(const void* owner) {
  Locked locked(lock_);
  std::erase_if(slots_, [owner](const auto& s) { return s.second.owner == owner; });
}

void Iterations::arm_sweep() {
  if (timer_) return;
  timer_ = runtime_.scheduler().at(runtime::kControlLoop, runtime_.clock().now() + kIdleMax / 5, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->sweep();
  });
}

void Iterations::sweep() {
  const Instant now = runtime_.clock().now();
  Locked locked(lock_);
  std::erase_if(slots_, [now](const auto& s) { return s.second.iteration && now - s.second.used >= kIdleMax; });
  timer_.reset();
  if (!slots_.empty()) arm_sweep();
}

}  // namespace holdfast::hotrod
