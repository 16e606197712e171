#include "security/sasl.h"

#include <array>

#include "security/sasl_mechanisms.h"

namespace holdfast::security {
namespace {

/// No message of any mechanism needs more.
constexpr std::size_t kMessageBytesMax = 65535;

enum class Family : unsigned char { scram, digest, external, plain };
struct Row {
  std::string_view name;
  Family family;
  HashKind hash;
};

constexpr std::array<Row, 11> kRows = {{
    {"SCRAM-SHA-512", Family::scram, HashKind::sha512},   {"SCRAM-SHA-384", Family::scram, HashKind::sha384},
    {"SCRAM-SHA-256", Family::scram, HashKind::sha256},   {"SCRAM-SHA-1", Family::scram, HashKind::sha1},
    {"DIGEST-SHA-512", Family::digest, HashKind::sha512}, {"DIGEST-SHA-384", Family::digest, HashKind::sha384},
    {"DIGEST-SHA-256", Family::digest, HashKind::sha256}, {"DIGEST-SHA", Family::digest, HashKind::sha1},
    {"DIGEST-MD5", Family::digest, HashKind::md5},        {"EXTERNAL", Family::external, HashKind::md5},
    {"PLAIN", Family::plain, HashKind::md5},
}};

std::unique_ptr<SaslMechanism> make_mechanism(const Row& row, const SaslContext& context) {
  switch (row.family) {
    case Family::scram: return make_scram(row.name, row.hash, context);
    case Family::digest: return make_digest(row.name, row.hash, context);
    case Family::external: return make_external(context);
    case Family::plain: break;
  }
  return make_plain(context);
}

/// Ends the exchange after its last step, whatever the mechanism would do, and counts refusals.
class Exchange final : public SaslExchange {
 public:
  Exchange(std::unique_ptr<SaslMechanism> mechanism, Realm& realm) : mechanism_(std::move(mechanism)), realm_(realm) {}

  Result<SaslStep> step(BytesView response) override {
    std::optional<SaslStep> made;
    if (mechanism_ != nullptr && response.size() <= kMessageBytesMax) made = mechanism_->step(response);
    if (!made || made->authenticated) mechanism_.reset();
    if (!made) return realm_.refuse();
    return std::move(*made);
  }

 private:
  std::unique_ptr<SaslMechanism> mechanism_;
  Realm& realm_;
};

}  // namespace

const std::vector<std::string>& sasl_mechanisms() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Row& row : kRows) names.emplace_back(row.name);
    return names;
  }();
  return kNames;
}

Result<std::unique_ptr<SaslExchange>> make_sasl_exchange(std::string_view mechanism, const SaslContext& context) {
  for (const Row& row : kRows) {
    if (row.name == mechanism) return std::unique_ptr<SaslExchange>(std::make_unique<Exchange>(make_mechanism(row, context), *context.realm));
  }
  return Error(Errc::not_supported, "there is no SASL mechanism '" + std::string(mechanism) + "'");
}

}  // namespace holdfast::security
