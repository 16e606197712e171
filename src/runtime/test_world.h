// TestWorld: a runtime for the tests of higher folders: a clock that moves when told, loops that run when told, a disk
// in memory that can be full.
//
// Owner: the test.  Threads: any for events and posting; run() and advance() from one thread.  Waits: by spinning.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/mutex.h"
#include "runtime/runtime.h"

namespace holdfast::runtime {

class TestWorld final : public Runtime, Clock, Random, Scheduler, Disk {
 public:
  Clock& clock() override { return *this; }
  Random& random() override { return *this; }
  Scheduler& scheduler() override { return *this; }
  Net& net() override { HF_ASSERT(false); }
  Disk& disk() override { return *this; }
  Logger& log() override { return log_; }

  /// Runs what was posted, until nothing is left.
  void run() {
    for (;;) {
      Task task;
      {
        Locked locked(lock_);
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }
  /// Moves the clock, and runs the timers that are due on the way.
  void advance(TimeMs ms) {
    const TimeMs end = ms_ + ms;
    run();
    for (std::shared_ptr<Pending> next = earliest(end); next; next = earliest(end)) {
      ms_ = std::max<TimeMs>(ms_, next->when);
      ++timers_fired_;
      next->task();
      run();
    }
    ms_ = end;
  }
  int timers_fired() const { return timers_fired_; }
  int timers_pending() {
    Locked locked(lock_);
    return static_cast<int>(std::count_if(timers_.begin(), timers_.end(), [](const auto& t) { return !t->cancelled; }));
  }
  void fill_disk(bool full) { full_ = full; }
  std::map<std::string, Bytes>& files() { return files_; }

 private:
  struct Pending {
    TimeMs when = 0;
    Task task;
    std::atomic<bool> cancelled{false};
  };
  struct TestTimer final : Timer {
    explicit TestTimer(std::shared_ptr<Pending> p) : pending(std::move(p)) {}
    ~TestTimer() override { pending->cancelled = true; }
    void cancel() override { pending->cancelled = true; }
    std::shared_ptr<Pending> pending;
  };
  struct TestEvent final : Event {
    explicit TestEvent(TestWorld& w) : world(w) {}
    void set() override { flag = true; }
    void reset() override { flag = false; }
    bool is_set() const override { return flag; }
    /// Virtual time does not pass here: a deadline is a bounded number of looks.
    bool wait(Instant deadline) override {
      for (long looks = 0; !flag; ++looks) {
        if (deadline != kNever && looks > 200'000'000) return false;
        if (deadline <= world.now()) return flag;
        __builtin_ia32_pause();
      }
      return true;
    }
    TestWorld& world;
    std::atomic<bool> flag{false};
  };
  struct TestLock final : FileLock {
    TestLock(TestWorld& w, std::string p) : world(w), path(std::move(p)) {}
    ~TestLock() override { world.locked_files_.erase(path); }
    TestWorld& world;
    std::string path;
  };

  std::shared_ptr<Pending> earliest(TimeMs until) {
    Locked locked(lock_);
    std::erase_if(timers_, [](const auto& t) { return t->cancelled.load(); });
    const auto at = std::min_element(timers_.begin(), timers_.end(), [](const auto& a, const auto& b) { return a->when < b->when; });
    if (at == timers_.end() || (*at)->when > until) return nullptr;
    auto found = *at;
    timers_.erase(at);
    return found;
  }

  Instant now() override { return Instant(std::chrono::milliseconds(ms_.load())); }
  TimeMs now_ms() override { return ms_; }
  TimeMs wall_ms() override { return ms_; }
  std::uint64_t next() override { return 4; }
  Bytes secret(std::size_t count) override { return Bytes(count, 's'); }
  LoopId loops() const override { return 1; }
  LoopId current_loop() const override { return kNoLoop; }
  bool in_fiber() const override { return false; }
  void post(LoopId, Task task) override {
    Locked locked(lock_);
    tasks_.push_back(std::move(task));
  }
  void spawn(LoopId loop, Task body) override { post(loop, std::move(body)); }
  std::unique_ptr<Timer> at(LoopId, Instant when, Task task) override {
    auto pending = std::make_shared<Pending>();
    pending->when = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
    pending->task = std::move(task);
    Locked locked(lock_);
    timers_.push_back(pending);
    return std::make_unique<TestTimer>(pending);
  }
  std::unique_ptr<Event> make_event() override { return std::make_unique<TestEvent>(*this); }
  void sleep_until(Instant) override {}
  void run_blocking(FunctionRef<void()> work) override { work(); }

  Result<Bytes> read(const std::string& path) override {
    const auto at = files_.find(path);
    if (at == files_.end()) return Error(Errc::not_found, path + " does not exist");
    return at->second;
  }
  Status replace(const std::string& path, BytesView content) override {
    if (full_) return Error(Errc::out_of_space, path + ": no space left on the disk");
    files_[path] = Bytes(content);
    return success();
  }
  Status remove(const std::string& path) override {
    files_.erase(path);
    return success();
  }
  Status make_folders(const std::string&) override { return success(); }
  bool exists(const std::string& path) override { return files_.contains(path); }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::vector<std::string> names;
    for (const auto& [path, content] : files_) {
      if (path.starts_with(folder + "/") && path.find('/', folder.size() + 1) == std::string::npos) names.push_back(path.substr(folder.size() + 1));
    }
    return names;
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    if (!locked_files_.insert(path).second) return Error(Errc::already_exists, path + " is locked");
    return std::unique_ptr<FileLock>(std::make_unique<TestLock>(*this, path));
  }

  SpinLock lock_;
  std::deque<Task> tasks_ HF_GUARDED_BY(lock_);
  std::vector<std::shared_ptr<Pending>> timers_ HF_GUARDED_BY(lock_);
  std::atomic<TimeMs> ms_{1'790'000'000'000};
  std::atomic<int> timers_fired_{0};
  bool full_ = false;
  std::map<std::string, Bytes> files_;
  std::set<std::string> locked_files_;
  Logger log_;
};

}  // namespace holdfast::runtime
