// FunctionRef: borrows a callable for the length of a call.
//
// Owner: the caller keeps the callable alive.  Threads: as the callable.  Waits: as the callable.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace holdfast {

template <class Signature>
class FunctionRef;

/// A borrowed callable: never store it.
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F, class = std::enable_if_t<!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>>>
  FunctionRef(F&& f)  // NOLINT: implicit on purpose
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::add_pointer_t<std::remove_reference_t<F>>>(object))(std::forward<Args>(args)...);
        }) {}
  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

}  // namespace holdfast
