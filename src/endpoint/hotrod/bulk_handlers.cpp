// Operations on many entries, or on a cache as a whole.
#include "endpoint/hotrod/handlers.h"
#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

using ops::OpId;

constexpr std::size_t kPieceBytesMax = std::size_t{256} << 10;  // of a long answer, before it waits for the client
constexpr Duration kReaderPatience = std::chrono::minutes(10);

/// A long answer, written in pieces between which no event comes. Once its head is out it can only end whole, or with
/// the connection.
class LongAnswer {
 public:
  explicit LongAnswer(Call& call) : call_(call), events_(call.session().events(call.connection())) {
    events_->hold();
    call.answer(ResponseStatus::success);
  }
  ~LongAnswer() { events_->release(); }

  /// False: the client is gone, or does not read.
  bool wait_for_room() {
    runtime::Connection& connection = call_.connection();
    if (connection.pending_output() <= kPieceBytesMax) return true;
    const Instant deadline = call_.session().state().context.runtime->clock().now() + kReaderPatience;
    if (connection.wait_for_output_below(kPieceBytesMax / 2, deadline)) return true;
    connection.abort();
    return false;
  }

 private:
  Call& call_;
  const std::shared_ptr<EventChannel> events_;
};

using AppendEntry = void (*)(Bytes&, const Entry&);

void append_key(Bytes& out, const Entry& entry) { append_array(out, entry.key); }
void append_pair(Bytes& out, const Entry& entry) {
  append_array(out, entry.key);
  append_array(out, entry.value);
}

/// `limit` 0 = all.
void answer_all(Call& call, OpId op, std::uint64_t limit, AppendEntry append) {
  auto entries = call.view().entries_of_segment(op, 0);
  if (!entries.ok()) return call.fail(entries.error());
  // The answer outlives a change of the session's views.
  const server::CacheView view = call.view();
  LongAnswer answer(call);
  Bytes& out = call.connection().output();
  std::uint64_t count = 0;
  for (std::uint32_t segment = 0;;) {
    for (const Entry& entry : *entries) {
      if (limit != 0 && count == limit) break;
      append_u8(out, 1);
      append(out, entry);
      ++count;
      if (!answer.wait_for_room()) return;
    }
    if (++segment == view.segments() || (limit != 0 && count == limit)) break;
    entries = view.entries_of_segment(op, segment);
    if (!entries.ok()) return call.connection().abort();
  }
  append_u8(out, 0);
}

void append_figure(Bytes& out, std::uint32_t& count, std::string_view name, std::int64_t value) {
  append_array(out, name);
  append_array(out, std::to_string(value));
  ++count;
}

}  // namespace

void handle_get_all(Call& call) {
  const std::uint32_t count = call.in.vint();
  const BytesView keys = call.read_arrays(count);
  if (!call.open()) return;
  Reader in(keys);
  Bytes body;
  std::uint32_t found_count = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const BytesView key = in.array();
    const auto found = call.view().read(OpId::get_all, key, [&](const EntryView& entry) {
      append_array(body, key);
      append_array(body, entry.value);
    });
    if (!found.ok()) return call.fail(found.error());
    found_count += *found ? 1 : 0;
  }
  Bytes& out = call.answer(ResponseStatus::success);
  append_vint(out, found_count);
  out.append(body);
}

void handle_put_all(Call& call) {
  const WireExpiration expiration = call.read_expiration();
  const std::uint32_t count = call.in.vint();
  const BytesView entries = call.read_arrays(std::uint64_t{count} * 2);
  if (!call.open()) return;
  if (auto allowed = call.view().check(OpId::put_all); !allowed.ok()) return call.fail(allowed.error());
  Reader in(entries);
  for (std::uint32_t i = 0; i < count; ++i) {
    Mutation m;
    m.key = in.array();
    m.value = in.array();
    m.lifespan_ms = expiration.lifespan_ms;
    m.max_idle_ms = expiration.max_idle_ms;
    m.flags = skip_flags(call.header.flags) | WriteFlag::ignore_return_values;
    const auto written = call.view().write(OpId::put_all, m);
    if (!written.ok()) return call.fail(written.error());
  }
  call.answer(ResponseStatus::success);
}

void handle_clear(Call& call) {
  if (!call.open()) return;
  const auto cleared = call.view().clear();
  if (!cleared.ok()) return call.fail(cleared.error());
  call.answer(ResponseStatus::success);
}

void handle_size(Call& call) {
  if (!call.open()) return;
  const auto size = call.view().size();
  if (!size.ok()) return call.fail(size.error());
  append_vlong(call.answer(ResponseStatus::success), *size);
}

void handle_stats(Call& call) {
  if (!call.open()) return;
  const auto taken = call.view().statistics();
  if (!taken.ok()) return call.fail(taken.error());
  const auto& s = *taken;
  const auto or_off = [&s](std::int64_t value) { return s.enabled ? value : -1; };
  const Traffic& traffic = call.session().state().traffic;
  Bytes body;
  std::uint32_t count = 0;
  append_figure(body, count, "timeSinceStart", s.time_since_start_s);
  append_figure(body, count, "currentNumberOfEntries", or_off(s.entries));
  append_figure(body, count, "stores", s.stores);
  append_figure(body, count, "retrievals", s.retrievals());
  append_figure(body, count, "hits", s.hits);
  append_figure(body, count, "misses", s.misses);
  append_figure(body, count, "removeHits", s.remove_hits);
  append_figure(body, count, "removeMisses", s.remove_misses);
  append_figure(body, count, "approximateEntries", or_off(s.approximate_entries));
  append_figure(body, count, "approximateEntriesUnique", or_off(s.approximate_entries));
  append_figure(body, count, "totalBytesRead", static_cast<std::int64_t>(traffic.read()));
  append_figure(body, count, "totalBytesWritten", static_cast<std::int64_t>(traffic.written()));
  Bytes& out = call.answer(ResponseStatus::success);
  append_vint(out, count);
  out.append(body);
}

void handle_bulk_get(Call& call) {
  const std::uint32_t limit = call.in.vint();
  if (call.open()) answer_all(call, OpId::iterate, limit, append_pair);
}

void handle_bulk_get_keys(Call& call) {
  call.in.vint();  // the scope: this node or the whole cluster, which are one here
  if (call.open()) answer_all(call, OpId::get_keys, 0, append_key);
}

}  // namespace holdfast::hotrod
