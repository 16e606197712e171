#include "runtime/latch.h"

namespace holdfast::runtime {
namespace {

class EventLatch final : public detail::Latch {
 public:
  explicit EventLatch(Runtime& runtime) : runtime_(runtime), event_(runtime.scheduler().make_event()) {}
  void set() override { event_->set(); }
  bool wait_for(std::chrono::nanoseconds at_most) override {
    const bool forever = at_most == std::chrono::nanoseconds::max();
    return event_->wait(forever ? kNever : runtime_.clock().now() + at_most);
  }
  std::unique_ptr<detail::Latch> another() const override { return std::make_unique<EventLatch>(runtime_); }

 private:
  Runtime& runtime_;
  const std::unique_ptr<Event> event_;
};

}  // namespace

std::unique_ptr<detail::Latch> make_latch(Runtime& runtime) { return std::make_unique<EventLatch>(runtime); }

}  // namespace holdfast::runtime
