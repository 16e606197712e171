#include "local/interceptors.h"

#include <algorithm>

#include "base/thread_marks.h"
#include "local/world.h"

namespace holdfast::detail {

class Interceptors::One {
 public:
  One(RawInterceptor interceptor, std::uint64_t its_id, std::unique_ptr<runtime::Event> idle)
      : calls(std::move(interceptor)), id(its_id), idle_(std::move(idle)) {}

  /// False: it was removed.
  bool begin() {
    Locked locked(lock_);
    if (closed_) return false;
    ++running_;
    mark_inside(this);
    return true;
  }
  void end() {
    unmark_inside(this);
    Locked locked(lock_);
    if (--running_ == 0 && closed_) idle_->set();
  }
  void close() {
    {
      Locked locked(lock_);
      closed_ = true;
      if (running_ == 0) return;
    }
    if (is_inside(this)) return;
    idle_->wait(kNever);
    const Locked done_with_the_event(lock_);
  }

  const RawInterceptor calls;
  const std::uint64_t id;

 private:
  Mutex lock_;
  bool closed_ HF_GUARDED_BY(lock_) = false;
  int running_ HF_GUARDED_BY(lock_) = 0;
  const std::unique_ptr<runtime::Event> idle_;
};

std::uint64_t Interceptors::add(RawInterceptor interceptor) {
  auto idle = runtime_.scheduler().make_event();
  Locked locked(lock_);
  All all = all_ ? *all_ : All();
  const std::uint64_t id = next_id_++;
  all.push_back(std::make_shared<One>(std::move(interceptor), id, std::move(idle)));
  all_ = std::make_shared<const All>(std::move(all));
  any_.store(true, std::memory_order_release);
  return id;
}

void Interceptors::remove(std::uint64_t id) {
  std::shared_ptr<One> found;
  {
    Locked locked(lock_);
    if (!all_) return;
    All all = *all_;
    const auto at = std::find_if(all.begin(), all.end(), [id](const auto& one) { return one->id == id; });
    if (at == all.end()) return;
    found = *at;
    all.erase(at);
    any_.store(!all.empty(), std::memory_order_release);
    all_ = std::make_shared<const All>(std::move(all));
  }
  found->close();
}

Interceptors::Passage::Passage(Interceptors& interceptors, OperationKind kind, std::string_view key)
    : interceptors_(interceptors), kind_(kind), key_(key) {
  std::shared_ptr<const All> all;
  {
    Locked locked(interceptors.lock_);
    all = interceptors.all_;
  }
  if (!all) return;
  passed_.reserve(all->size());
  for (const auto& one : *all) {
    if (!one->begin()) continue;
    try {
      if (one->calls.before) one->calls.before(kind_, key_);
    } catch (...) {
      one->end();
      leave();
      throw;
    }
    passed_.push_back(one);
  }
}

Interceptors::Passage::~Passage() { leave(); }

void Interceptors::Passage::leave() {
  for (auto at = passed_.rbegin(); at != passed_.rend(); ++at) {
    const One& one = **at;
    if (one.calls.after) {
      guarded(interceptors_.runtime_.log(), "an interceptor, after an operation,", [&] { one.calls.after(kind_, key_, done_); });
    }
    (*at)->end();
  }
  passed_.clear();
}

}  // namespace holdfast::detail
