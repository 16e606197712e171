#include "endpoint/rest/nonces.h"

#include <charconv>

#include "security/crypto.h"

namespace holdfast::rest {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kTimeDigits = 16;  // hexadecimal, as the salt's
constexpr std::size_t kSealBytes = 16;
constexpr std::uint32_t kWindow = 64;

std::string hex(std::uint64_t number) {
  std::string text(kTimeDigits, '0');
  for (std::size_t i = 0; i < kTimeDigits; ++i) text[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
  return text;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

}  // namespace

Nonces::Nonces(runtime::Runtime& runtime) : runtime_(runtime), key_(runtime.random().secret(kKeyBytes)) {}

std::string Nonces::sealed(TimeMs made, std::uint64_t salt) const {
  const std::string text = hex(static_cast<std::uint64_t>(made)) + hex(salt);
  return text + security::to_hex(security::hmac(security::HashKind::sha256, key_, text).substr(0, kSealBytes));
}

std::string Nonces::make() { return sealed(runtime_.clock().now_ms(), runtime_.random().next()); }

Nonces::Standing Nonces::look(const std::string& nonce) const {
  if (nonce.size() != 2 * kTimeDigits + 2 * kSealBytes) return Standing::forged;
  const auto made = static_cast<TimeMs>(number_of(std::string_view(nonce).substr(0, kTimeDigits)));
  const std::uint64_t salt = number_of(std::string_view(nonce).substr(kTimeDigits, kTimeDigits));
  if (!security::equal_in_constant_time(sealed(made, salt), nonce)) return Standing::forged;
  if (runtime_.clock().now_ms() - made > kLifeMs) return Standing::stale;
  Locked<Mutex> locked(lock_);
  return nonce <= forgotten_ ? Standing::stale : Standing::good;
}

bool Nonces::use(const std::string& nonce, std::uint32_t count) {
  Locked<Mutex> locked(lock_);
  if (nonce <= forgotten_) return false;
  if (!used_.contains(nonce) && used_.size() >= kUsedMax) forget_some();
  Uses& uses = used_[nonce];
  if (count > uses.highest) {
    const std::uint32_t step = count - uses.highest;
    uses.before = step < kWindow ? uses.before << step : 0;
    if (step <= kWindow && uses.highest > 0) uses.before |= std::uint64_t{1} << (step - 1);
    uses.highest = count;
    return true;
  }
  const std::uint32_t back = uses.highest - count;
  if (back == 0 || back > kWindow) return false;
  const std::uint64_t bit = std::uint64_t{1} << (back - 1);
  if ((uses.before & bit) != 0) return false;
  uses.before |= bit;
  return true;
}

/// The oldest tenth; what is forgotten becomes stale, so that nothing can be used twice.
void Nonces::forget_some() {
  for (std::size_t i = 0; i < kUsedMax / 10 && !used_.empty(); ++i) {
    forgotten_ = used_.begin()->first;
    used_.erase(used_.begin());
  }
}

}  // namespace holdfast::rest
