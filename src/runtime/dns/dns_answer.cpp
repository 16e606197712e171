#include "runtime/dns/dns_answer.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/varint.h"

namespace holdfast::runtime {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kRecordsMax = 4096;
constexpr std::uint16_t kAlias = 5;  // CNAME
constexpr std::uint32_t kSecondsMax = 0x7fffffff;

Error malformed() { return Error(Errc::protocol_error, "a malformed DNS answer"); }

class Answer {
 public:
  explicit Answer(BytesView bytes) : bytes_(bytes) {}

  Result<std::vector<DnsRecord>> records(DnsType type) {
    if (bytes_.size() < kHeaderBytes) return malformed();
    const std::size_t questions = u16(4), answers = u16(6);
    at_ = kHeaderBytes;
    std::string ignored;
    for (std::size_t i = 0; i < questions; ++i) {
      if (!name(at_, ignored) || !skip(4)) return malformed();
    }
    std::vector<DnsRecord> found;
    Duration alias_ttl = kNever - Instant{};
    for (std::size_t i = 0; i < std::min(answers, kRecordsMax); ++i) {
      if (!record(type, found, alias_ttl)) return malformed();
    }
    for (DnsRecord& one : found) one.ttl = std::min(one.ttl, alias_ttl);
    if (found.empty()) return Error(Errc::not_found, "no record of that type");
    return found;
  }

 private:
  std::uint16_t u16(std::size_t at) const {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes_[at]) << 8 | static_cast<unsigned char>(bytes_[at + 1]));
  }
  bool skip(std::size_t count) {
    at_ += count;
    return at_ <= bytes_.size();
  }

  bool record(DnsType type, std::vector<DnsRecord>& found, Duration& alias_ttl) {
    std::string ignored;
    if (!name(at_, ignored) || bytes_.size() - at_ < 10) return false;
    const std::uint16_t kind = u16(at_);
    const std::uint32_t seconds = static_cast<std::uint32_t>(u16(at_ + 4)) << 16 | u16(at_ + 6);
    const std::size_t length = u16(at_ + 8), data = at_ + 10;
    at_ = data;
    if (!skip(length)) return false;
    DnsRecord one;
    one.ttl = std::chrono::seconds(seconds > kSecondsMax ? 0 : seconds);  // RFC 2181: the first bit means 0
    if (kind == kAlias) alias_ttl = std::min(alias_ttl, one.ttl);
    if (kind != static_cast<std::uint16_t>(type)) return true;
    if (!(type == DnsType::srv ? target(data, length, one) : address(type, bytes_.substr(data, length), one))) return false;
    if (!one.host.empty()) found.push_back(std::move(one));
    return true;
  }

  static bool address(DnsType type, BytesView data, DnsRecord& into) {
    char text[INET6_ADDRSTRLEN] = {};
    if (data.size() != (type == DnsType::a ? 4U : 16U)) return false;
    if (inet_ntop(type == DnsType::a ? AF_INET : AF_INET6, data.data(), text, sizeof text) == nullptr) return false;
    into.host = text;
    return true;
  }

  /// Priority and weight do not matter: every node is looked for.
  bool target(std::size_t data, std::size_t length, DnsRecord& into) const {
    if (length < 7) return false;
    into.port = u16(data + 4);
    std::size_t at = data + 6;
    return name(at, into.host);
  }

  /// Moves `at` behind the name. Pointers may only lead backwards, so reading ends.
  bool name(std::size_t& at, std::string& into) const {
    into.clear();
    std::size_t here = at, least = at;
    bool jumped = false;
    for (;;) {
      if (here >= bytes_.size()) return false;
      const auto length = static_cast<unsigned char>(bytes_[here]);
      if (length >= 0xc0) {
        if (here + 1 >= bytes_.size()) return false;
        if (!jumped) at = here + 2;
        jumped = true;
        here = static_cast<std::size_t>(u16(here) & 0x3fff);
        if (here >= least) return false;
        least = here;
        continue;
      }
      if (length > 63) return false;
      if (length == 0) break;
      if (here + 1 + length > bytes_.size() || into.size() + length + 1 > kNameBytesMax) return false;
      if (!into.empty()) into += '.';
      into.append(bytes_.substr(here + 1, length));
      here += 1U + length;
    }
    if (!jumped) at = here + 1;
    return true;
  }

  const BytesView bytes_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<DnsRecord>> read_dns_answer(BytesView answer, DnsType type) { return Answer(answer).records(type); }

}  // namespace holdfast::runtime
