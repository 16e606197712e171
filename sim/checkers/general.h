// LIN, the general checker (Wing and Gong's search with Lowe's memory, one key at a time): is there an order of the operations,
// each somewhere between its ends, in which every answer is right? It knows conditional operations, removes, previous values,
// increments; operations without an answer may have happened at any later time, or never.
//
// A clear counts as a remove that may happen a second time before it returns: it is carried out again after a change of owners.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: violations; keys whose search takes more than `steps_max` are counted in `given_up`.
#pragma once

#include "sim/checkers/history.h"

namespace holdfast::sim {

struct GeneralReport : CheckReport {
  std::size_t given_up = 0;  // keys
};

/// `history` in any order. Keys begin absent.
GeneralReport check_general(const std::vector<Operation>& history, std::size_t steps_max = 2'000'000);

}  // namespace holdfast::sim
