// Conditional requests (RFC 9110, section 13): entity tags are entries' versions.
//
// Owner: values that borrow from the request.  Threads: any.  Waits: never.
#pragma once

#include <optional>

#include "endpoint/rest/http_message.h"
#include "model/entry.h"

namespace holdfast::rest {

class Conditions {
 public:
  explicit Conditions(const Request& request);
  bool any() const { return any_; }

  enum class Verdict : std::uint8_t { go_on, not_modified, failed };
  /// `present` is null when the key is absent.
  Verdict judge(const Metadata* present, bool reads) const;

  bool only_if_absent() const { return if_none_match_ == "*" && if_match_.empty() && !dates_; }
  bool only_if_present() const { return if_match_ == "*" && if_none_match_.empty() && !dates_; }
  /// If-Match with a single tag of ours and nothing else: its version.
  std::optional<Version> only_version() const;

 private:
  BytesView if_match_;
  BytesView if_none_match_;
  TimeMs if_modified_since_ = -1;
  TimeMs if_unmodified_since_ = -1;
  bool dates_ = false;
  bool any_ = false;
};

/// "\"18d3f...\"".
void append_etag(Bytes& out, Version version);

}  // namespace holdfast::rest
