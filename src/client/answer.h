// Answer: where somebody who waits finds the response of a request.
//
// Owner: shared by who waits and who answers.  Threads: any; one waits.  Waits: wait().
// Fails with: as the request; timeout when the given deadline passes first.
#pragma once

#include <memory>
#include <optional>

#include "client/request.h"
#include "runtime/runtime.h"

namespace holdfast::client {

class Answer : public std::enable_shared_from_this<Answer> {
 public:
  explicit Answer(runtime::Runtime& runtime) : come_(runtime.scheduler().make_event()) {}

  Completion completion() {
    return [self = shared_from_this()](Result<Response> result) {
      self->result_ = std::move(result);
      self->come_->set();
    };
  }
  bool done() const { return come_->is_set(); }
  /// Once.
  Result<Response> wait(Instant deadline) {
    if (!come_->wait(deadline)) return Error(Errc::timeout, "no answer until the deadline; the operation may still take effect");
    return std::move(*result_);
  }

 private:
  const std::unique_ptr<runtime::Event> come_;
  std::optional<Result<Response>> result_;
};

}  // namespace holdfast::client
