// Thread marks: what the calls of this thread are inside of, innermost last; so that a callback may remove itself
// without waiting for itself.
//
// Owner: the thread.  Threads: any, each has its own.  Waits: never.  Fails with: nothing.
#pragma once

namespace holdfast {

void mark_inside(const void* of);
/// The latest mark of it goes.
void unmark_inside(const void* of);
bool is_inside(const void* of);

}  // namespace holdfast
