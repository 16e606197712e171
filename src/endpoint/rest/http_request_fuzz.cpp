#include <cstdint>

#include "base/assert.h"
#include "endpoint/rest/negotiation.h"
#include "endpoint/rest/request_reader.h"
#include "endpoint/rest/uri.h"

namespace {

using namespace holdfast;
using namespace holdfast::rest;

constexpr std::size_t kBodyMax = 1000;

/// What was read, and what refused; bodies never grow beyond their limit.
std::string read_all(BytesView bytes, std::size_t at_a_time) {
  RequestReader::Limits limits;
  limits.body_bytes_max = kBodyMax;
  RequestReader reader(limits);
  std::string out;
  Bytes input;
  for (std::size_t at = 0; at < bytes.size(); at += at_a_time) {
    input.append(bytes.substr(at, at_a_time));
    for (;;) {
      const auto step = reader.feed(input);
      HF_ASSERT(step.consumed <= input.size());
      if (step.progress == RequestReader::Progress::failed) {
        HF_ASSERT(reader.feed(input).progress == RequestReader::Progress::failed);
        return out + std::to_string(reader.failure().status) + reader.failure().detail;
      }
      if (step.progress == RequestReader::Progress::ready) {
        const Request& r = reader.request();
        HF_ASSERT(r.body.size() <= kBodyMax);
        out.append(r.method_text).append(" ").append(r.target).append(" ").append(r.body).append(r.keep_alive ? "|" : "!|");
        for (const Header& h : r.headers) out.append(h.name).append("=").append(h.value).append(";");
        const Target target = parse_target(r.target);
        for (std::size_t i = 0; i < target.count; ++i) (void)percent_decoded(target.segments[i]);
        (void)query_parameter(target.query, "action");
        (void)parse_accept(r.header("Accept"));
        reader.release();
      }
      input.erase(0, step.consumed);
      if (step.progress == RequestReader::Progress::need_more || input.empty()) break;
    }
  }
  return out;
}

}  // namespace

// The same requests, and the same refusal, whether the bytes come at once or one by one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const std::string whole = read_all(input, input.size());
  HF_ASSERT(read_all(input, 1) == whole);
  HF_ASSERT(read_all(input, 1 + size / 3) == whole);
  return 0;
}
