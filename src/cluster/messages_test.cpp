#include "cluster/messages.h"

#include <gtest/gtest.h>

namespace holdfast::cluster {
namespace {

NodeInfo node(const std::string& name) {
  NodeInfo n;
  n.address = {name, 2};
  n.host = "127.0.0.1";
  n.port = 7800;
  n.rack = "r";
  return n;
}
const Bytes kNode("\x01" "a" "\0\0\0\0\0\0\0\x02" "\x09" "127.0.0.1" "\x1e\x78" "\0" "\x01r" "\0" "\0" "\x01", 28);
const Bytes kViewId("\x05\x01" "a" "\0\0\0\0\0\0\0\x02", 11);

Message message(MessageKind kind) {
  Message m;
  m.kind = kind;
  m.view = {5, {"a", 2}};
  return m;
}
Bytes wire(const Message& m) {
  Bytes out;
  append_message(out, m);
  return out;
}

TEST(Messages, HaveTheirGoldenBytes) {
  Message heartbeat = message(MessageKind::heartbeat);
  heartbeat.stamp = 0x0102;
  heartbeat.unheard = {{"b", 1}};
  EXPECT_EQ(wire(heartbeat), Bytes("\0", 1) + kViewId + Bytes("\0\0\0\0\0\0\x01\x02\x01\x01" "b" "\0\0\0\0\0\0\0\x01", 19));
  Message join = message(MessageKind::join);
  join.node = node("a");
  EXPECT_EQ(wire(join), Bytes("\x02", 1) + kViewId + kNode + Bytes("\0", 1));
  Message propose = message(MessageKind::propose);
  propose.proposed.id = propose.view;
  propose.proposed.members = {node("a")};
  propose.merged = true;
  EXPECT_EQ(wire(propose), Bytes("\x04", 1) + kViewId + kViewId + Bytes("\x01", 1) + kNode + Bytes("\x01", 1));
  Message promise = message(MessageKind::promise);
  promise.lease_left = 300;
  EXPECT_EQ(wire(promise), Bytes("\x05", 1) + kViewId + Bytes("\xac\x02", 2));
}

TEST(Messages, AreReadAsTheyWereWrittenAndNoCutOfThemIs) {
  for (int kind = 0; kind <= static_cast<int>(MessageKind::excluded); ++kind) {
    Message m = message(static_cast<MessageKind>(kind));
    const bool views = m.kind == MessageKind::merge || m.kind == MessageKind::propose || m.kind == MessageKind::install || m.kind == MessageKind::excluded;
    if (views) m.proposed.members = {node("a"), node("b")};
    if (m.kind == MessageKind::join) m.node = node("c");
    const Bytes bytes = wire(m);
    Reader in(bytes);
    const auto back = read_message(in);
    ASSERT_TRUE(back && in.at_end()) << kind;
    EXPECT_EQ(*back, m) << kind;
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      Reader cut(BytesView(bytes).substr(0, n));
      EXPECT_FALSE(read_message(cut)) << kind << " cut at " << n;
    }
  }
}

TEST(Messages, AViewNamesNobodyTwice) {
  Message m = message(MessageKind::propose);
  m.proposed.members = {node("a"), node("a")};
  const Bytes bytes = wire(m);
  Reader in(bytes);
  EXPECT_FALSE(read_message(in));
}

}  // namespace
}  // namespace holdfast::cluster
