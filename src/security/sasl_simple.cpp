// PLAIN (RFC 4616) and EXTERNAL (RFC 4422, appendix A): one message decides.
#include "security/sasl_mechanisms.h"

namespace holdfast::security {
namespace {

class Plain final : public SaslMechanism {
 public:
  using SaslMechanism::SaslMechanism;

  std::optional<SaslStep> step(BytesView response) override {
    if (response.empty() && !asked_) {
      // A client that does not speak first is asked to.
      asked_ = true;
      return SaslStep{};
    }
    const std::size_t first = response.find('\0');
    const std::size_t second = first == BytesView::npos ? first : response.find('\0', first + 1);
    if (second == BytesView::npos) return std::nullopt;
    const BytesView acts_as = response.substr(0, first);
    const std::string user(response.substr(first + 1, second - first - 1));
    const BytesView password = response.substr(second + 1);
    if (user.empty() || password.empty() || password.find('\0') != BytesView::npos) return std::nullopt;
    if (!acts_as.empty() && acts_as != user) return std::nullopt;
    if (!realm().password_is(user, password)) return std::nullopt;
    return accept(user, {});
  }

 private:
  bool asked_ = false;
};

class External final : public SaslMechanism {
 public:
  using SaslMechanism::SaslMechanism;

  std::optional<SaslStep> step(BytesView response) override {
    const std::string& name = context().external_name;
    if (name.empty() || (!response.empty() && response != name)) return std::nullopt;
    return accept(name, {});
  }
};

}  // namespace

std::unique_ptr<SaslMechanism> make_plain(SaslContext context) { return std::make_unique<Plain>(std::move(context)); }
std::unique_ptr<SaslMechanism> make_external(SaslContext context) { return std::make_unique<External>(std::move(context)); }

}  // namespace holdfast::security
