// Zipf: draws ranks 0, 1, 2, ... of which rank i is drawn in proportion to 1 / (i + 1)^exponent; exponent 0 = all alike.
// Rejection-inversion (W. Hörmann, G. Derflinger 1996): no table, a constant time a draw.
//
// Owner: values.  Threads: const, any.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>

#include "base/function.h"

namespace holdfast::cli {

class Zipf {
 public:
  /// `count` at least 1; the exponent not negative.
  Zipf(std::uint64_t count, double exponent);
  /// `random` gives 64 random bits.
  std::uint64_t draw(FunctionRef<std::uint64_t()> random) const;

 private:
  double density(double x) const;
  double integral(double x) const;
  double inverse(double y) const;

  const std::uint64_t count_;
  const double exponent_;
  double first_ = 0;   // the integral up to 1.5, less the density of rank 1
  double last_ = 0;    // the integral up to count + 0.5
  double margin_ = 0;  // so near to a whole number every draw is accepted
};

}  // namespace holdfast::cli
