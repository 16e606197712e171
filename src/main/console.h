// Console: standard output for the log. When nobody reads it (a full pipe, a stopped terminal) lines are dropped and
// counted; the server never waits for a reader.
//
// Owner: the process.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/mutex.h"

namespace holdfast::main_program {

class Console {
 public:
  explicit Console(int descriptor) : descriptor_(descriptor) {}
  /// One line, without its end.
  void write(std::string_view line);

 private:
  bool put(std::string_view text) HF_REQUIRES(mutex_);

  const int descriptor_;
  Mutex mutex_;
  std::uint64_t dropped_ HF_GUARDED_BY(mutex_) = 0;
};

}  // namespace holdfast::main_program
