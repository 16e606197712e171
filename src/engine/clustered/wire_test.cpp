#include "engine/clustered/administration.h"

#include <gtest/gtest.h>

namespace holdfast::engine::clustered {
namespace {

const Address kNode{"a", 2};
const Bytes kNodeWire("\x01" "a" "\0\0\0\0\0\0\0\x02", 10);

template <class Append, class T>
Bytes wire(Append append, const T& value) {
  Bytes out;
  append(out, value);
  return out;
}

/// Reads whole, and from no cut of it.
template <class Read>
void expect_only_whole(const Bytes& bytes, Read read) {
  EXPECT_TRUE(read(bytes));
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(read(BytesView(bytes).substr(0, n))) << n;
}
template <class Read>
auto from_reader(Read read) {
  return [read](BytesView body) {
    Reader in(body);
    const auto value = read(in);
    return value.has_value() && in.at_end();
  };
}

Entry entry() {
  Entry e;
  e.key = "k";
  e.value = "v";
  e.metadata = {7, 8, 9, {10, kImmortal}};
  return e;
}
const Bytes kEntryWire("\x01k\x01v\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x0a\xff\xff\xff\xff\xff\xff\xff\xff", 44);

Outcome outcome() {
  Outcome o;
  o.kind = OutcomeKind::present;
  o.had_previous = true;
  o.version = 5;
  o.previous = entry();
  return o;
}
const Bytes kOutcomeWire = Bytes("\x02\x03\0\0\0\0\0\0\0\x05", 10) + kEntryWire + Bytes("\0", 1);

TEST(ClusteredWire, AWriteHasItsGoldenBytes) {
  WriteRequest r;
  r.cache = "c";
  r.epoch = 3;
  r.invocation = {kNode, 6};
  r.done_mark = 4;
  r.mutation.key = "k";
  r.mutation.value = "v";
  r.mutation.precondition = Precondition::if_version;
  r.mutation.returns = ReturnMode::previous;
  r.mutation.lifespan_ms = 1000;
  r.mutation.expected_version = 5;
  const Bytes golden = Bytes("\x01" "c" "\x03", 3) + kNodeWire + Bytes("\x06\x04" "\x01k\x03\0\x01\0\0\x01v" "\x01\0\0\0\0\0\0\x03\xe8" "\0" "\0\0\0\0\0\0\0\x05" "\0", 30);
  EXPECT_EQ(wire(append_write, r), golden);
  const auto back = read_write(golden);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->mutation.value, "v");
  EXPECT_EQ(back->mutation.lifespan_ms, 1000);
  EXPECT_EQ(back->invocation, r.invocation);
  expect_only_whole(golden, [](BytesView b) { return read_write(b).has_value(); });
}

TEST(ClusteredWire, AClearHasItsGoldenBytes) {
  const ClearRequest request{"c", 3, 1, {kNode, 6}, 4, true};
  const Bytes golden = Bytes("\x01" "c" "\x03\x01", 4) + kNodeWire + "\x06\x04\x01";
  EXPECT_EQ(wire(append_clear, request), golden);
  const auto back = read_clear(golden);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->segment, 1U);
  EXPECT_EQ(back->invocation, request.invocation);
  EXPECT_TRUE(back->silent);
  expect_only_whole(golden, [](BytesView b) { return read_clear(b).has_value(); });
}

TEST(ClusteredWire, OutcomesAndEntriesHaveTheirGoldenBytes) {
  EXPECT_EQ(wire(append_entry, entry().view()), kEntryWire);
  EXPECT_EQ(wire(append_outcome, outcome()), kOutcomeWire);
  expect_only_whole(kOutcomeWire, from_reader(read_outcome));
}

TEST(ClusteredWire, ABackupHasItsGoldenBytes) {
  const ReplicaHeader header{"c", 3, 1, 9, kNode, 4};
  const Bytes header_wire = Bytes("\x01" "c" "\x03\x01" "\0\0\0\0\0\0\0\x09", 12) + kNodeWire + "\x04";
  EXPECT_EQ(wire(append_header, header), header_wire);
  expect_only_whole(header_wire, from_reader(read_header));
  PendingWrite w;
  w.version = 12;
  w.key = "k";
  w.value = "v";
  w.created_ms = 8;
  w.invocation = {kNode, 6};
  w.outcome = outcome();
  const Bytes pending_wire = Bytes("\0\0\0\0\0\0\0\x0c\0\x01k\x01v", 13) + Bytes(16, '\xff') + Bytes("\0\0\0\0\0\0\0\x08", 8) + kNodeWire + "\x06" + kOutcomeWire;
  EXPECT_EQ(wire(append_pending, w), pending_wire);
  expect_only_whole(pending_wire, from_reader(read_pending));
  Collected collected{12, {w}};
  const Bytes collected_wire = Bytes("\0\0\0\0\0\0\0\x0c\x01", 9) + pending_wire;
  EXPECT_EQ(wire(append_collected, collected), collected_wire);
  expect_only_whole(collected_wire, [](BytesView b) { return read_collected(b).has_value(); });
}

TEST(ClusteredWire, AReservationHasItsGoldenBytes) {
  ReserveRequest r;
  r.cache = "c";
  r.epoch = 3;
  r.invocation = {kNode, 6};
  r.key = "k";
  const Bytes golden = Bytes("\x01" "c" "\x03", 3) + kNodeWire + Bytes("\x06\x01\x01k", 4);
  EXPECT_EQ(wire(append_reserve, r), golden);
  expect_only_whole(golden, [](BytesView b) { return read_reserve(b).has_value(); });
}

TEST(ClusteredWire, ChangedAttributesHaveTheirGoldenBytes) {
  const std::map<std::string, std::string> changed = {{"a", "1"}, {"b", ""}};
  EXPECT_EQ(attributes_of(changed), Bytes("\x01" "a" "\x01" "1" "\x01" "b" "\0", 7));
  EXPECT_EQ(read_attributes(attributes_of(changed)), changed);
  EXPECT_EQ(read_attributes(Bytes("\x01" "a" "\x01" "1" "\x02" "b", 6)).size(), 1U) << "what is cut off is left out";
}

TEST(ClusteredWire, MovingSegmentsHasItsGoldenBytes) {
  const FetchRequest request{"c", 3, 1, 2};
  EXPECT_EQ(wire(append_fetch, request), Bytes("\x01" "c" "\x03\x01\x02", 5));
  FetchChunk chunk;
  chunk.session = 2;
  chunk.last = 12;
  chunk.entries = {entry()};
  chunk.results.emplace_back(InvocationId{kNode, 6}, outcome());
  chunk.done_marks.emplace_back(kNode, 4);
  chunk.removals = {{"r", 11}};
  const Bytes golden = Bytes("\x02\0\0\0\0\0\0\0\x0c\x01", 10) + kEntryWire + "\x01" + kNodeWire + "\x06" + kOutcomeWire + "\x01" + kNodeWire + "\x04" + Bytes("\x01\x01r\0\0\0\0\0\0\0\x0b", 11);
  EXPECT_EQ(wire(append_chunk, chunk), golden);
  expect_only_whole(golden, [](BytesView b) { return read_chunk(b).has_value(); });
  const Watermarks marks{"c", {{1, 12}}};
  EXPECT_EQ(wire(append_watermarks, marks), Bytes("\x01" "c" "\x01\x01\0\0\0\0\0\0\0\x0c", 12));
}

TEST(ClusteredWire, JoinsReadsAndDefinitionsHaveTheirGoldenBytes) {
  JoinRequest join;
  join.cache = "c";
  join.segments = 256;
  join.owners = 2;
  join.capacity_factor = 0.5;
  join.settings = {{"owners", "2"}};
  const Bytes join_wire("\x01" "c" "\x80\x02\x02\0\0\x3f\xe0\0\0\0\0\0\0\x01\x06" "owners" "\x01" "2", 25);
  EXPECT_EQ(wire(append_join, join), join_wire);
  expect_only_whole(join_wire, from_reader(read_join));
  EXPECT_EQ(wire(append_read, ReadRequest{"c", 3, "k", true}), Bytes("\x01" "c" "\x03\x01k\x01", 6));
  DefinitionChange change;
  change.name = "n";
  change.text = "<x/>";
  change.volatile_definition = true;
  change.mark = {3, 2, 1};
  const Bytes change_wire("\0\x01n\x04<x/>\x01" "\0\0\0\0\0\0\0\x03" "\0\0\0\0\0\0\0\x02" "\0\0\0\0\0\0\0\x01", 33);
  EXPECT_EQ(wire(append_change, change), change_wire);
  expect_only_whole(change_wire, from_reader(read_change));
}

TEST(ClusteredWire, EventsTouchesAndFiguresHaveTheirGoldenBytes) {
  const Bytes interest_wire("\x01" "c" "\x02\x0f\x01", 5);
  EXPECT_EQ(wire(append_interest, Interest{"c", 2, 15, 1}), interest_wire);
  expect_only_whole(interest_wire, [](BytesView b) { return read_interest(b).has_value(); });
  const Entry e = entry();
  Event event;
  event.kind = EventKind::modified;
  event.key = e.key;
  event.value = e.value;
  event.metadata = e.metadata;
  event.previous = &e;
  Bytes bytes;
  append_event(bytes, "c", event, true);
  const Bytes event_wire = Bytes("\x01" "c" "\x01\x06", 4) + kEntryWire + kEntryWire;
  EXPECT_EQ(bytes, event_wire);
  expect_only_whole(event_wire, [](BytesView b) { return read_event(b).has_value(); });
  EXPECT_EQ(read_event(event_wire)->event().previous->value, "v");
  const Bytes touch_wire("\x01" "c" "\x03\x01k\0\0\0\0\0\0\0\x09", 13);
  EXPECT_EQ(wire(append_touch, TouchRequest{"c", 3, "k", 9}), touch_wire);
  expect_only_whole(touch_wire, [](BytesView b) { return read_touch(b).has_value(); });
  StatisticsSnapshot s;
  s.enabled = true;
  s.hits = 5;
  const Bytes figures = Bytes("\1", 1) + Bytes(16, '\xff') + Bytes("\0\0\0\0\0\0\0\5", 8) + Bytes(88, '\xff');
  EXPECT_EQ(wire(append_statistics, s), figures);
  expect_only_whole(figures, [](BytesView b) { return read_statistics(b).has_value(); });
}

TEST(ClusteredWire, WhatOperatorsAskAndSwitchHasItsGoldenBytes) {
  NodeShare share{kNode, 5, 6, {3, 2, 7, 8}};
  const Bytes share_wire = kNodeWire + Bytes("\0\0\0\0\0\0\0\5" "\0\0\0\0\0\0\0\6" "\3\2" "\0\0\0\0\0\0\0\7" "\0\0\0\0\0\0\0\x08", 34);
  EXPECT_EQ(wire(append_share, share), share_wire);
  EXPECT_EQ(read_share(share_wire), share);
  expect_only_whole(share_wire, [](BytesView b) { return read_share(b).has_value(); });
  const NodeMemory memory{kNode, 1, 2};
  const Bytes memory_wire = kNodeWire + Bytes("\0\0\0\0\0\0\0\1" "\0\0\0\0\0\0\0\2", 16);
  EXPECT_EQ(wire(append_memory, memory), memory_wire);
  EXPECT_EQ(read_memory(memory_wire), memory);
  expect_only_whole(memory_wire, [](BytesView b) { return read_memory(b).has_value(); });
  const Bytes order_wire("\1" "c" "\0", 3);
  EXPECT_EQ(wire(append_order, RebalanceOrder{"c", false}), order_wire);
  EXPECT_FALSE(read_order(order_wire)->enabled);
  expect_only_whole(order_wire, [](BytesView b) { return read_order(b).has_value(); });
  const Bytes attribute_wire("\1" "c" "\1" "p" "\1" "v", 6);
  EXPECT_EQ(wire(append_attribute, AttributeChange{"c", "p", "v"}), attribute_wire);
  EXPECT_EQ(read_attribute(attribute_wire)->value, "v");
  expect_only_whole(attribute_wire, [](BytesView b) { return read_attribute(b).has_value(); });
  const RebalanceSwitches switches{4, true, {"c", "d"}};
  const Bytes switches_wire("\0\0\0\0\0\0\0\4" "\1" "\2" "\1" "c" "\1" "d", 14);
  EXPECT_EQ(wire(append_switches, switches), switches_wire);
  Reader in(switches_wire);
  EXPECT_EQ(read_switches(in), switches);
  expect_only_whole(switches_wire, from_reader(read_switches));
}

}  // namespace
}  // namespace holdfast::engine::clustered
