// Nonces of HTTP Digest. A nonce carries its time and a seal, so handing one out costs no memory; only one that a user
// has proven to hold is remembered, with the counts it was used with.
//
// Owner: the endpoint.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <map>
#include <string>

#include "base/mutex.h"
#include "base/time.h"
#include "runtime/runtime.h"

namespace holdfast::rest {

class Nonces {
 public:
  static constexpr TimeMs kLifeMs = 5 * 60 * 1000;
  static constexpr std::size_t kUsedMax = 10'000;

  explicit Nonces(runtime::Runtime& runtime);
  std::string make();

  enum class Standing : std::uint8_t { good, stale, forged };
  Standing look(const std::string& nonce) const;
  /// For a proven use only. False: this count was used before, or is too old to know.
  bool use(const std::string& nonce, std::uint32_t count);

 private:
  struct Uses {
    std::uint32_t highest = 0;
    std::uint64_t before = 0;  // bit n: highest - 1 - n was used
  };
  std::string sealed(TimeMs made, std::uint64_t salt) const;
  void forget_some() HF_REQUIRES(lock_);

  runtime::Runtime& runtime_;
  const Bytes key_;
  mutable Mutex lock_;
  std::map<std::string, Uses> used_ HF_GUARDED_BY(lock_);  // their texts start with the time: oldest first
  std::string forgotten_ HF_GUARDED_BY(lock_);             // everything up to this one is stale
};

}  // namespace holdfast::rest
