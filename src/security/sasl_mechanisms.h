// The mechanisms behind make_sasl_exchange(). Each does its own steps; counting and ending is done around them.
//
// Owner: make_sasl_exchange().  Threads: one at a time.  Waits: as the realm.
// A step gives nothing when it refuses: the wrapper makes the one answer of it.
#pragma once

#include <optional>

#include "security/crypto.h"
#include "security/sasl.h"

namespace holdfast::security {

class SaslMechanism {
 public:
  explicit SaslMechanism(SaslContext context) : context_(std::move(context)) {}
  virtual ~SaslMechanism() = default;
  virtual std::optional<SaslStep> step(BytesView response) = 0;

 protected:
  Realm& realm() const { return *context_.realm; }
  const SaslContext& context() const { return context_; }
  SaslStep accept(const std::string& user, Bytes last_challenge) const {
    return {true, std::move(last_challenge), realm().subject_of(user)};
  }

 private:
  SaslContext context_;
};

std::unique_ptr<SaslMechanism> make_plain(SaslContext context);
std::unique_ptr<SaslMechanism> make_external(SaslContext context);
std::unique_ptr<SaslMechanism> make_scram(std::string_view name, HashKind kind, SaslContext context);
std::unique_ptr<SaslMechanism> make_digest(std::string_view name, HashKind kind, SaslContext context);

/// DIGEST's directives: key=value or key="quoted value", separated by commas. Nothing when malformed or doubled.
std::optional<std::map<std::string, Bytes>> parse_directives(BytesView text);
/// A value of a directive, between quotes.
Bytes quoted(BytesView text);

}  // namespace holdfast::security
