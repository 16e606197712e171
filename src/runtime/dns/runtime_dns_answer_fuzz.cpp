#include <cstdint>

#include "base/assert.h"
#include "runtime/dns/dns_answer.h"

// Any answer is read or refused; what is read is bounded.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const BytesView answer(reinterpret_cast<const char*>(data), size);
  for (const auto type : {runtime::DnsType::a, runtime::DnsType::aaaa, runtime::DnsType::srv}) {
    const auto records = runtime::read_dns_answer(answer, type);
    if (!records.ok()) continue;
    for (const auto& record : *records) HF_ASSERT(!record.host.empty() && record.host.size() <= 255 && record.ttl >= Duration{});
  }
  return 0;
}
