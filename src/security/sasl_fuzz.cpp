#include <cstdint>

#include "base/assert.h"
#include "security/sasl_mechanisms.h"
#include "sim/test_world.h"

// The first byte chooses the mechanism; the rest is cut in messages at bytes 255. Nobody may get in without the password,
// which no input can prove: the server's nonces are not in it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::security;
  if (size == 0) return 0;
  sim::TestWorld runtime;
  runtime.put_file("/u", "alice=the password that the fuzzer does not know\n");
  const auto realm = make_properties_realm(runtime, {"default", "/u", ""});
  SaslContext context;
  context.realm = realm->get();
  context.random = &runtime.random();
  const auto exchange = make_sasl_exchange(sasl_mechanisms()[data[0] % sasl_mechanisms().size()], context);
  BytesView rest(reinterpret_cast<const char*>(data + 1), size - 1);
  while (true) {
    const std::size_t end = rest.find('\xff');
    const auto step = (*exchange)->step(rest.substr(0, end));
    HF_ASSERT(!step.ok() || !step->authenticated);
    if (!step.ok() || end == BytesView::npos) break;
    rest.remove_prefix(end + 1);
  }
  parse_directives(BytesView(reinterpret_cast<const char*>(data), size));
  return 0;
}
