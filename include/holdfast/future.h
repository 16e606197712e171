// Future<T>: the result of an asynchronous operation, now or later.
//
// Owner: the caller; may be moved, not copied.  Threads: any, one at a time.  Waits: get() and wait_for() only.
// Fails with: get() throws what the operation threw.
#pragma once

#include <holdfast/detail/latch.h>
#include <holdfast/error.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace holdfast {

template <class T>
class Future;

namespace detail {

template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// What a Future and whoever fulfils it share.
template <class T>
class FutureState {
 public:
  explicit FutureState(std::unique_ptr<Latch> latch) : latch_(std::move(latch)) {}

  void fulfil(std::optional<Stored<T>> value, std::exception_ptr error) {
    std::function<void()> next;
    {
      const std::lock_guard lock(mutex_);
      value_ = std::move(value);
      error_ = std::move(error);
      ready_ = true;
      next = std::move(next_);
      if (latch_) latch_->set();
    }
    if (next) next();
  }
  bool ready() const {
    const std::lock_guard lock(mutex_);
    return ready_;
  }
  bool wait_for(std::chrono::nanoseconds at_most) const { return ready() || latch_->wait_for(at_most); }
  /// Calls `next` when ready: now, or on the thread that fulfils.
  void when_ready(std::function<void()> next) {
    {
      const std::lock_guard lock(mutex_);
      if (!ready_) {
        next_ = std::move(next);
        return;
      }
    }
    next();
  }
  Stored<T> take() {
    if (error_) std::rethrow_exception(error_);
    return std::move(*value_);
  }
  std::unique_ptr<Latch> another_latch() const {
    const std::lock_guard lock(mutex_);
    return ready_ || !latch_ ? nullptr : latch_->another();
  }

 private:
  mutable std::mutex mutex_;
  const std::unique_ptr<Latch> latch_;  // null when it was ready from the start
  bool ready_ = false;
  std::optional<Stored<T>> value_;
  std::exception_ptr error_;
  std::function<void()> next_;
};

/// Runs `work` and fulfils the state with what it returns or throws.
template <class T, class Work>
void fulfil_with(FutureState<T>& state, Work&& work) {
  std::optional<Stored<T>> value;
  std::exception_ptr error;
  try {
    if constexpr (std::is_void_v<T>) {
      work();
      value.emplace();
    } else {
      value.emplace(work());
    }
  } catch (...) {
    error = std::current_exception();
  }
  state.fulfil(std::move(value), std::move(error));
}

}  // namespace detail

template <class T>
class [[nodiscard]] Future {
 public:
  explicit Future(std::shared_ptr<detail::FutureState<T>> state) : state_(std::move(state)) {}

  /// False after get() or then().
  bool valid() const { return state_ != nullptr; }
  bool ready() const { return state().ready(); }
  /// True when it is ready, false when the time is over.
  bool wait_for(std::chrono::nanoseconds at_most) const { return state().wait_for(at_most); }
  void wait() const { wait_for(std::chrono::nanoseconds::max()); }
  /// Waits; gives the value or throws what the operation threw. Once.
  T get() {
    wait();
    const auto state = std::exchange(state_, nullptr);
    if constexpr (std::is_void_v<T>) {
      state->take();
    } else {
      return state->take();
    }
  }
  /// Calls `f` with the value when it is there: on this thread, or on the one that completes the operation. The future
  /// of what `f` returns; a failure passes by `f`. Once.
  template <class F>
  auto then(F f) {
    return chain([f = std::move(f)](detail::FutureState<T>& from) mutable {
      if constexpr (std::is_void_v<T>) {
        from.take();
        return f();
      } else {
        return f(from.take());
      }
    });
  }
  /// Calls `f` with the exception when the operation failed; it gives the value in its stead. Once.
  template <class F>
  Future<T> recover(F f) {
    return chain([f = std::move(f)](detail::FutureState<T>& from) mutable -> T {
      try {
        return static_cast<T>(from.take());
      } catch (...) {
        return f(std::current_exception());
      }
    });
  }

 private:
  detail::FutureState<T>& state() const {
    if (!state_) throw CacheException(Errc::invalid_argument, "this future was used up by get() or then()");
    return *state_;
  }
  template <class Step>
  auto chain(Step step) {
    using R = std::invoke_result_t<Step&, detail::FutureState<T>&>;
    state();
    const auto from = std::exchange(state_, nullptr);
    const auto to = std::make_shared<detail::FutureState<R>>(from->another_latch());
    // The step may be move-only, std::function is not.
    const auto shared = std::make_shared<Step>(std::move(step));
    from->when_ready([from = from.get(), to, shared] {  // whoever fulfils keeps `from` until this returned
     
      detail::fulfil_with<R>(*to, [&] { return (*shared)(*from); });
    });
    return Future<R>(to);
  }

  std::shared_ptr<detail::FutureState<T>> state_;
};

namespace detail {

/// The future of what `work(arguments...)` returns. `run` takes a task that calls it to some thread, or throws.
template <class R, class Work, class Run>
Future<R> future_of(std::unique_ptr<Latch> latch, Work work, Run run) {
  auto state = std::make_shared<FutureState<R>>(std::move(latch));
  const auto shared = std::make_shared<Work>(std::move(work));  // may be move-only
  try {
    run([state, shared](auto&... arguments) { fulfil_with<R>(*state, [&] { return (*shared)(arguments...); }); });
  } catch (const CacheException&) {
    state->fulfil(std::nullopt, std::current_exception());
  }
  return Future<R>(std::move(state));
}

}  // namespace detail
}  // namespace holdfast
