// Assertions for what cannot happen. They stay on in release: a broken invariant stops the process
// before it can damage data.
//
// Threads: any.  Waits: never.  Fails with: abort, after one line on standard error.
#pragma once

namespace holdfast {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace holdfast

#define HF_ASSERT(condition) \
  (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0) : ::holdfast::assertion_failed(#condition, __FILE__, __LINE__))
