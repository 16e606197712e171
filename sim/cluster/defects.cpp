#include "sim/cluster/defects.h"

namespace holdfast::sim {
namespace {

constexpr DefectRow kDefects[] = {
    {Defect::leave_without_handover, "leave-without-handover", "bug 1", "a leave does not wait for its hand-over", "DUR LIN ITER"},
    {Defect::owned_too_soon, "owned-too-soon", "bug 3", "a segment counts as received before it is", "DUR LIN ITER CONV"},
    {Defect::stale_confirmation_kept, "stale-confirmation-kept", "bug 3", "confirmations of an older topology count", "DUR LIN ONCE ITER CONV EXCL"},
    {Defect::lapse_not_noticed, "lapse-not-noticed", "bug 3", "a node that missed topologies in which it was no owner keeps what it had", "DUR LIN CONV"},
    {Defect::phase_before_all_confirm, "phase-before-all-confirm", "bug 4", "the next phase begins when one node has confirmed", "DUR LIN ITER EXCL"},
    {Defect::primary_before_recovery, "primary-before-recovery", "bug 5", "a new primary writes before it has settled what the old one left", "LIN DUR ONCE CONV"},
    {Defect::aborted_write_left_open, "aborted-write-left-open", "bug 6", "the number of a write that came to nothing is waited for", "LIVE SETTLE"},
    {Defect::bulk_partly_applied, "bulk-partly-applied", "bug 7", "a clear leaves out segments whose primary changed", "LIN"},
    {Defect::retry_carried_out_again, "retry-carried-out-again", "bug 8", "a retry does not find the result of the first try", "ONCE LIN"},
    {Defect::key_locked_for_ever, "key-locked-for-ever", "bug 9", "a write that fails keeps its key", "LIVE"},
    {Defect::never_merges, "never-merges", "bug 14", "views that went their own ways stay apart", "SETTLE"},
    {Defect::hang_not_noticed, "hang-not-noticed", "bug 15", "silence is no reason to suspect a node", "SETTLE LIVE"},
    {Defect::own_pause_not_forgiven, "own-pause-not-forgiven", "bug 16", "a node that was stopped holds its own silence against others", "SUSPECT EXCL"},
    {Defect::own_health_ignored, "own-health-ignored", "bug 16", "a node that hears nobody is as quick to suspect as a healthy one", "SUSPECT"},
    {Defect::suspects_too_soon, "suspects-too-soon", "bug 16", "two heartbeats late are dead", "SUSPECT"},
    {Defect::equal_ids_do_not_merge, "equal-ids-do-not-merge", "bug 20", "views of equal numbers do not unite", "SETTLE"},
    {Defect::iterates_what_is_there, "iterates-what-is-there", "bug 21", "an iteration shows what this node has of a segment that it owns", "ITER"},
    {Defect::not_told_again, "not-told-again", "bug 23", "a new primary does not tell listeners what the old one may not have", "LISTEN"},
    {Defect::primary_knows_no_listeners, "primary-knows-no-listeners", "bug 23", "a topology is confirmed before all members know of listeners", "LISTEN"},
    {Defect::join_restarts_rebalance, "join-restarts-rebalance", "bug 34", "a join begins the rebalance anew", "PROGRESS"},
    {Defect::no_order, "no-order", "C1", "versions do not grow in the order of the writes", "LIN CONV"},
    {Defect::visible_before_commit, "visible-before-commit", "C2", "backups show what is not committed", "LIN"},
    {Defect::acks_not_awaited, "acks-not-awaited", "C2", "a write commits before its backups have it", "LIN DUR"},
    {Defect::pending_read_here, "pending-read-here", "C3", "a backup answers for a key with a pending write", "LIN"},
    {Defect::watermark_never_sent, "watermark-never-sent", "C4", "backups never hear what is committed", "CONV"},
    {Defect::watermark_too_high, "watermark-too-high", "C4", "writes in flight count as committed", "LIN"},
    {Defect::nothing_recovered, "nothing-recovered", "C5", "a new primary does not collect what is pending", "LIN DUR CONV ONCE"},
    {Defect::pending_committed_alone, "pending-committed-alone", "C5", "a backup commits what is pending when the primary changes", "LIN ONCE CONV"},
    {Defect::old_epoch_acknowledged, "old-epoch-acknowledged", "C6", "a backup acknowledges an older epoch", "LIN DUR ONCE EXCL"},
    {Defect::lease_ignored, "lease-ignored", "C7", "a node answers reads without a lease", "LIN EXCL"},
    {Defect::lease_not_waited_for, "lease-not-waited-for", "C7", "a view is installed while those left out may hold a lease", "LIN EXCL"},
    {Defect::removals_forgotten, "removals-forgotten", "G4", "what was removed on one side of a split comes back from the other", "MERGE"},
};

}  // namespace

std::span<const DefectRow> defects() { return kDefects; }

}  // namespace holdfast::sim
