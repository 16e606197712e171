// Result<T>: a value, or an Error that says what can be done about it. The one channel for everything
// that can happen; what cannot happen is an assertion (assert.h).
//
// Owner: the caller.  Threads: as its value.  Waits: never.
#pragma once

#include <holdfast/error.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/assert.h"

namespace holdfast {

std::string_view errc_name(Errc code);

/// A failure: a code to act on and a sentence to read.
class [[nodiscard]] Error {
 public:
  Error(Errc code, std::string message) : code_(code), message_(std::move(message)) { HF_ASSERT(code != Errc::ok); }
  explicit Error(Errc code) : Error(code, std::string(errc_name(code))) {}

  Errc code() const { return code_; }
  const std::string& message() const { return message_; }
  /// The same failure with "prefix: " before its sentence.
  Error in(std::string_view prefix) const { return Error(code_, std::string(prefix) + ": " + message_); }

 private:
  Errc code_;
  std::string message_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::make_unique<Error>(std::move(error))) {}  // NOLINT
  Result(Errc code, std::string message) : Result(Error(code, std::move(message))) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { check(); return std::get<0>(state_); }
  const T& value() const& { check(); return std::get<0>(state_); }
  T&& value() && { check(); return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { HF_ASSERT(!ok()); return *std::get<1>(state_); }
  Errc code() const { return ok() ? Errc::ok : error().code(); }
  template <class... Codes>
  bool failed_with(Codes... codes) const { return !ok() && ((error().code() == codes) || ...); }

 private:
  void check() const { HF_ASSERT(ok()); }
  std::variant<T, std::unique_ptr<Error>> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT
  Result(Errc code, std::string message) : Result(Error(code, std::move(message))) {}

  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { HF_ASSERT(!ok()); return *error_; }
  Errc code() const { return ok() ? Errc::ok : error_->code(); }
  template <class... Codes>
  bool failed_with(Codes... codes) const { return !ok() && ((error_->code() == codes) || ...); }

 private:
  std::unique_ptr<Error> error_;
};

using Status = Result<void>;

/// The Status of success, for symmetry with Error.
inline Status success() { return {}; }

}  // namespace holdfast

#define HF_CONCAT_INNER(a, b) a##b
#define HF_CONCAT(a, b) HF_CONCAT_INNER(a, b)

/// HF_TRY(status_expression): returns its error from the enclosing function.
#define HF_TRY(expression)                                        \
  do {                                                            \
    if (auto hf_status = (expression); !hf_status.ok()) return hf_status.error(); \
  } while (false)

/// HF_ASSIGN(auto x, result_expression): x is the value, or the error is returned from the enclosing function.
#define HF_ASSIGN(declaration, expression) HF_ASSIGN_NAMED(HF_CONCAT(hf_result_, __LINE__), declaration, expression)
#define HF_ASSIGN_NAMED(name, declaration, expression) \
  auto name = (expression);                            \
  if (!name.ok()) return name.error();                 \
  declaration = std::move(name).value()
