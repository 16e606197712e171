#include "runtime/dns/dns_resolver.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/varint.h"
#include "runtime/posix_runtime.h"
#include "runtime/dns/dns_answer.h"

namespace holdfast::runtime {
namespace {

using std::chrono::seconds;

Bytes name(const std::string& dotted) {
  Bytes out;
  for (std::size_t begin = 0; begin < dotted.size();) {
    const std::size_t end = std::min(dotted.find('.', begin), dotted.size());
    append_u8(out, static_cast<std::uint8_t>(end - begin));
    out += dotted.substr(begin, end - begin);
    begin = end + 1;
  }
  return out + Bytes(1, '\0');
}
void append_u16_to(Bytes& out, unsigned v) { out += {static_cast<char>(v >> 8), static_cast<char>(v & 0xff)}; }

/// One record; its name is a pointer to the question.
Bytes record(unsigned type, std::uint32_t ttl, BytesView data) {
  Bytes out("\xc0\x0c", 2);
  append_u16_to(out, type);
  append_u16_to(out, 1);
  append_u32(out, ttl);
  append_u16_to(out, static_cast<unsigned>(data.size()));
  return out + Bytes(data);
}
Bytes service(std::uint16_t port, const std::string& target) {
  Bytes out(4, '\0');
  append_u16_to(out, port);
  return out + name(target);
}
Bytes answer(BytesView id, BytesView question, const std::vector<Bytes>& records, unsigned flags = 0x8180) {
  Bytes out(id);
  append_u16_to(out, flags);
  append_u16_to(out, 1);
  append_u16_to(out, static_cast<unsigned>(records.size()));
  out += Bytes(4, '\0');
  out += question;
  for (const Bytes& r : records) out += r;
  return out;
}
const Bytes kQuestion = name("nodes.test") + Bytes("\0\x01\0\x01", 4);
const Bytes kOne("\x0a\0\0\x01", 4), kTwo("\x0a\0\0\x02", 4);

TEST(DnsAnswers, GiveAddressesAndTheirTimeToLive) {
  const auto a = read_dns_answer(answer("id", kQuestion, {record(1, 30, kOne), record(1, 5, kTwo), record(28, 5, Bytes(16, '\1'))}), DnsType::a);
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(*a, (std::vector<DnsRecord>{{"10.0.0.1", 0, seconds(30)}, {"10.0.0.2", 0, seconds(5)}}));
  const auto six = read_dns_answer(answer("id", kQuestion, {record(28, 7, Bytes(15, '\0') + "\1")}), DnsType::aaaa);
  EXPECT_EQ(*six, (std::vector<DnsRecord>{{"::1", 0, seconds(7)}}));
}

TEST(DnsAnswers, GiveServicesAlsoWithCompressedTargets) {
  Bytes compressed(4, '\0');
  append_u16_to(compressed, 7801);
  compressed += Bytes("\x02n2\xc0\x0c", 5);
  const auto found = read_dns_answer(answer("id", kQuestion, {record(33, 60, service(7800, "n1.nodes.test")), record(33, 9, compressed)}), DnsType::srv);
  EXPECT_EQ(*found, (std::vector<DnsRecord>{{"n1.nodes.test", 7800, seconds(60)}, {"n2.nodes.test", 7801, seconds(9)}}));
}

TEST(DnsAnswers, AliasesLowerTheTimeToLive) {
  const auto found = read_dns_answer(answer("id", kQuestion, {record(5, 3, name("real.test")), record(1, 30, kOne)}), DnsType::a);
  EXPECT_EQ(*found, (std::vector<DnsRecord>{{"10.0.0.1", 0, seconds(3)}}));
}

TEST(DnsAnswers, ThatAreCutOrRunInCirclesAreRefused) {
  const Bytes whole = answer("id", kQuestion, {record(33, 60, service(7800, "n1.nodes.test"))});
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(read_dns_answer(BytesView(whole).substr(0, n), DnsType::srv).ok()) << n;
  Bytes circle = whole;
  circle.replace(12, 2, "\xc0\x0c", 2);
  EXPECT_TRUE(read_dns_answer(circle, DnsType::srv).failed_with(Errc::protocol_error));
  EXPECT_TRUE(read_dns_answer(answer("id", kQuestion, {record(1, 1, "xyz")}), DnsType::a).failed_with(Errc::protocol_error));
  EXPECT_TRUE(read_dns_answer(answer("id", kQuestion, {}), DnsType::a).failed_with(Errc::not_found));
}

/// A DNS server on loopback that knows what the test tells it.
class DnsResolverTest : public testing::Test {
 protected:
  DnsResolverTest() : runtime(make_posix_runtime({.loops = 1})) {
    DatagramOptions options;
    options.interface = "127.0.0.1";
    auto opened = runtime->net().open_datagrams(0, {"127.0.0.1", 0}, [this](const Endpoint& from, BytesView question) { serve(from, question); }, options);
    EXPECT_TRUE(opened.ok());
    socket = std::move(opened).value();
    server = "127.0.0.1:" + std::to_string(socket->local().port);
    resolver = make_dns_resolver(*runtime);
  }
  ~DnsResolverTest() override { socket.reset(); }
  void serve(const Endpoint& from, BytesView question) {
    ++questions;
    if (silent) return;
    const BytesView asked = question.substr(12, question.find('\0', 12) + 5 - 12);
    const unsigned type = static_cast<unsigned char>(asked[asked.size() - 3]);
    const unsigned flags = records.empty() ? 0x8183 : 0x8180;
    static_cast<void>(socket->send(from, answer(question.substr(0, 2), asked, records.count(type) ? records[type] : std::vector<Bytes>{}, flags)));
  }
  Result<std::vector<DnsRecord>> resolve(DnsType type, Duration patience = seconds(10)) {
    return resolver->resolve("nodes.test.", type, server, runtime->clock().now() + patience);
  }

  std::unique_ptr<Runtime> runtime;
  std::map<unsigned, std::vector<Bytes>> records;
  std::atomic<bool> silent{false};
  std::atomic<int> questions{0};
  std::unique_ptr<DatagramSocket> socket;
  std::string server;
  std::shared_ptr<Resolver> resolver;
};

TEST_F(DnsResolverTest, AsksTheServerThatIsNamed) {
  records[1] = {record(1, 30, kOne), record(1, 5, kTwo)};
  records[33] = {record(33, 60, service(7800, "n1.nodes.test"))};
  const auto a = resolve(DnsType::a);
  ASSERT_TRUE(a.ok()) << a.error().message();
  EXPECT_EQ(*a, (std::vector<DnsRecord>{{"10.0.0.1", 0, seconds(30)}, {"10.0.0.2", 0, seconds(5)}}));
  const auto srv = resolve(DnsType::srv);
  ASSERT_TRUE(srv.ok()) << srv.error().message();
  EXPECT_EQ(*srv, (std::vector<DnsRecord>{{"n1.nodes.test", 7800, seconds(60)}}));
  EXPECT_TRUE(resolve(DnsType::aaaa).failed_with(Errc::not_found)) << "the name exists, without such a record";
}

TEST_F(DnsResolverTest, ANameThatIsNotThereIsNotFound) {
  const auto none = resolve(DnsType::a);
  EXPECT_TRUE(none.failed_with(Errc::not_found));
  EXPECT_NE(none.error().message().find("nodes.test"), std::string::npos);
}

TEST_F(DnsResolverTest, AServerThatIsSilentCostsNoMoreThanThePatience) {
  silent = true;
  const Instant begin = runtime->clock().now();
  EXPECT_TRUE(resolve(DnsType::a, std::chrono::milliseconds(300)).failed_with(Errc::timeout));
  EXPECT_LT(runtime->clock().now() - begin, seconds(2));
  EXPECT_GE(questions, 1);
}

TEST_F(DnsResolverTest, AServerThatIsNoAddressIsNamed) {
  const auto failed = resolver->resolve("x", DnsType::a, "not an address", runtime->clock().now() + seconds(1));
  EXPECT_TRUE(failed.failed_with(Errc::invalid_configuration));
}

}  // namespace
}  // namespace holdfast::runtime
