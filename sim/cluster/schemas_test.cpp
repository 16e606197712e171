// Protobuf schemas in a cluster of simulated machines: what one node is told is on the disk of each, and there again when
// all start anew.
#include <gtest/gtest.h>

#include <array>

#include "base/varint.h"
#include "server/schema_cache.h"
#include "sim/cluster/grid.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;
using server::SchemaCache;
using server::SchemaStore;

constexpr const char* kFolder = "/state/schemas";

/// A protostream string, as the cache keeps them.
Bytes stored(const std::string& text) { return "\x4a" + std::string(1, static_cast<char>(text.size())) + text; }

struct ClusteredSchemas : ::testing::Test {
  static GridOptions options() {
    GridOptions o;
    o.segments = 1;
    o.mode = CacheMode::replicated;
    return o;
  }
  Grid grid{options(), 5};
  std::array<std::shared_ptr<SchemaCache>, 3> schemas;

  void SetUp() override {
    grid.start_all();
    ASSERT_TRUE(grid.settle({0, 1, 2}, 10s));
    for (std::size_t i = 0; i < 3; ++i) open(i);
  }
  void TearDown() override {
    for (std::size_t i = 0; i < 3; ++i) leave(i);
  }
  void open(std::size_t i) {
    grid.in_fiber(i, [&](engine::Cache& cache) {
      schemas[i] = std::make_shared<SchemaCache>(grid.host(i), engine::CachePtr(&cache, [](auto*) {}), std::make_unique<SchemaStore>(grid.host(i), kFolder));
      schemas[i]->follow_cluster();
      const Status restored = schemas[i]->restore();
      EXPECT_TRUE(restored.ok()) << (restored.ok() ? "" : restored.error().message());
    });
  }
  void leave(std::size_t i) {
    if (!schemas[i]) return;
    grid.in_fiber(i, [&](engine::Cache&) { schemas[i].reset(); });
    grid.leave(i);
    grid.simulation().run_for(2s);
  }
  void put(std::size_t at, const std::string& name, const std::string& text) {
    grid.in_fiber(at, [&](engine::Cache&) {
      const Bytes key = stored(name), value = stored(text);
      Mutation m;
      m.key = key;
      m.value = value;
      EXPECT_TRUE(schemas[at]->write({}, m).ok());
    });
    grid.simulation().run_for(1s);
  }
  void remove(std::size_t at, const std::string& name) {
    grid.in_fiber(at, [&](engine::Cache&) {
      const Bytes key = stored(name);
      Mutation m;
      m.key = key;
      m.effect = Effect::remove;
      EXPECT_TRUE(schemas[at]->write({}, m).ok());
    });
    grid.simulation().run_for(1s);
  }
  /// Also of a node that does not run.
  std::map<std::string, std::string> on_disk(std::size_t i) {
    std::map<std::string, std::string> texts;
    for (const auto& [path, content] : grid.host(i).sim_disk().files()) {
      Reader in(content);
      if (!path.starts_with(kFolder)) continue;
      const std::string name(in.array());
      texts.emplace(name, in.bytes(in.remaining()));
    }
    return texts;
  }
  std::string told(std::size_t at, const std::string& name) {
    std::string text = "(absent)";
    grid.in_fiber(at, [&](engine::Cache&) {
      EXPECT_TRUE(schemas[at]->read({}, stored(name), [&](const EntryView& e) { text = std::string(e.value.substr(2)); }).ok());
    });
    return text;
  }
};
using Texts = std::map<std::string, std::string>;

TEST_F(ClusteredSchemas, AreOnTheDiskOfEachNodeWhicheverWasTold) {
  put(0, "a.proto", "message A {}");
  put(1, "b.proto", "message B {}");
  put(2, "a.proto", "message A2 {}");
  remove(0, "b.proto");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(on_disk(i), (Texts{{"a.proto", "message A2 {}"}})) << i;
}

TEST_F(ClusteredSchemas, OfTheClusterReplaceWhatANodeKeptThatWasAway) {
  put(0, "a.proto", "message A {}");
  put(0, "b.proto", "message B {}");
  leave(2);
  put(0, "a.proto", "message A2 {}");
  remove(1, "b.proto");
  EXPECT_EQ(on_disk(2).size(), 2U);
  grid.start(2);
  ASSERT_TRUE(grid.settle({0, 1, 2}, 20s));
  open(2);
  EXPECT_EQ(on_disk(2), (Texts{{"a.proto", "message A2 {}"}}));
  EXPECT_EQ(told(2, "b.proto"), "(absent)");
}

TEST_F(ClusteredSchemas, AreThereAgainWhenAllNodesStartAnew) {
  put(0, "a.proto", "message A {}");
  put(1, "bad.proto", "message {");
  for (std::size_t i = 0; i < 3; ++i) leave(i);
  grid.start_all();
  ASSERT_TRUE(grid.settle({0, 1, 2}, 20s));
  for (std::size_t i = 3; i-- > 0;) open(i);
  grid.simulation().run_for(1s);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(told(i, "a.proto"), "message A {}") << i;
    EXPECT_EQ(told(i, ".errors"), "bad.proto") << i;
    EXPECT_EQ(on_disk(i).size(), 2U) << i;
  }
}

}  // namespace
}  // namespace holdfast::sim
