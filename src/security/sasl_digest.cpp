// DIGEST-MD5 (RFC 2831) and its sisters with other hashes, as the original's clients speak them; quality of protection
// "auth" only.
#include "security/sasl_mechanisms.h"

namespace holdfast::security {
namespace {

constexpr std::size_t kNonceBytes = 24;
constexpr BytesView kBlanks = " \t\r\n";
constexpr BytesView kFirstUse = "00000001";

void skip_blanks(BytesView& rest) { rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size())); }

std::optional<Bytes> take_quoted(BytesView& rest) {
  Bytes value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && ++i == rest.size()) break;
    value += rest[i];
  }
  return std::nullopt;
}

std::optional<Bytes> take_value(BytesView& rest) {
  if (rest.starts_with('"')) return take_quoted(rest);
  const std::size_t end = std::min(rest.find_first_of(", \t\r\n"), rest.size());
  Bytes value(rest.substr(0, end));
  rest.remove_prefix(end);
  return value;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return out;
}

class Digest final : public SaslMechanism {
 public:
  Digest(std::string_view name, HashKind kind, SaslContext context)
      : SaslMechanism(std::move(context)), stored_name_(lower(name)), kind_(kind), realm_name_(realm().digest_realm()) {}

  std::optional<SaslStep> step(BytesView response) override {
    if (nonce_.empty()) {
      // There is no initial response in this mechanism: the server speaks first.
      if (!response.empty()) return std::nullopt;
      nonce_ = to_base64(context().random->secret(kNonceBytes));
      return SaslStep{false, "realm=" + quoted(realm_name_) + ",nonce=\"" + nonce_ + "\",qop=\"auth\",charset=utf-8,algorithm=md5-sess", {}};
    }
    return answer(response);
  }

 private:
  std::optional<SaslStep> answer(BytesView response) {
    auto parsed = parse_directives(response);
    if (!parsed) return std::nullopt;
    fields_ = std::move(*parsed);
    const std::string user = field("username");
    const auto qop = fields_.find("qop");
    if (user.empty() || field("realm") != realm_name_ || field("nonce") != nonce_ || field("nc") != kFirstUse || field("cnonce").empty()) return std::nullopt;
    if ((qop != fields_.end() && qop->second != "auth") || !uri_is_ours(field("digest-uri"))) return std::nullopt;
    if (fields_.contains("authzid") && !field("authzid").empty() && field("authzid") != user) return std::nullopt;
    const std::optional<Bytes> secret = realm().user_digest(user, stored_name_, kind_);
    if (!secret) return std::nullopt;
    Bytes a1 = *secret + ":" + nonce_ + ":" + field("cnonce");
    if (fields_.contains("authzid")) a1 += ":" + field("authzid");
    const Bytes session = to_hex(hash(kind_, a1));
    if (!equal_in_constant_time(proof(session, "AUTHENTICATE:"), field("response"))) return std::nullopt;
    return accept(user, "rspauth=" + proof(session, ":"));
  }

  /// The hash over everything that was said; `method` tells the client's from ours.
  Bytes proof(BytesView session, BytesView method) const {
    const Bytes a2 = to_hex(hash(kind_, Bytes(method) + field("digest-uri")));
    return to_hex(hash(kind_, Bytes(session) + ":" + nonce_ + ":" + Bytes(kFirstUse) + ":" + field("cnonce") + ":auth:" + a2));
  }

  /// "hotrod/infinispan", in any case; a replicated service may add a third part.
  bool uri_is_ours(const Bytes& uri) const {
    const std::string expected = lower(context().protocol + "/" + context().server_name);
    const std::string given = lower(uri);
    return given == expected || given.starts_with(expected + "/");
  }

  Bytes field(const char* name) const {
    const auto at = fields_.find(name);
    return at == fields_.end() ? Bytes() : at->second;
  }

  const std::string stored_name_;
  const HashKind kind_;
  const std::string realm_name_;
  Bytes nonce_;
  std::map<std::string, Bytes> fields_;
};

}  // namespace

std::optional<std::map<std::string, Bytes>> parse_directives(BytesView text) {
  std::map<std::string, Bytes> directives;
  while (true) {
    skip_blanks(text);
    if (text.empty()) return directives;
    if (text.front() == ',') {
      text.remove_prefix(1);
      continue;
    }
    const std::size_t equals = text.find_first_of("=,\" \t\r\n");
    if (equals == 0 || equals == BytesView::npos || text[equals] != '=') return std::nullopt;
    std::string name = lower(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    auto value = take_value(text);
    skip_blanks(text);
    if (!value || (!text.empty() && text.front() != ',')) return std::nullopt;
    if (!directives.emplace(std::move(name), std::move(*value)).second) return std::nullopt;
  }
}

Bytes quoted(BytesView text) {
  Bytes out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::unique_ptr<SaslMechanism> make_digest(std::string_view name, HashKind kind, SaslContext context) {
  return std::make_unique<Digest>(name, kind, std::move(context));
}

}  // namespace holdfast::security
