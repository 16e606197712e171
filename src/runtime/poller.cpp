#include "runtime/poller.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/assert.h"
#include "runtime/net.h"

namespace holdfast::runtime {
namespace {

/// So many are prepared together: what they fetch should still be there when the last of them runs.
constexpr std::size_t kGroup = 16;

}  // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), clock_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  HF_ASSERT(epoll_ >= 0 && wake_ >= 0 && clock_ >= 0);
  for (const int own : {wake_, clock_}) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = own;
    HF_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_ADD, own, &event) == 0);
  }
}

Poller::~Poller() {
  clear();
  ::close(clock_);
  ::close(wake_);
  ::close(epoll_);
}

void Poller::wake() {
  const std::uint64_t one = 1;
  HF_ASSERT(::write(wake_, &one, sizeof one) == sizeof one);
}

void Poller::add(int socket, std::shared_ptr<Pollable> pollable) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.fd = socket;
  HF_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) == 0);
  sockets_[socket] = std::move(pollable);
}

void Poller::remove(int socket) {
  epoll_event ignored{};
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, &ignored);
  sockets_.erase(socket);
}

void Poller::wait(bool until_ready) {
  events_n_ = static_cast<std::size_t>(std::max(::epoll_wait(epoll_, events_.data(), static_cast<int>(kEventsMax), until_ready ? -1 : 0), 0));
}

void Poller::wake_at(Instant when) {
  if (when >= alarm_) return;
  alarm_ = when;
  const auto since_boot = std::max(when.time_since_epoch(), Duration(1));  // zero would be never
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  itimerspec at{};
  at.it_value = {static_cast<time_t>(seconds.count()), static_cast<long>(std::chrono::nanoseconds(since_boot - seconds).count())};
  HF_ASSERT(::timerfd_settime(clock_, TFD_TIMER_ABSTIME, &at, nullptr) == 0);
}

void Poller::take_edges() {
  for (std::size_t i = 0; i < events_n_; ++i) {
    const epoll_event& event = events_[i];
    if (event.data.fd == clock_) alarm_ = kNever;
    const auto at = sockets_.find(event.data.fd);
    if (at == sockets_.end()) continue;  // our own, or removed meanwhile
    const bool ended = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    // References of our own: a handler may close this one or any other.
    ready_.push_back(at->second);
    ready_.back()->on_edge(ended || (event.events & EPOLLIN) != 0, ended || (event.events & EPOLLOUT) != 0, ended);
  }
}

void Poller::serve() {
  ready_.swap(again_);
  take_edges();
  for (std::size_t at = 0; at < ready_.size(); at += kGroup) serve_group(&ready_[at], std::min(kGroup, ready_.size() - at));
  ready_.clear();
}

void Poller::serve_group(const std::shared_ptr<Pollable>* first, std::size_t count) {
  std::array<Pollable*, kGroup> running{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (first[i]->receive()) running[n++] = first[i].get();
  }
  if (n > 1) {
    for (int round = 0; round < Handler::kPrepareRounds; ++round) {
      for (std::size_t i = 0; i < n; ++i) running[i]->prepare(round);
    }
  }
  for (std::size_t i = 0; i < n; ++i) running[i]->run();
}

void Poller::clear() {
  sockets_.clear();
  again_.clear();
}

}  // namespace holdfast::runtime
