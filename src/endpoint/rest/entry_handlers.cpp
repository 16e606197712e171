// Entries: GET, HEAD, PUT, POST, DELETE of a key.
#include <charconv>
#include <limits>

#include "endpoint/rest/conditions.h"
#include "endpoint/rest/handlers.h"
#include "endpoint/rest/open_cache.h"
#include "endpoint/rest/flags.h"

namespace holdfast::rest {
namespace {

using Verdict = Conditions::Verdict;

constexpr std::size_t kKeySegment = 4;
/// How often a condition that needs a look is tried against other writers.
constexpr int kAttemptsMax = 32;

void refuse_condition(Exchange& x) { x.fail(412, "the entry is not as the request's conditions want it"); }

// ---- Reading

/// When the entry is over, by its lifespan or by its last use; kImmortal = never.
TimeMs end_of(const Metadata& m) {
  TimeMs end = kImmortal;
  if (m.expiration.lifespan_ms >= 0) end = m.created_ms + m.expiration.lifespan_ms;
  if (m.expiration.max_idle_ms >= 0) {
    const TimeMs idle = m.last_used_ms + m.expiration.max_idle_ms;
    end = end < 0 ? idle : std::min(end, idle);
  }
  return end;
}

constexpr std::size_t kDateBytes = std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size();

TimeMs whole_seconds_up(TimeMs ms) { return (ms + 999) / 1000; }

void describe(Head& head, const Metadata& m, TimeMs now) {
  head.out() += "ETag: ";
  append_etag(head.out(), m.version);
  const TimeMs modified = created_ms(m.version);
  head.out() += "\r\nLast-Modified: ";
  const std::size_t date_at = head.out().size();
  append_http_date(head.out(), modified);
  head.out() += "\r\n";
  // Mostly the three are one, and making a date is the dearest part of a small answer.
  const auto date = [&](std::string_view name, TimeMs when) {
    if (when / 1000 != modified / 1000) {
      head.date(name, when);
    } else {
      head.out().append(name).append(": ").append(head.out(), date_at, kDateBytes).append("\r\n");
    }
  };
  date("created", m.created_ms);
  date("lastUsed", m.last_used_ms);
  if (m.expiration.immortal()) return;
  const TimeMs end = end_of(m);
  head.out() += "Cache-Control: max-age=";
  append_number(head.out(), std::max<TimeMs>(0, (end - now) / 1000));
  head.out() += "\r\n";
  head.date("Expires", end);
  if (m.expiration.lifespan_ms >= 0) head.number("timeToLiveSeconds", whole_seconds_up(m.expiration.lifespan_ms));
  if (m.expiration.max_idle_ms >= 0) head.number("maxIdleTimeSeconds", whole_seconds_up(m.expiration.max_idle_ms));
}

/// ?extended: where the entry lives.
void describe_place(Exchange& x, Head& head) {
  const server::ServerControl* control = x.state().context.control;
  if (control == nullptr || !x.parameter("extended")) return;
  const auto addresses = control->physical_addresses();
  head.field("Cluster-Primary-Owner", control->node_name()).field("Cluster-Node-Name", control->node_name());
  if (!addresses.empty()) head.field("Cluster-Server-Address", addresses.front());
}

/// "Cache-Control: min-fresh=N" of the request; -1 = not said.
std::int64_t min_fresh_seconds(const Request& request) {
  constexpr std::string_view kName = "min-fresh=";
  const BytesView control = request.header("Cache-Control");
  const std::size_t at = control.find(kName);
  if (at == BytesView::npos) return -1;
  std::int64_t seconds = -1;
  std::from_chars(control.data() + at + kName.size(), control.data() + control.size(), seconds);
  return seconds;
}

enum class Shown : std::uint8_t { whole, refused, not_fresh };

/// Runs while the entry is held: it only copies; what is refused is answered afterwards.
Shown show(Exchange& x, const KeptView& kept, const Conditions& conditions, const EntryView& entry) {
  const TimeMs now = x.state().context.runtime->clock().now_ms();
  if (const std::int64_t fresh = min_fresh_seconds(x.request); fresh >= 0) {
    const TimeMs end = end_of(entry.metadata);
    if (end >= 0 && end - now < fresh * 1000) return Shown::not_fresh;
  }
  const Verdict verdict = conditions.any() ? conditions.judge(&entry.metadata, true) : Verdict::go_on;
  if (verdict == Verdict::failed) return Shown::refused;
  Head head = x.head(verdict == Verdict::not_modified ? 304 : 200);
  describe(head, entry.metadata, now);
  if (verdict == Verdict::not_modified) {
    head.end();
    return Shown::whole;
  }
  if (!x.target.query.empty()) describe_place(x, head);
  x.end_with_body(head, kept.content_type, entry.value);
  return Shown::whole;
}

// ---- Writing

/// A header of seconds as milliseconds: none = not said or 0 (the cache's default), negative = no limit. False: answered.
bool read_seconds(Exchange& x, std::string_view name, std::optional<TimeMs>& ms) {
  const BytesView text = x.request.header(name);
  if (text.empty()) return true;
  std::int64_t seconds = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (bad != std::errc() || end != text.data() + text.size() || seconds > std::numeric_limits<TimeMs>::max() / 1'000'000) {
    x.fail(400, std::string(name) + " must be a number of seconds, at most " + std::to_string(std::numeric_limits<TimeMs>::max() / 1'000'000));
    return false;
  }
  if (seconds < 0) ms = kImmortal;
  if (seconds > 0) ms = seconds * 1000;
  return true;
}

/// Everything of the mutation but key and precondition. False: answered.
bool read_mutation(Exchange& x, Mutation& m) {
  m.value = x.request.body;
  if (!read_seconds(x, "timeToLiveSeconds", m.lifespan_ms) || !read_seconds(x, "maxIdleTimeSeconds", m.max_idle_ms)) return false;
  const auto flags = parse_write_flags(x.request.header("flags"));
  if (!flags.ok()) return x.fail(flags.error()), false;
  m.flags = *flags;
  return true;
}

ops::OpId operation_of(const Mutation& m) {
  const bool removes = m.effect == Effect::remove;
  switch (m.precondition) {
    case Precondition::if_absent: return ops::OpId::put_if_absent;
    case Precondition::if_version: return removes ? ops::OpId::remove_if_version : ops::OpId::replace_if_version;
    case Precondition::if_present: return removes ? ops::OpId::remove : ops::OpId::replace;
    default: return removes ? ops::OpId::remove : ops::OpId::put;
  }
}

/// Conditions that one precondition cannot say: look at the entry, judge, and write only if it is still the same.
Result<Outcome> write_after_a_look(const server::CacheView& view, const Conditions& conditions, Mutation m) {
  Outcome refused;
  refused.kind = OutcomeKind::mismatch;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    Metadata seen;
    HF_ASSIGN(const bool present, view.read(ops::OpId::get_with_metadata, m.key, [&](const EntryView& entry) { seen = entry.metadata; }));
    if (conditions.judge(present ? &seen : nullptr, false) != Verdict::go_on) return refused;
    if (!present && m.effect == Effect::remove) break;
    m.precondition = present ? Precondition::if_version : Precondition::if_absent;
    m.expected_version = seen.version;
    HF_ASSIGN(const Outcome outcome, view.write(operation_of(m), m));
    if (outcome.done()) return outcome;
  }
  if (m.effect != Effect::remove) return Error(Errc::unavailable, "other writers changed the entry all the time; try again");
  refused.kind = OutcomeKind::absent;
  return refused;
}

Result<Outcome> write_conditionally(const server::CacheView& view, const Conditions& conditions, Mutation& m) {
  if (!conditions.any()) return view.write(operation_of(m), m);
  if (conditions.only_if_absent() && m.effect == Effect::put) {
    m.precondition = Precondition::if_absent;
  } else if (conditions.only_if_present()) {
    m.precondition = Precondition::if_present;
  } else if (const auto version = conditions.only_version()) {
    m.precondition = Precondition::if_version;
    m.expected_version = *version;
  } else {
    return write_after_a_look(view, conditions, m);
  }
  return view.write(operation_of(m), m);
}

void answer_written(Exchange& x, const Outcome& outcome) {
  Head head = x.head(204);
  head.out() += "ETag: ";
  append_etag(head.out(), outcome.version);
  head.out() += "\r\n";
  head.end();
}

}  // namespace

void get_entry(Exchange& x) {
  const Conditions conditions(x.request);
  with_entry_view(x, Direction::read, [&](const KeptView& kept) -> Status {
    Shown shown = Shown::whole;
    HF_ASSIGN(const bool found, kept.view.read(ops::OpId::get, x.segment(kKeySegment), [&](const EntryView& entry) { shown = show(x, kept, conditions, entry); }));
    if (found && shown == Shown::whole) return success();
    if (shown == Shown::refused || (!found && conditions.judge(nullptr, true) == Verdict::failed)) {
      refuse_condition(x);
    } else {
      x.fail(404, found ? "the entry ends sooner than min-fresh wants" : "there is no entry with this key");
    }
    return success();
  });
}

void put_entry(Exchange& x) {
  const Conditions conditions(x.request);
  Mutation m;
  m.key = x.segment(kKeySegment);
  if (!read_mutation(x, m)) return;
  with_entry_view(x, Direction::write, [&](const KeptView& kept) -> Status {
    HF_ASSIGN(const Outcome outcome, write_conditionally(kept.view, conditions, m));
    outcome.done() ? answer_written(x, outcome) : refuse_condition(x);
    return success();
  });
}

void post_entry(Exchange& x) {
  Mutation m;
  m.key = x.segment(kKeySegment);
  m.precondition = Precondition::if_absent;
  if (!read_mutation(x, m)) return;
  with_entry_view(x, Direction::write, [&](const KeptView& kept) -> Status {
    HF_ASSIGN(const Outcome outcome, kept.view.write(ops::OpId::put_if_absent, m));
    outcome.done() ? answer_written(x, outcome) : x.fail(409, "an entry with this key exists already; use PUT to replace it");
    return success();
  });
}

void delete_entry(Exchange& x) {
  const Conditions conditions(x.request);
  Mutation m;
  m.key = x.segment(kKeySegment);
  m.effect = Effect::remove;
  with_entry_view(x, Direction::write, [&](const KeptView& kept) -> Status {
    HF_ASSIGN(const Outcome outcome, write_conditionally(kept.view, conditions, m));
    if (outcome.done()) {
      x.answer(204);
    } else if (outcome.kind == OutcomeKind::mismatch || (conditions.any() && conditions.judge(nullptr, false) == Verdict::failed)) {
      refuse_condition(x);
    } else {
      x.fail(404, "there is no entry with this key");
    }
    return success();
  });
}

}  // namespace holdfast::rest
