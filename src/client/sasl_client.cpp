#include "client/sasl_client.h"

#include <algorithm>

#include "base/base64.h"
#include "base/varint.h"
#include "security/crypto.h"
#include "security/sasl_mechanisms.h"

namespace holdfast::client {
namespace {

using security::HashKind;

constexpr std::size_t kNonceBytes = 18;
constexpr std::uint32_t kIterationsMax = 10'000'000;
constexpr int kStepsMax = 4;

struct HashMechanism {
  const char* name;
  HashKind kind;
};
constexpr HashMechanism kScrams[] = {{"SCRAM-SHA-512", HashKind::sha512}, {"SCRAM-SHA-384", HashKind::sha384}, {"SCRAM-SHA-256", HashKind::sha256}, {"SCRAM-SHA-1", HashKind::sha1}};
constexpr HashMechanism kDigests[] = {{"DIGEST-SHA-512", HashKind::sha512}, {"DIGEST-SHA-384", HashKind::sha384}, {"DIGEST-SHA-256", HashKind::sha256}, {"DIGEST-SHA", HashKind::sha1}, {"DIGEST-MD5", HashKind::md5}};

class Plain final : public SaslClient {
 public:
  explicit Plain(const Credentials& c) : message_('\0' + c.user + '\0' + c.password) {}
  Bytes first() override { return message_; }
  Result<Bytes> answer(BytesView) override { return Bytes(); }

 private:
  const Bytes message_;
};

/// The value of "x=..." in a comma-separated list.
std::optional<Bytes> attribute(BytesView message, char name) {
  while (!message.empty()) {
    const auto end = std::min(message.find(','), message.size());
    const BytesView part = message.substr(0, end);
    if (part.size() >= 2 && part[0] == name && part[1] == '=') return Bytes(part.substr(2));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return std::nullopt;
}

std::optional<std::uint32_t> iterations_of(BytesView message) {
  const auto text = attribute(message, 'i');
  if (!text || text->empty() || text->size() > 8 || text->find_first_not_of("0123456789") != Bytes::npos) return std::nullopt;
  const auto count = static_cast<std::uint32_t>(std::stoul(*text));
  if (count == 0 || count > kIterationsMax) return std::nullopt;
  return count;
}

/// RFC 5802 without channel binding.
class Scram final : public SaslClient {
 public:
  Scram(HashKind kind, const Credentials& c, BytesView nonce) : kind_(kind), password_(c.password), nonce_(nonce), first_bare_("n=" + escaped(c.user) + ",r=" + nonce_) {}

  Bytes first() override { return "n,," + first_bare_; }

  Result<Bytes> answer(BytesView challenge) override {
    if (!proved_) return prove(challenge);
    const auto signature = attribute(challenge, 'v');
    if (!signature || *signature != server_signature_) return Error(Errc::unauthenticated, "the server could not prove that it knows the password");
    return Bytes();
  }

 private:
  Result<Bytes> prove(BytesView challenge) {
    const auto nonce = attribute(challenge, 'r');
    const auto salt_text = attribute(challenge, 's');
    const auto salt = salt_text ? from_base64(*salt_text) : std::nullopt;
    const auto iterations = iterations_of(challenge);
    if (!nonce || !nonce->starts_with(nonce_) || !salt || !iterations) return Error(Errc::protocol_error, "the server sent a SCRAM challenge that makes no sense");
    const Bytes salted = security::derive_key(kind_, password_, *salt, *iterations);
    const Bytes client_key = security::hmac(kind_, salted, "Client Key");
    const Bytes without_proof = "c=biws,r=" + *nonce;
    const Bytes signed_text = first_bare_ + "," + Bytes(challenge) + "," + without_proof;
    Bytes proof = security::hmac(kind_, security::hash(kind_, client_key), signed_text);
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
    server_signature_ = to_base64(security::hmac(kind_, security::hmac(kind_, salted, "Server Key"), signed_text));
    proved_ = true;
    return without_proof + ",p=" + to_base64(proof);
  }
  static Bytes escaped(const std::string& name) {
    Bytes out;
    for (const char c : name) out += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
    return out;
  }

  const HashKind kind_;
  const Bytes password_;
  const Bytes nonce_;
  const Bytes first_bare_;
  Bytes server_signature_;
  bool proved_ = false;
};

/// RFC 2831 and its sisters with other hashes, quality of protection "auth".
class Digest final : public SaslClient {
 public:
  Digest(HashKind kind, const Credentials& c, BytesView nonce) : kind_(kind), user_(c.user), password_(c.password), nonce_(nonce) {}

  Bytes first() override { return ""; }  // the server speaks first

  Result<Bytes> answer(BytesView challenge) override {
    const auto fields = security::parse_directives(challenge);
    if (!fields) return Error(Errc::protocol_error, "the server sent a DIGEST challenge that makes no sense");
    const auto field = [&](const char* name) {
      const auto at = fields->find(name);
      return at == fields->end() ? Bytes() : at->second;
    };
    if (!proof_of_server_.empty()) {
      if (field("rspauth") != proof_of_server_) return Error(Errc::unauthenticated, "the server could not prove that it knows the password");
      return Bytes();
    }
    if (field("nonce").empty()) return Error(Errc::protocol_error, "the server sent a DIGEST challenge without a nonce");
    return prove(field("realm"), field("nonce"));
  }

 private:
  Bytes prove(const Bytes& realm, const Bytes& nonce) {
    const Bytes a1 = security::hash(kind_, user_ + ":" + realm + ":" + password_) + ":" + nonce + ":" + nonce_;
    const Bytes session = security::to_hex(security::hash(kind_, a1));
    const auto proof = [&](const char* method) {
      const Bytes a2 = security::to_hex(security::hash(kind_, Bytes(method) + kUri));
      return security::to_hex(security::hash(kind_, session + ":" + nonce + ":" + kUse + ":" + nonce_ + ":auth:" + a2));
    };
    proof_of_server_ = proof(":");
    return "charset=utf-8,username=" + security::quoted(user_) + ",realm=" + security::quoted(realm) + ",nonce=" + security::quoted(nonce) + ",nc=" + kUse +
           ",cnonce=" + security::quoted(nonce_) + ",digest-uri=\"" + kUri + "\",maxbuf=65536,qop=auth,response=" + proof("AUTHENTICATE:");
  }
  static constexpr const char* kUri = "hotrod/infinispan";
  static constexpr const char* kUse = "00000001";

  const HashKind kind_;
  const Bytes user_;
  const Bytes password_;
  const Bytes nonce_;
  Bytes proof_of_server_;
};

Bytes auth_body(const std::string& mechanism, BytesView response) {
  Bytes body;
  append_array(body, mechanism);
  append_array(body, response);
  return body;
}

Result<std::string> choose(const Credentials& credentials, const std::vector<std::string>& offered) {
  const auto offers = [&](const std::string& name) { return std::find(offered.begin(), offered.end(), name) != offered.end(); };
  for (const std::string& known : client_mechanisms()) {
    if ((credentials.mechanism.empty() || credentials.mechanism == known) && offers(known)) return known;
  }
  std::string list;
  for (const std::string& name : offered) list += (list.empty() ? "" : ", ") + name;
  return Error(Errc::not_supported, "no authentication mechanism that both sides know" + (credentials.mechanism.empty() ? "" : " ('" + credentials.mechanism + "' was asked for)") +
                                        "; the server offers: " + (list.empty() ? "none" : list));
}

}  // namespace

const std::vector<std::string>& client_mechanisms() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const auto& mechanism : kScrams) names.emplace_back(mechanism.name);
    for (const auto& mechanism : kDigests) names.emplace_back(mechanism.name);
    names.emplace_back("PLAIN");
    return names;
  }();
  return kNames;
}

std::unique_ptr<SaslClient> make_sasl_client(const std::string& mechanism, const Credentials& credentials, BytesView nonce) {
  if (mechanism == "PLAIN") return std::make_unique<Plain>(credentials);
  for (const HashMechanism& scram : kScrams) {
    if (mechanism == scram.name) return std::make_unique<Scram>(scram.kind, credentials, nonce);
  }
  for (const HashMechanism& digest : kDigests) {
    if (mechanism == digest.name) return std::make_unique<Digest>(digest.kind, credentials, nonce);
  }
  return nullptr;
}

Status authenticate(Connection& connection, const Credentials& credentials, runtime::Random& random, Instant deadline) {
  Sending sending;
  sending.deadline = deadline;
  HF_ASSIGN(const Response offered, connection.call(Request{.op = Op::auth_mech_list}, sending));
  HF_ASSIGN(const std::string mechanism, choose(credentials, offered.names));
  const auto exchange = make_sasl_client(mechanism, credentials, to_base64(random.secret(kNonceBytes)));
  Bytes message = exchange->first();
  for (int step = 0; step < kStepsMax; ++step) {
    const auto said = connection.call(Request{.op = Op::auth, .body = auth_body(mechanism, message)}, sending);
    // Servers refuse with different statuses; what they say to an attempt is about the attempt.
    if (said.failed_with(Errc::invalid_argument, Errc::internal, Errc::permission_denied)) return Error(Errc::unauthenticated, said.error().message());
    if (!said.ok()) return said.error();
    const Response& answer = *said;
    const Bytes challenge = answer.value.value_or(Bytes());
    if (answer.complete && challenge.empty()) return success();
    HF_ASSIGN(message, exchange->answer(challenge));
    // The server's last word was right, and it does not insist on another of ours.
    if (message.empty()) return success();
  }
  return Error(Errc::protocol_error, "the server asks for ever more authentication");
}

}  // namespace holdfast::client
