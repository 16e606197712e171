#include "sim/host.h"

#include "base/assert.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

/// `time` as a clock counts it that runs `ppm` too fast.
Duration scaled(Duration time, std::int64_t ppm) {
  const std::int64_t ns = time.count();
  return Duration(ns + ns / 1'000'000 * ppm + ns % 1'000'000 * ppm / 1'000'000);
}

}  // namespace

SimClock::SimClock(Simulation& simulation, const HostOptions& options)
    : simulation_(simulation),
      drift_ppm_(options.drift_ppm),
      base_simulated_(simulation.now()),
      base_local_(options.uptime),
      wall_anchor_(options.wall_ms - std::chrono::duration_cast<std::chrono::milliseconds>(options.uptime).count()) {}

Instant SimClock::ticks() const { return Instant(base_local_ + scaled(simulation_.now() - base_simulated_, drift_ppm_)); }

Instant SimClock::now() { return std::max(pretended_, ticks()); }

TimeMs SimClock::now_ms() { return wall_anchor_ + std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count(); }

TimeMs SimClock::wall_ms() { return now_ms() + wall_offset_; }

void SimClock::set_drift(std::int32_t ppm) {
  base_local_ = ticks().time_since_epoch();
  base_simulated_ = simulation_.now();
  drift_ppm_ = ppm;
  simulation_.note(Step::clock, static_cast<std::uint64_t>(std::int64_t{ppm}));
}

Duration SimClock::simulated(Instant when) const {
  if (when == kNever) return Duration::max();
  const Duration local = when.time_since_epoch() - base_local_;
  if (local > std::chrono::hours(24 * 365 * 100)) return Duration::max();
  Duration at = base_simulated_ + scaled(local, -std::int64_t{drift_ppm_});
  // The inverse is exact but for rounding: never early.
  while (scaled(at - base_simulated_, drift_ppm_) < local) at += std::max(Duration(1), (local - scaled(at - base_simulated_, drift_ppm_)));
  return std::max(at, simulation_.now());
}

Bytes SimRandom::secret(std::size_t count) {
  Bytes bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(prng_.next() >> 56);
  return bytes;
}

SimHost::SimHost(Simulation& simulation, std::uint32_t index, const HostOptions& options, Prng prng)
    : simulation_(simulation),
      index_(index),
      name_(options.name.empty() ? "host" + std::to_string(index + 1) : options.name),
      address_(options.address.empty() ? "10.0.0." + std::to_string(index + 1) : options.address),
      prng_(prng),
      clock_(simulation, options),
      random_(Prng(prng_.next())),
      scheduler_(simulation, *this, options.loops),
      net_(simulation.network().make_net(*this)),
      disk_(*this) {
  watch_log();
}

SimHost::~SimHost() = default;

void SimHost::watch_log() {
  log_.set_sink([this](const LogRecord& record) { simulation_.note(Step::log, index_, static_cast<std::uint64_t>(record.level), record.message); }, LogLevel::info);
}

void SimHost::run(std::function<void(runtime::Runtime&)> main) {
  HF_ASSERT(!scheduler_.has_main());
  ++incarnation_;
  running_ = powered_ = true;
  clock_.stop_pretending();
  paused_ = false;
  watch_log();
  simulation_.note(Step::start, index_, incarnation_);
  simulation_.network().process_started(*this);
  scheduler_.start_main([this, main = std::move(main)] { main(*this); });
}

void SimHost::die(bool power) {
  if (power) powered_ = false;
  if (!running_) return;
  running_ = false;
  paused_ = false;
  simulation_.note(power ? Step::power_off : Step::crash, index_, incarnation_);
  disk_.process_ended(power);
  simulation_.network().process_ended(*this, power);
  // A fiber cannot end while it or another one is on the stack.
  if (simulation_.fibers().current() == nullptr && simulation_.current_host() == nullptr) {
    reap();
  } else {
    simulation_.after(Duration(0), [this] { reap(); });
  }
}

void SimHost::reap() {
  scheduler_.drop_fibers();
  simulation_.network().drop_handlers(*this);
  scheduler_.drop_tasks();
  scheduler_.drop_main();
}

void SimHost::pause() {
  if (paused_ || !running_) return;
  paused_ = true;
  simulation_.note(Step::pause, index_);
}

void SimHost::resume() {
  if (!paused_) return;
  paused_ = false;
  simulation_.note(Step::resume, index_);
  scheduler_.resume_loops();
}

}  // namespace holdfast::sim
