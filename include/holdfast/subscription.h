// Subscription: a listener is registered as long as this lives.
//
// Owner: the program.  Threads: any, one at a time.  Waits: cancel() and the destructor, until the listener is not
// running (unless it is the listener itself that cancels).
#pragma once

#include <functional>
#include <utility>

namespace holdfast {

class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
  Subscription(Subscription&& other) noexcept : cancel_(std::exchange(other.cancel_, nullptr)) {}
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      cancel();
      cancel_ = std::exchange(other.cancel_, nullptr);
    }
    return *this;
  }
  ~Subscription() { cancel(); }

  bool active() const { return cancel_ != nullptr; }
  void cancel() {
    if (const auto cancel = std::exchange(cancel_, nullptr)) cancel();
  }

 private:
  std::function<void()> cancel_;
};

}  // namespace holdfast
