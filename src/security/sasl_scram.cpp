// SCRAM (RFC 5802, 7677) without channel binding.
#include "security/sasl_mechanisms.h"

namespace holdfast::security {
namespace {

constexpr std::size_t kNonceBytes = 18;
constexpr std::size_t kClientNonceBytesMax = 512;

/// Cuts "x=value" off the front of a comma-separated list; nothing when the next attribute is another one.
std::optional<BytesView> take_attribute(BytesView& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  const std::size_t end = rest.find(',');
  const BytesView value = rest.substr(2, end == BytesView::npos ? end : end - 2);
  rest.remove_prefix(end == BytesView::npos ? rest.size() : end + 1);
  return value;
}

/// "=2C" is a comma and "=3D" an equals sign; any other use of '=' is malformed.
std::optional<std::string> unescape_name(BytesView text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      name += text[i];
      continue;
    }
    const BytesView code = text.substr(i + 1, 2);
    if (code != "2C" && code != "3D") return std::nullopt;
    name += code == "2C" ? ',' : '=';
    i += 2;
  }
  return name.empty() ? std::nullopt : std::optional(name);
}

Bytes exclusive_or(BytesView a, BytesView b) {
  Bytes out(a);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ b[i]);
  return out;
}

class Scram final : public SaslMechanism {
 public:
  Scram(std::string_view name, HashKind kind, SaslContext context) : SaslMechanism(std::move(context)), name_(name), kind_(kind) {}

  std::optional<SaslStep> step(BytesView response) override {
    if (!first_done_) {
      if (response.empty() && !asked_) {
        asked_ = true;
        return SaslStep{};
      }
      return first(response);
    }
    return last(response);
  }

 private:
  /// client-first-message: gs2 header, then n=user,r=nonce and extensions that we may skip.
  std::optional<SaslStep> first(BytesView message) {
    const std::size_t header_end = message.find(',', message.find(',') + 1);
    // 'y' (the client could bind and thinks that we cannot) is right about us; 'p' asks for a binding.
    if (message.empty() || (message[0] != 'n' && message[0] != 'y') || message.find(',') != 1 || header_end == BytesView::npos) return std::nullopt;
    gs2_header_ = message.substr(0, header_end + 1);
    BytesView acts_as = BytesView(gs2_header_).substr(2, header_end - 2);
    BytesView bare = message.substr(header_end + 1);
    first_bare_ = bare;
    const auto user = take_attribute(bare, 'n');
    const auto nonce = take_attribute(bare, 'r');
    if (!user || !nonce || nonce->empty() || nonce->size() > kClientNonceBytesMax) return std::nullopt;
    const auto name = unescape_name(*user);
    if (!name) return std::nullopt;
    user_ = *name;
    if (!acts_as.empty()) {
      const auto other = take_attribute(acts_as, 'a');
      if (!other || unescape_name(*other) != user_) return std::nullopt;
    }
    nonce_ = Bytes(*nonce) + to_base64(context().random->secret(kNonceBytes));
    const ScramChallenge shown = realm().scram_challenge(user_, name_, *context().random);
    server_first_ = "r=" + nonce_ + ",s=" + to_base64(shown.salt) + ",i=" + std::to_string(shown.iterations);
    first_done_ = true;
    return SaslStep{false, server_first_, {}};
  }

  /// client-final-message: c=binding,r=nonce,p=proof. The user is looked at only here.
  std::optional<SaslStep> last(BytesView message) {
    const std::size_t proof_at = message.rfind(",p=");
    if (proof_at == BytesView::npos) return std::nullopt;
    BytesView rest = message;
    const auto binding = take_attribute(rest, 'c');
    const auto nonce = take_attribute(rest, 'r');
    const auto proof = from_base64(message.substr(proof_at + 3));
    if (!binding || from_base64(*binding) != gs2_header_ || !nonce || !equal_in_constant_time(*nonce, nonce_)) return std::nullopt;
    if (!proof || proof->size() != hash_size(kind_)) return std::nullopt;
    const std::optional<ScramKeys> keys = realm().scram_keys(user_, name_, kind_, *context().random);
    if (!keys) return std::nullopt;
    const Bytes signed_text = first_bare_ + "," + server_first_ + "," + Bytes(message.substr(0, proof_at));
    const Bytes client_key = exclusive_or(*proof, hmac(kind_, keys->stored_key, signed_text));
    if (!equal_in_constant_time(hash(kind_, client_key), keys->stored_key)) return std::nullopt;
    return accept(user_, "v=" + to_base64(hmac(kind_, keys->server_key, signed_text)));
  }

  const std::string name_;
  const HashKind kind_;
  bool asked_ = false;
  bool first_done_ = false;
  std::string user_;
  Bytes gs2_header_;
  Bytes first_bare_;
  Bytes nonce_;
  Bytes server_first_;
};

}  // namespace

std::unique_ptr<SaslMechanism> make_scram(std::string_view name, HashKind kind, SaslContext context) {
  return std::make_unique<Scram>(name, kind, std::move(context));
}

}  // namespace holdfast::security
