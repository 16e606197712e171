#include "runtime/fiber.h"

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include "base/assert.h"

#if defined(__SANITIZE_ADDRESS__)
#define HF_ASAN_FIBERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HF_ASAN_FIBERS 1
#endif
#if __has_feature(thread_sanitizer)
#define HF_TSAN_FIBERS 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define HF_TSAN_FIBERS 1
#endif

#if defined(HF_ASAN_FIBERS)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(HF_TSAN_FIBERS)
#include <sanitizer/tsan_interface.h>
#endif

namespace holdfast::runtime {
namespace {

/// Tells the sanitizers about a switch of stacks; nothing in other builds.
struct SanitizerStack {
  const void* bottom = nullptr;
  std::size_t size = 0;
  void* fake = nullptr;
  void* tsan = nullptr;

  void create() {
#if defined(HF_TSAN_FIBERS)
    tsan = __tsan_create_fiber(0);
#endif
  }
  void adopt_thread() {
#if defined(HF_TSAN_FIBERS)
    tsan = __tsan_get_current_fiber();
#endif
  }
  /// Runs the end of the fiber as what it is to the thread sanitizer, or its frames would be counted off the thread's.
  template <class End>
  void destroy(End end) {
#if defined(HF_TSAN_FIBERS)
    void* const thread = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(tsan, 0);
#endif
    end();
#if defined(HF_TSAN_FIBERS)
    __tsan_switch_to_fiber(thread, 0);
    __tsan_destroy_fiber(tsan);
#endif
  }
  /// Called on `from` just before control goes to `to`.
  static void leave([[maybe_unused]] SanitizerStack& from, [[maybe_unused]] SanitizerStack& to) {
#if defined(HF_ASAN_FIBERS)
    __sanitizer_start_switch_fiber(&from.fake, to.bottom, to.size);
#endif
#if defined(HF_TSAN_FIBERS)
    __tsan_switch_to_fiber(to.tsan, 0);
#endif
  }
  /// Called on `self` just after control arrived from `from`.
  static void arrive([[maybe_unused]] SanitizerStack& self, [[maybe_unused]] SanitizerStack* from) {
#if defined(HF_ASAN_FIBERS)
    const void* bottom = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(self.fake, &bottom, &size);
    if (from != nullptr) {
      from->bottom = bottom;
      from->size = size;
    }
#endif
  }
};

}  // namespace

class Fiber {
 public:
  explicit Fiber(std::size_t stack_bytes) {
    stack_.create();
    boost::context::protected_fixedsize_stack allocator(stack_bytes);
    const boost::context::stack_context memory = allocator.allocate();
    // The sanitizer must know the bounds: an exception makes it clear the marks of the frames that are left.
    stack_.bottom = static_cast<char*>(memory.sp) - memory.size;
    stack_.size = memory.size;
    context_ = boost::context::fiber(std::allocator_arg, boost::context::preallocated(memory.sp, memory.size, memory), allocator, [this](boost::context::fiber&& caller) {
      return loop(std::move(caller));
    });
  }
  /// Unwinds what is still on the stack.
  ~Fiber() {
    stack_.destroy([this] { context_ = boost::context::fiber(); });
  }

  void start(Task body) {
    body_ = std::move(body);
    running_ = true;
  }
  bool running() const { return running_; }

  void switch_in() {
    thread_.adopt_thread();
    SanitizerStack::leave(thread_, stack_);
    context_ = std::move(context_).resume();
    SanitizerStack::arrive(thread_, nullptr);
  }
  void switch_out() {
    SanitizerStack::leave(stack_, thread_);
    caller_ = std::move(caller_).resume();
    SanitizerStack::arrive(stack_, &thread_);
  }

 private:
  /// A pooled fiber runs one body after another; between two it is suspended.
  boost::context::fiber loop(boost::context::fiber&& caller) {
    SanitizerStack::arrive(stack_, &thread_);
    caller_ = std::move(caller);
    for (;;) {
      body_();
      body_ = nullptr;
      running_ = false;
      switch_out();
    }
  }

  boost::context::fiber caller_;
  SanitizerStack stack_;
  SanitizerStack thread_;
  Task body_;
  bool running_ = false;
  boost::context::fiber context_;
};

FiberPool::FiberPool(std::size_t stack_bytes) : stack_bytes_(stack_bytes) {}
FiberPool::~FiberPool() = default;

Fiber* FiberPool::take() {
  if (idle_.empty()) {
    all_.push_back(std::make_unique<Fiber>(stack_bytes_));
    return all_.back().get();
  }
  Fiber* fiber = idle_.back();
  idle_.pop_back();
  return fiber;
}

void FiberPool::enter(Fiber* fiber) {
  HF_ASSERT(current_ == nullptr);
  current_ = fiber;
  fiber->switch_in();
  current_ = nullptr;
  if (!fiber->running()) {
    --busy_;
    idle_.push_back(fiber);
  }
}

bool FiberPool::run(Task body) {
  Fiber* fiber = take();
  ++busy_;
  fiber->start(std::move(body));
  enter(fiber);
  return !fiber->running();
}

void FiberPool::suspend() {
  HF_ASSERT(current_ != nullptr);
  current_->switch_out();
}

void FiberPool::resume(Fiber* fiber) { enter(fiber); }

}  // namespace holdfast::runtime
