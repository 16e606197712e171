// The defects that a program built with HOLDFAST_DEFECTS can plant, and the bugs and promises that they stand for.
//
// Owner: constant data.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <span>

#include "base/planted.h"

namespace holdfast::sim {

struct DefectRow {
  Defect defect;
  const char* name;
  const char* of;     // a number of the list of bugs, or a promise
  const char* what;
  const char* checkers;  // that are there to find it: names with blanks between
};
std::span<const DefectRow> defects();

}  // namespace holdfast::sim
