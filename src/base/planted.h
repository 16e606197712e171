// Planted defects: mistakes that the simulator must find, so that we know that it would find others of their kind. Only programs that
// are built with HOLDFAST_DEFECTS have them (sim/program/defects_main.cpp), one at a time; elsewhere planted() is a constant false.
//
// Owner: the program that plants one.  Threads: one.  Waits: never.  Fails with: nothing; failing is what they are for.
#pragma once

#include <cstdint>

namespace holdfast {

enum class Defect : std::uint8_t {
  none,
  leave_without_handover,   // bug 1
  owned_too_soon,           // bug 3
  stale_confirmation_kept,  // bug 3
  lapse_not_noticed,        // bug 3
  phase_before_all_confirm, // bug 4
  primary_before_recovery,  // bug 5
  aborted_write_left_open,  // bug 6
  bulk_partly_applied,      // bug 7
  retry_carried_out_again,  // bug 8
  key_locked_for_ever,      // bug 9
  never_merges,             // bug 14
  hang_not_noticed,         // bug 15
  own_pause_not_forgiven,   // bug 16
  own_health_ignored,       // bug 16
  suspects_too_soon,        // bug 16
  equal_ids_do_not_merge,   // bug 20
  iterates_what_is_there,   // bug 21
  not_told_again,           // bug 23
  primary_knows_no_listeners, // bug 23
  join_restarts_rebalance,  // bug 34
  no_order,                 // C1
  visible_before_commit,    // C2
  acks_not_awaited,         // C2
  pending_read_here,        // C3
  watermark_never_sent,     // C4
  watermark_too_high,       // C4
  nothing_recovered,        // C5
  pending_committed_alone,  // C5
  old_epoch_acknowledged,   // C6
  lease_ignored,            // C7
  lease_not_waited_for,     // C7
  removals_forgotten,       // G4
};

#ifdef HOLDFAST_DEFECTS
inline Defect planted_defect = Defect::none;
inline bool planted(Defect defect) { return planted_defect == defect; }
#else
constexpr bool planted(Defect) { return false; }
#endif

}  // namespace holdfast
