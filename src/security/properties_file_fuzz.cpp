#include <cstdint>

#include "base/assert.h"
#include "security/properties_file.h"
#include "security/stored_password.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const BytesView text(reinterpret_cast<const char*>(data), size);
  const auto users = security::parse_users(text, "users.properties");
  if (!users.ok()) HF_ASSERT(users.error().message().starts_with("users.properties:"));
  const auto groups = security::parse_groups(text, "groups.properties");
  if (!groups.ok()) HF_ASSERT(groups.error().message().starts_with("groups.properties:"));
  if (const auto scram = security::decode_scram(text); scram.ok()) {
    HF_ASSERT(security::decode_scram(security::encode_scram(*scram))->salt == scram->salt);
  }
  if (const auto digest = security::decode_digest(text); digest.ok()) {
    HF_ASSERT(security::decode_digest(security::encode_digest(*digest))->digest == digest->digest);
  }
  return 0;
}
