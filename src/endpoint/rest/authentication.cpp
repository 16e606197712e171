#include "endpoint/rest/authentication.h"

#include <charconv>
#include <map>

#include "security/sasl_mechanisms.h"

namespace holdfast::rest {
namespace {

using security::HashKind;

struct Algorithm {
  std::string_view name;    // in the header
  std::string_view stored;  // in users.properties
  HashKind kind;
};
constexpr Algorithm kAlgorithms[] = {{"MD5", "digest-md5", HashKind::md5}, {"SHA-256", "digest-sha-256", HashKind::sha256}};

const Algorithm* algorithm_named(std::string_view name) {
  if (name.empty()) return &kAlgorithms[0];
  for (const Algorithm& algorithm : kAlgorithms) {
    if (equal_ignoring_case(algorithm.name, name)) return &algorithm;
  }
  return nullptr;
}

/// "00000001" -> 1; 0 when it is no count.
std::uint32_t count_of(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), count, 16);
  return text.size() == 8 && bad == std::errc() && end == text.data() + text.size() ? count : 0;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

Bytes hex_hash(HashKind kind, BytesView text) { return security::to_hex(security::hash(kind, text)); }

}  // namespace

Authentication::Authentication(const server::EndpointContext& context) : realm_(context.realm), nonces_(*context.runtime) {
  if (realm_ == nullptr) return;
  const auto& mechanisms = context.settings.mechanisms;
  for (const std::string& mechanism : mechanisms) {
    basic_ = basic_ || equal_ignoring_case(mechanism, "BASIC");
    digest_ = digest_ || equal_ignoring_case(mechanism.substr(0, 6), "DIGEST");
  }
  if (mechanisms.empty()) basic_ = digest_ = true;
  if (!basic_ && !digest_) {
    context.runtime->log().warn("rest", "connector '" + context.settings.name + "' has neither BASIC nor DIGEST among its mechanisms: nobody can log in");
  }
}

Authentication::Verdict Authentication::refused() { return {realm_->refuse(), false, true}; }

Authentication::Verdict Authentication::check(const Request& request) {
  if (realm_ == nullptr) return {security::Subject(), false, false};
  const BytesView authorization = request.header("Authorization");
  if (authorization.empty()) return {Error(Errc::unauthenticated, "credentials are needed"), false, false};
  const std::size_t blank = authorization.find(' ');
  const BytesView scheme = authorization.substr(0, blank);
  const BytesView rest = blank == BytesView::npos ? BytesView() : authorization.substr(blank + 1);
  if (basic_ && equal_ignoring_case(scheme, "Basic")) return check_basic(rest);
  if (digest_ && equal_ignoring_case(scheme, "Digest")) return check_digest(request, rest);
  return refused();
}

Authentication::Verdict Authentication::check_basic(BytesView credentials) {
  while (credentials.starts_with(' ')) credentials.remove_prefix(1);
  const auto text = from_base64(credentials);
  const std::size_t colon = text ? text->find(':') : Bytes::npos;
  if (colon == Bytes::npos) return refused();
  return {realm_->verify_password(text->substr(0, colon), BytesView(*text).substr(colon + 1)), false, true};
}

Authentication::Verdict Authentication::check_digest(const Request& request, BytesView directives) {
  auto fields = security::parse_directives(directives);
  if (!fields) return refused();
  std::map<std::string, Bytes>& f = *fields;
  const Algorithm* algorithm = algorithm_named(f["algorithm"]);
  const std::uint32_t count = count_of(f["nc"]);
  if (!algorithm || count == 0 || f["qop"] != "auth" || f["cnonce"].empty() || f["realm"] != realm_->digest_realm() || f["uri"] != request.target) return refused();
  const Nonces::Standing standing = nonces_.look(f["nonce"]);
  if (standing == Nonces::Standing::forged) return {Error(Errc::unauthenticated, "the nonce is not of this server"), true, true};
  const auto secret = realm_->user_digest(f["username"], algorithm->stored, algorithm->kind);
  const Bytes a2 = hex_hash(algorithm->kind, Bytes(request.method_text) + ":" + f["uri"]);
  // An unknown user is computed for as well, so that time tells nothing.
  const Bytes a1 = security::to_hex(secret.value_or(f["nonce"]));
  const Bytes expected = hex_hash(algorithm->kind, a1 + ":" + f["nonce"] + ":" + f["nc"] + ":" + f["cnonce"] + ":auth:" + a2);
  if (!security::equal_in_constant_time(expected, f["response"]) || !secret) return refused();
  if (standing == Nonces::Standing::stale || !nonces_.use(f["nonce"], count)) {
    return {Error(Errc::unauthenticated, "the nonce has expired or was used before"), true, true};
  }
  return {realm_->subject_of(f["username"]), false, true};
}

void Authentication::append_challenges(Bytes& out, bool stale) {
  if (digest_) {
    const std::string nonce = nonces_.make();
    for (const Algorithm& algorithm : kAlgorithms) {
      out += "WWW-Authenticate: Digest realm=" + quoted(realm_->digest_realm()) + ", qop=\"auth\", nonce=\"" + nonce +
             "\", algorithm=" + std::string(algorithm.name) + (stale ? ", stale=true" : "") + "\r\n";
    }
  }
  if (basic_) out += "WWW-Authenticate: Basic realm=" + quoted(realm_->digest_realm()) + ", charset=\"UTF-8\"\r\n";
}

}  // namespace holdfast::rest
