#include "server/addresses.h"

#include <gtest/gtest.h>

namespace holdfast::server {
namespace {

const std::vector<MachineAddress> kMachine = {{"lo", "::1"},          {"lo", "127.0.0.1"},        {"eth0", "fe80::1"},     {"eth0", "203.0.113.9"},
                                              {"eth1", "10.1.2.3"},   {"eth2", "169.254.7.7"},    {"eth3", "fd00::5"},     {"eth4", "2001:db8::7"}};

std::string picked(const std::string& text, const std::vector<MachineAddress>& machine = kMachine) {
  const auto address = pick_address(interface_of(text), machine);
  return address.ok() ? *address : "error: " + address.error().message();
}

TEST(Addresses, KeywordsPickWhatTheMachineHas) {
  EXPECT_EQ(picked("LOOPBACK"), "127.0.0.1");
  EXPECT_EQ(picked("NON_LOOPBACK"), "203.0.113.9");
  EXPECT_EQ(picked("GLOBAL"), "203.0.113.9");
  EXPECT_EQ(picked("SITE_LOCAL"), "10.1.2.3");
  EXPECT_EQ(picked("LINK_LOCAL"), "169.254.7.7");
}

TEST(Addresses, PatternsMatchWholeNames) {
  EXPECT_EQ(picked("match-interface:eth1"), "10.1.2.3");
  EXPECT_EQ(picked("match-interface:eth[34]"), "fd00::5");
  EXPECT_EQ(picked("match-address:10\\..*"), "10.1.2.3");
  EXPECT_NE(picked("match-interface:th1").find("no address of this machine is match-interface:th1"), std::string::npos);
  EXPECT_NE(picked("match-address:(").find("no regular expression"), std::string::npos);
}

TEST(Addresses, SayWhatThereIsWhenNothingFits) {
  const std::string error = picked("SITE_LOCAL", {{"lo", "127.0.0.1"}});
  EXPECT_NE(error.find("no address of this machine is SITE_LOCAL (it has: lo 127.0.0.1)"), std::string::npos) << error;
}

TEST(Addresses, TakeAnAddressAsItIs) {
  EXPECT_EQ(picked("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(picked("localhost"), "127.0.0.1");
  EXPECT_EQ(picked("LOOPBACK", {}), "127.0.0.1");
  config::InterfaceConfiguration any{"public", config::AddressKind::any_address, ""};
  EXPECT_EQ(*pick_address(any, {}), "0.0.0.0");
}

TEST(Addresses, AnInetAddressInAFileMayBeAKeyword) {
  const config::InterfaceConfiguration interface{"public", config::AddressKind::inet_address, "SITE_LOCAL"};
  EXPECT_EQ(*pick_address(interface, kMachine), "10.1.2.3");
}

TEST(Addresses, KnowLoopback) {
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("127.3.0.9"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_FALSE(is_loopback("0.0.0.0"));
  EXPECT_FALSE(is_loopback("10.0.0.1"));
  EXPECT_EQ(host_and_port("::1", 11222), "[::1]:11222");
}

}  // namespace
}  // namespace holdfast::server
