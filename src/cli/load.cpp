#include "cli/load.h"

#include <algorithm>
#include <cstdio>

#include "cli/zipf.h"
#include "client/bulk.h"
#include "client/requests.h"

namespace holdfast::cli {
namespace {

using client::Op;

constexpr std::size_t kKeyBytes = 16;
constexpr std::uint64_t kFillAtOnce = 500;     // entries of a put_all
constexpr unsigned kGetsToAPut = 9;

Bytes key_of(std::uint64_t number) {
  Bytes key = "key:000000000000";
  for (std::size_t at = kKeyBytes; number > 0 && at > 4; number /= 10) key[--at] = static_cast<char>('0' + number % 10);
  return key;
}

/// The key over and over, so that a value of another key or length is noticed.
Bytes value_of(BytesView key, std::size_t size) {
  Bytes value;
  value.reserve(size + key.size());
  while (value.size() < size) value.append(key);
  value.resize(size);
  return value;
}

/// A small generator of its own for each client: the runtime's draws cost a system call.
struct Draws {
  std::uint64_t state;
  std::uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
};

/// One client. Everything happens on its loop.
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(runtime::Runtime& runtime, const LoadOptions& options, const Zipf& zipf, std::size_t number)
      : runtime_(runtime), options_(options), zipf_(zipf), draws_{0x9E3779B97F4A7C15ULL * (number + 1)}, done_(runtime.scheduler().make_event()) {
    client::ClientOptions own = options.client;
    own.connection.loop = static_cast<runtime::LoopId>(number % runtime.scheduler().loops());
    own.connections_per_server = 1;
    // Clients without a topology spread over the servers.
    std::rotate(own.servers.begin(), own.servers.begin() + static_cast<std::ptrdiff_t>(number % std::max<std::size_t>(own.servers.size(), 1)), own.servers.end());
    loop_ = own.connection.loop;
    core_ = std::make_shared<client::ClientCore>(runtime, own);
    route_ = core_->route(options.cache);
  }
  ~Worker() { core_->close(); }

  const std::shared_ptr<client::ClientCore>& core() const { return core_; }
  const std::shared_ptr<client::CacheRoute>& route() const { return route_; }
  const LoadReport& report() const { return report_; }

  void start(Instant end) {
    end_ = end;
    under_way_ = options_.depth;
    runtime_.scheduler().post(loop_, [self = shared_from_this()] {
      for (std::size_t i = 0; i < self->options_.depth; ++i) self->next();
    });
  }
  void wait() { done_->wait(kNever); }

 private:
  void next() {
    const Instant now = runtime_.clock().now();
    if (now >= end_) {
      if (--under_way_ == 0) done_->set();
      return;
    }
    const Bytes key = key_of(zipf_.draw([this] { return draws_.next(); }));
    const bool reads = options_.work == Work::get || (options_.work == Work::mix && draws_.next() % (kGetsToAPut + 1) != 0);
    auto request = reads ? client::key_request(Op::get, key) : client::write_request(Op::put, {.key = key, .value = value_of(key, options_.value_bytes)});
    // Only a verified read needs its key again.
    core_->start(std::move(request), route_, [self = shared_from_this(), now, reads, kept = options_.verify && reads ? key : Bytes()](Result<client::Response> response) {
      self->answered(now, reads, kept, response);
    });
  }

  void answered(Instant begun, bool reads, const Bytes& key, const Result<client::Response>& response) {
    if (!response.ok()) {
      if (report_.errors++ == 0) report_.first_error = response.error().message();
      // A failure may come at once: the loop gets a turn.
      runtime_.scheduler().post(loop_, [self = shared_from_this()] { self->next(); });
      return;
    }
    report_.latencies.add(runtime_.clock().now() - begun);
    if (options_.verify && reads) verify(key, *response);
    next();
  }

  void verify(const Bytes& key, const client::Response& response) {
    if (!response.value) {
      ++(options_.fill ? report_.missing : report_.verified);
    } else {
      ++(*response.value == value_of(key, options_.value_bytes) ? report_.verified : report_.wrong);
    }
  }

  runtime::Runtime& runtime_;
  const LoadOptions& options_;
  const Zipf& zipf_;
  Draws draws_;
  runtime::LoopId loop_ = 0;
  std::shared_ptr<client::ClientCore> core_;
  std::shared_ptr<client::CacheRoute> route_;
  Instant end_{};
  std::size_t under_way_ = 0;
  LoadReport report_;
  const std::unique_ptr<runtime::Event> done_;
};

Status fill(runtime::Runtime& runtime, const LoadOptions& options, const Worker& worker) {
  for (std::uint64_t first = 0; first < options.keys; first += kFillAtOnce) {
    client::Pairs entries;
    for (std::uint64_t n = first; n < std::min(options.keys, first + kFillAtOnce); ++n) {
      Bytes key = key_of(n);
      Bytes value = value_of(key, options.value_bytes);
      entries.emplace_back(std::move(key), std::move(value));
    }
    const std::shared_ptr<runtime::Event> done = runtime.scheduler().make_event();
    const auto result = std::make_shared<std::optional<Result<client::Pairs>>>();
    client::put_all(worker.core(), worker.route(), std::move(entries), {}, 0, [done, result](Result<client::Pairs> outcome) {
      *result = std::move(outcome);
      done->set();
    });
    done->wait(kNever);
    if (!(*result)->ok()) return (*result)->error();
  }
  return success();
}

void add(LoadReport& sum, const LoadReport& more) {
  sum.latencies.add(more.latencies);
  if (sum.errors == 0) sum.first_error = more.first_error;
  sum.errors += more.errors;
  sum.verified += more.verified;
  sum.wrong += more.wrong;
  sum.missing += more.missing;
}

}  // namespace

Result<LoadReport> run_load(runtime::Runtime& runtime, const LoadOptions& options) {
  const Zipf zipf(std::max<std::uint64_t>(options.keys, 1), options.zipf);
  std::vector<std::shared_ptr<Worker>> workers;
  for (std::size_t i = 0; i < std::max<std::size_t>(options.connections, 1); ++i) workers.push_back(std::make_shared<Worker>(runtime, options, zipf, i));
  // Connected, and with what there is to know of the topology, before the clock runs.
  for (const auto& worker : workers) {
    HF_ASSIGN([[maybe_unused]] const client::Response size, worker->core()->call(client::Request{.op = Op::ping}, worker->route()));
  }
  if (options.fill) HF_TRY(fill(runtime, options, *workers.front()));
  const Instant begun = runtime.clock().now();
  for (const auto& worker : workers) worker->start(begun + options.length);
  LoadReport report;
  for (const auto& worker : workers) worker->wait();
  report.took = runtime.clock().now() - begun;
  for (const auto& worker : workers) add(report, worker->report());
  for (const auto& worker : workers) {
    worker->core()->close();
    worker->core()->wait_until_idle();
  }
  return report;
}

std::string to_line(const LoadReport& r) {
  const auto us = [](Duration time) { return static_cast<double>(time.count()) / 1e3; };
  const double seconds = static_cast<double>(r.took.count()) / 1e9;
  char line[400];
  std::snprintf(line, sizeof line,
                "operations %llu seconds %.3f per_second %.0f p50_us %.1f p99_us %.1f p999_us %.1f max_us %.1f errors %llu verified %llu wrong %llu missing %llu",
                static_cast<unsigned long long>(r.latencies.count()), seconds, seconds > 0 ? static_cast<double>(r.latencies.count()) / seconds : 0.0,
                us(r.latencies.per_mille(500)), us(r.latencies.per_mille(990)), us(r.latencies.per_mille(999)), us(r.latencies.longest()),
                static_cast<unsigned long long>(r.errors), static_cast<unsigned long long>(r.verified), static_cast<unsigned long long>(r.wrong),
                static_cast<unsigned long long>(r.missing));
  return line;
}

}  // namespace holdfast::cli
