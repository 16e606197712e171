// Callables: FunctionRef borrows one for the length of a call, UniqueFunction owns one that may be move-only.
//
// Owner: see above.  Threads: as the callable.  Waits: as the callable.
#pragma once

#include <holdfast/detail/function_ref.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace holdfast {

template <class Signature>
class UniqueFunction;

/// An owned callable that need not be copyable; may be empty. Small ones (48 bytes) lie inside, so posting a task or
/// starting a fiber does not allocate.
template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() = default;
  UniqueFunction(std::nullptr_t) {}  // NOLINT: implicit on purpose
  template <class F, class = std::enable_if_t<!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction>>>
  UniqueFunction(F&& f) {  // NOLINT
    using Target = std::decay_t<F>;
    if constexpr (fits<Target>) {
      new (&inside_) Target(std::forward<F>(f));
      actions_ = &kInside<Target>;
    } else {
      new (&inside_) Target*(new Target(std::forward<F>(f)));
      actions_ = &kOutside<Target>;
    }
  }
  UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
  UniqueFunction& operator=(UniqueFunction&& other) noexcept {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }
  ~UniqueFunction() { clear(); }

  explicit operator bool() const { return actions_ != nullptr; }
  R operator()(Args... args) const { return actions_->call(const_cast<void*>(static_cast<const void*>(&inside_)), std::forward<Args>(args)...); }

 private:
  struct Actions {
    R (*call)(void*, Args...);
    void (*move)(void* from, void* to);  // leaves nothing to destroy in `from`
    void (*destroy)(void*);
  };
  static constexpr std::size_t kInsideBytes = 48;
  template <class T>
  static constexpr bool fits = sizeof(T) <= kInsideBytes && alignof(T) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<T>;

  template <class T>
  static constexpr Actions kInside = {
      [](void* at, Args... args) -> R { return (*static_cast<T*>(at))(std::forward<Args>(args)...); },
      [](void* from, void* to) {
        new (to) T(std::move(*static_cast<T*>(from)));
        static_cast<T*>(from)->~T();
      },
      [](void* at) { static_cast<T*>(at)->~T(); }};
  template <class T>
  static constexpr Actions kOutside = {
      [](void* at, Args... args) -> R { return (**static_cast<T**>(at))(std::forward<Args>(args)...); },
      [](void* from, void* to) { new (to) T*(*static_cast<T**>(from)); },
      [](void* at) { delete *static_cast<T**>(at); }};

  void take(UniqueFunction& other) {
    actions_ = other.actions_;
    if (actions_ != nullptr) actions_->move(&other.inside_, &inside_);
    other.actions_ = nullptr;
  }
  void clear() {
    if (actions_ != nullptr) actions_->destroy(&inside_);
    actions_ = nullptr;
  }

  const Actions* actions_ = nullptr;
  alignas(std::max_align_t) unsigned char inside_[kInsideBytes];
};

using Task = UniqueFunction<void()>;

}  // namespace holdfast
