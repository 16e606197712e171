#include "local/world.h"

#include "runtime/posix_runtime.h"

namespace holdfast::detail {
namespace {

/// One loop, for the control plane; listeners of a program run on its fibers, so their stacks are large (virtual bytes).
constexpr runtime::PosixRuntimeOptions kRuntimeOptions{.loops = 1, .fiber_stack_bytes = 1 << 20, .blocking_threads_max = 16};

std::unique_ptr<runtime::Runtime> make_runtime(const CacheManagerOptions& options) {
  auto runtime = runtime::make_posix_runtime(kRuntimeOptions);
  if (options.log) {
    runtime->log().set_sink([log = options.log](const LogRecord& r) { log(r.level, r.category, r.message); }, options.log_least);
  }
  return runtime;
}

engine::CacheManagerOptions engine_options(const ContainerConfiguration& configuration, const CacheManagerOptions& options) {
  if (configuration.global_state.enabled && !options.definitions) {
    throw CacheException(Errc::invalid_configuration,
                         "global-state is enabled, but nothing writes definitions down: give CacheManagerOptions::definitions "
                         "(definitions_in_xml() of <holdfast/configuration_file.h>), or disable global-state");
  }
  engine::CacheManagerOptions made;
  made.configuration = configuration;
  if (options.definitions) made.definition_format = options.definitions->format;
  return made;
}

}  // namespace

void raise(const Error& error) { throw CacheException(error.code(), error.message()); }

World::World(const ContainerConfiguration& configuration, const CacheManagerOptions& options)
    : runtime_(make_runtime(options)),
      manager_(engine::make_cache_manager(*runtime_, engine_options(configuration, options))),
      idle_(runtime_->scheduler().make_event()) {}

World::~World() {
  manager_.reset();
  // The last handle may have been let go by a listener's closure, on our own loop.
  runtime::destroy(std::move(runtime_));
}

void World::start() {
  check(manager_->start());
  Locked locked(lock_);
  accepting_ = true;
}

void World::stop() {
  bool wait = false;
  {
    Locked locked(lock_);
    accepting_ = false;
    wait = under_way_ > 0;
  }
  if (wait) {
    idle_->wait(kNever);
    const Locked done_with_the_event(lock_);
  }
  manager_->stop();
}

std::shared_ptr<Interceptors> World::interceptors_of(const std::shared_ptr<engine::LocalCache>& cache) {
  Locked locked(lock_);
  if (const auto at = interceptors_.find(cache); at != interceptors_.end()) return at->second;
  std::erase_if(interceptors_, [](const auto& known) { return known.first.expired(); });
  return interceptors_.emplace(cache, std::make_shared<Interceptors>(*runtime_)).first->second;
}

void World::begin_operation() {
  Locked locked(lock_);
  if (!accepting_) throw CacheException(Errc::stopped, "the cache manager is not running");
  ++under_way_;
  idle_->reset();
}

void World::end_operation() {
  Locked locked(lock_);
  if (--under_way_ == 0) idle_->set();
}

void World::run_elsewhere(std::function<void()> task) {
  begin_operation();
  runtime_->scheduler().spawn(runtime::kControlLoop, [this, task = std::move(task)]() mutable {
    runtime_->scheduler().run_blocking([&task] {
      task();
      task = nullptr;  // what it holds goes on a thread that may wait, and before the world may go
    });
    end_operation();
  });
}

}  // namespace holdfast::detail
