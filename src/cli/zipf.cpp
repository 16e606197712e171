#include "cli/zipf.h"

#include <algorithm>
#include <cmath>

namespace holdfast::cli {

Zipf::Zipf(std::uint64_t count, double exponent) : count_(count), exponent_(exponent) {
  first_ = integral(1.5) - 1;
  last_ = integral(static_cast<double>(count) + 0.5);
  margin_ = 2 - inverse(integral(2.5) - density(2));
}

double Zipf::density(double x) const { return std::exp(-exponent_ * std::log(x)); }

/// Of the density, from 1 to x.
double Zipf::integral(double x) const {
  const double log_x = std::log(x);
  const double t = (1 - exponent_) * log_x;
  return std::abs(t) < 1e-8 ? log_x * (1 + t / 2) : log_x * std::expm1(t) / t;
}

double Zipf::inverse(double y) const {
  const double t = std::max(y * (1 - exponent_), -1.0);
  return std::exp(std::abs(t) < 1e-8 ? y * (1 - t / 2) : y * std::log1p(t) / t);
}

std::uint64_t Zipf::draw(FunctionRef<std::uint64_t()> random) const {
  if (exponent_ == 0) return random() % count_;
  for (;;) {
    const double share = static_cast<double>(random() >> 11) / 9007199254740992.0;
    const double y = last_ + share * (first_ - last_);
    const double x = inverse(y);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(count_));
    if (rank - x <= margin_ || y >= integral(rank + 0.5) - density(rank)) return static_cast<std::uint64_t>(rank) - 1;
  }
}

}  // namespace holdfast::cli
