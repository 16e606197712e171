#include "sim/network.h"

#include <algorithm>

#include "base/assert.h"
#include "sim/host.h"
#include "sim/sim_connection.h"
#include "sim/simulation.h"

namespace holdfast::sim {

Network::Network(Simulation& simulation, Prng prng, const NetworkOptions& options) : simulation_(simulation), prng_(prng), options_(options) {}
Network::~Network() = default;

// Faults.

Link& Network::link(const SimHost& from, const SimHost& to) { return links_[{from.index(), to.index()}]; }

void Network::cut(const SimHost& from, const SimHost& to) {
  link(from, to).cut = true;
  simulation_.note(Step::cut, from.index(), to.index());
}

void Network::cut_both(const SimHost& a, const SimHost& b) {
  cut(a, b);
  cut(b, a);
}

void Network::heal(const SimHost& from, const SimHost& to) {
  Link& between = link(from, to);
  if (!between.cut) return;
  between.cut = false;
  simulation_.note(Step::heal, from.index(), to.index());
  revive(&from, &to);
}

void Network::heal_both(const SimHost& a, const SimHost& b) {
  heal(a, b);
  heal(b, a);
}

void Network::heal_all() {
  for (const auto& from : simulation_.hosts()) {
    for (const auto& to : simulation_.hosts()) heal(*from, *to);
  }
}

void Network::partition(const std::vector<std::vector<SimHost*>>& groups) {
  for (const auto& group : groups) {
    for (const auto& other : groups) {
      if (&group == &other) continue;
      for (const SimHost* a : group) {
        for (const SimHost* b : other) cut(*a, *b);
      }
    }
  }
}

void Network::reset_streams(const SimHost& a, const SimHost& b) {
  const auto all = streams_;
  for (const auto& [id, stream] : all) {
    const bool between = (stream->side[0].host == &a && stream->side[1].host == &b) || (stream->side[0].host == &b && stream->side[1].host == &a);
    if (!between) continue;
    simulation_.note(Step::reset, id);
    break_end(stream, 0);
    break_end(stream, 1);
    forget_if_over(stream);
  }
}

bool Network::reachable(const SimHost& from, const SimHost& to) {
  if (!to.powered()) return false;
  const auto at = links_.find({from.index(), to.index()});
  return at == links_.end() || !at->second.cut;
}

Duration Network::travel_time(const SimHost& from, const SimHost& to) {
  if (&from == &to) return prng_.between(Duration(1000), options_.local_delay_max);
  Duration total = prng_.between(options_.delay_min, options_.delay_max);
  if (prng_.chance_ppm(options_.tail_ppm)) total += prng_.between(Duration(0), options_.tail_max);
  const auto at = links_.find({from.index(), to.index()});
  return at == links_.end() ? total : total + at->second.extra_delay;
}

Duration Network::delay(const SimHost& from, const SimHost& to, std::size_t) {
  const Duration total = travel_time(from, to);
  if (&from == &to) return total;
  const auto at = links_.find({from.index(), to.index()});
  const std::uint32_t loss = options_.loss_ppm + (at == links_.end() ? 0 : at->second.loss_ppm);
  return prng_.chance_ppm(loss) ? total + prng_.between(options_.resend_min, options_.resend_max) : total;
}

// Streams.

std::size_t Network::room(const Stream& stream, int side) const {
  const std::size_t used = stream.side[side].unfreed;
  return used < options_.window_bytes ? options_.window_bytes - used : 0;
}

void Network::send(const std::shared_ptr<Stream>& stream, int side, Segment::Kind kind, Bytes data, std::size_t freed) {
  stream->side[side].unfreed += data.size();
  if (data.size() > 1 && prng_.chance_ppm(options_.split_ppm)) {
    const auto at = static_cast<std::size_t>(prng_.between(1, static_cast<std::int64_t>(data.size()) - 1));
    push(stream, side, {Duration{}, kind, data.substr(0, at), 0});
    data.erase(0, at);
  }
  push(stream, side, {Duration{}, kind, std::move(data), freed});
}

void Network::push(const std::shared_ptr<Stream>& stream, int side, Segment segment) {
  Stream::Side& from = stream->side[side];
  Stream::Side& to = stream->side[1 - side];
  if (!from.host->powered()) return;
  Duration due = std::max(simulation_.now() + delay(*from.host, *to.host, segment.data.size()), from.last_due);
  if (const auto at = links_.find({from.host->index(), to.host->index()}); at != links_.end() && at->second.bytes_per_second > 0) {
    due += Duration(static_cast<std::int64_t>(segment.data.size() * 1'000'000'000U / at->second.bytes_per_second));
  }
  from.last_due = due;
  segment.due = due;
  from.flying.push_back(std::move(segment));
  if (!from.scheduled && !from.stalled) schedule(stream, side, due);
}

void Network::schedule(const std::shared_ptr<Stream>& stream, int side, Duration at) {
  stream->side[side].scheduled = true;
  simulation_.queue().schedule(std::max(at, simulation_.now()), [this, stream, side] { deliver(stream, side); });
}

void Network::deliver(const std::shared_ptr<Stream>& stream, int side) {
  Stream::Side& from = stream->side[side];
  from.scheduled = false;
  if (!streams_.contains(stream->id) || from.flying.empty()) return;
  if (!reachable(*from.host, *stream->side[1 - side].host)) {
    stall(stream, side);
    return;
  }
  while (!from.flying.empty() && from.flying.front().due <= simulation_.now()) {
    Segment segment = std::move(from.flying.front());
    from.flying.pop_front();
    deliver_one(stream, side, std::move(segment));
  }
  if (!from.flying.empty()) schedule(stream, side, from.flying.front().due);
}

void Network::deliver_one(const std::shared_ptr<Stream>& stream, int side, Segment segment) {
  Stream::Side& to = stream->side[1 - side];
  simulation_.note(Step::deliver, stream->id << 1 | static_cast<unsigned>(side), static_cast<std::uint64_t>(segment.kind) << 32 | segment.data.size(), segment.data);
  const auto end = to.open ? to.end.lock() : nullptr;
  if (end == nullptr) {
    if (segment.kind == Segment::Kind::data) push(stream, 1 - side, {Duration{}, Segment::Kind::reset, {}, 0});
    return;
  }
  switch (segment.kind) {
    case Segment::Kind::data: end->arrived(segment.data); break;
    case Segment::Kind::end: end->arrived_end(); break;
    case Segment::Kind::reset:
      break_end(stream, 1 - side);
      forget_if_over(stream);
      break;
    case Segment::Kind::window:
      to.unfreed -= std::min(to.unfreed, segment.freed);
      end->room_grew();
      break;
  }
}

/// The system tells the process that the stream is no more.
void Network::break_end(const std::shared_ptr<Stream>& stream, int side) {
  Stream::Side& at = stream->side[side];
  const auto end = at.open ? at.end.lock() : nullptr;
  at.open = false;
  ends_.erase({stream->id, side});
  if (end != nullptr) end->arrived_reset();
}

void Network::stall(const std::shared_ptr<Stream>& stream, int side) {
  Stream::Side& from = stream->side[side];
  simulation_.note(Step::stall, stream->id << 1 | static_cast<unsigned>(side));
  from.stalled = true;
  const std::uint64_t number = ++from.stall;
  simulation_.after(options_.give_up_after, [this, stream, side, number] { give_up(stream, side, number); });
}

void Network::give_up(const std::shared_ptr<Stream>& stream, int side, std::uint64_t stall) {
  Stream::Side& from = stream->side[side];
  if (!from.stalled || from.stall != stall || !streams_.contains(stream->id)) return;
  simulation_.note(Step::reset, stream->id << 1 | static_cast<unsigned>(side));
  from.flying.clear();
  from.stalled = false;
  break_end(stream, side);
  forget_if_over(stream);
}

/// What stalled on the way is sent again; null = any host.
void Network::revive(const SimHost* from, const SimHost* to) {
  for (const auto& [id, stream] : streams_) {
    for (int side = 0; side < 2; ++side) {
      Stream::Side& at = stream->side[side];
      const bool ours = (from == nullptr || at.host == from) && (to == nullptr || stream->side[1 - side].host == to);
      if (!ours || !at.stalled) continue;
      at.stalled = false;
      schedule(stream, side, simulation_.now() + prng_.between(options_.resend_min, options_.resend_max));
    }
  }
}

void Network::close(const std::shared_ptr<Stream>& stream, int side, bool reset) {
  Stream::Side& at = stream->side[side];
  if (!at.open) return;
  at.open = false;
  simulation_.note(Step::close, stream->id << 1 | static_cast<unsigned>(side), reset ? 1 : 0);
  push(stream, side, {Duration{}, reset ? Segment::Kind::reset : Segment::Kind::end, {}, 0});
  ends_.erase({stream->id, side});
  forget_if_over(stream);
}

void Network::forget_if_over(const std::shared_ptr<Stream>& stream) {
  if (!stream->side[0].open && !stream->side[1].open) streams_.erase(stream->id);
}

// Processes.

void Network::process_started(SimHost& host) { revive(nullptr, &host); }

void Network::process_ended(SimHost& host, bool power) {
  std::erase_if(listeners_, [&](const auto& listener) {
    if (listener->host != &host) return false;
    listener->closed = true;
    orphaned_listeners_.push_back(listener);
    return true;
  });
  std::erase_if(datagrams_, [&](const auto& socket) {
    if (socket->host != &host) return false;
    socket->closed = true;
    orphaned_datagrams_.push_back(socket);
    return true;
  });
  std::vector<std::pair<std::shared_ptr<Stream>, int>> open;
  for (const auto& [id, stream] : streams_) {
    for (int side = 0; side < 2; ++side) {
      if (stream->side[side].host == &host && stream->side[side].open) open.emplace_back(stream, side);
    }
  }
  for (const auto& [stream, side] : open) {
    const auto end = stream->side[side].end.lock();
    if (end != nullptr) orphans_.push_back(end);
    if (!power) {
      close(stream, side, end != nullptr && end->has_unread());
      continue;
    }
    stream->side[side].open = false;
    if (stream->side[side].stalled) stream->side[side].flying.clear();
    ends_.erase({stream->id, side});
    forget_if_over(stream);
  }
}

void Network::drop_handlers(SimHost& host) {
  const auto mine = std::stable_partition(orphans_.begin(), orphans_.end(), [&](const auto& end) { return &end->host() != &host; });
  std::vector<std::shared_ptr<SimConnection>> ends(mine, orphans_.end());
  orphans_.erase(mine, orphans_.end());
  for (const auto& end : ends) end->orphan();
  std::erase_if(orphaned_listeners_, [&](const auto& listener) { return listener->host == &host; });
  std::erase_if(orphaned_datagrams_, [&](const auto& socket) { return socket->host == &host; });
}

}  // namespace holdfast::sim
