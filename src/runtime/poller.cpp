#include "runtime/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "runtime/net.h"

namespace holdfast::runtime {
namespace {

constexpr int kEventsPerTurn = 64;
/// So many are prepared together: what they fetch should still be there when the last of them runs.
constexpr std::size_t kGroup = 16;

}  // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) { HF_ASSERT(epoll_ >= 0); }

Poller::~Poller() {
  clear();
  ::close(epoll_);
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

std::size_t Poller::turn() {
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = std::max(::epoll_wait(epoll_, events.data(), kEventsPerTurn, 0), 0);
  ready_.swap(again_);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto at = sockets_.find(event.data.fd);
    if (at == sockets_.end()) continue;
    const bool ended = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    // References of our own: a handler may close this one or any other.
    ready_.push_back(at->second);
    ready_.back()->on_edge(ended || (event.events & EPOLLIN) != 0, ended || (event.events & EPOLLOUT) != 0, ended);
  }
  for (std::size_t at = 0; at < ready_.size(); at += kGroup) serve(&ready_[at], std::min(kGroup, ready_.size() - at));
  const std::size_t served = ready_.size();
  ready_.clear();
  full_ = count == kEventsPerTurn;
  return served;
}

void Poller::serve(const std::shared_ptr<Pollable>* first, std::size_t count) {
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
