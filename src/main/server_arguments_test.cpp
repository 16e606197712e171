#include "main/server_arguments.h"

#include <gtest/gtest.h>

#include "main/logging.h"

namespace holdfast::main_program {
namespace {

TEST(ServerArguments, TakeTheOriginalsFlags) {
  const auto a = parse_server_arguments({"-c", "a.xml,b.xml", "-s", "/srv/root", "-b", "SITE_LOCAL", "-p", "11333", "-o", "100", "-n", "node-1",
                                         "-g", "grid", "-j", "tcp", "-P", "x.properties", "-c", "/abs/c.yaml"});
  ASSERT_TRUE(a.ok()) << a.error().message();
  EXPECT_EQ(a->configurations, (std::vector<std::string>{"a.xml", "b.xml", "/abs/c.yaml"}));
  EXPECT_EQ(a->root, "/srv/root");
  EXPECT_EQ(a->bind_address, "SITE_LOCAL");
  EXPECT_EQ(a->port, 11333);
  EXPECT_EQ(a->port_offset, 100);
  EXPECT_EQ(a->node_name, "node-1");
  EXPECT_EQ(a->cluster_name, "grid");
  EXPECT_EQ(a->stack, "tcp");
  EXPECT_EQ(a->property_files, (std::vector<std::string>{"x.properties"}));
}

TEST(ServerArguments, TakePropertiesAnywhere) {
  const auto a = parse_server_arguments({"-Da=1", "-s", "root", "-Db.c=x=y", "-b", "match-interface:eth.*", "-Dempty"});
  ASSERT_TRUE(a.ok()) << a.error().message();
  EXPECT_EQ(a->defines, (std::map<std::string, std::string>{{"a", "1"}, {"b.c", "x=y"}, {"empty", ""}}));
  EXPECT_EQ(a->bind_address, "match-interface:eth.*");
}

TEST(ServerArguments, TakeLongFlags) {
  const auto a = parse_server_arguments({"--server-config=x.xml", "--server-root", "r", "--bind-address", "LOOPBACK", "--port-offset=7", "--insecure"});
  ASSERT_TRUE(a.ok()) << a.error().message();
  EXPECT_EQ(a->configurations.front(), "x.xml");
  EXPECT_EQ(a->port_offset, 7);
  EXPECT_TRUE(a->insecure);
}

TEST(ServerArguments, RefuseWhatTheyDoNotKnow) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"--no-such-flag"}, {"-p", "70000"}, {"-p", "x"}, {"-o"}, {"stray"}, {"-D=x"}}) {
    EXPECT_FALSE(parse_server_arguments(words).ok()) << words.front();
  }
}

TEST(Log4j2, GivesTheRootLevel) {
  EXPECT_EQ(root_level("<Configuration><Loggers><Root level=\"DEBUG\"><AppenderRef ref=\"x\"/></Root>"), LogLevel::debug);
  EXPECT_EQ(root_level("<Root additivity=\"false\" level=\"warn\">"), LogLevel::warn);
  EXPECT_EQ(root_level("<Root level=\"${sys:level}\">"), LogLevel::info);
  EXPECT_EQ(root_level("<Root>"), LogLevel::info);
  EXPECT_EQ(root_level("nonsense"), LogLevel::info);
}

}  // namespace
}  // namespace holdfast::main_program
