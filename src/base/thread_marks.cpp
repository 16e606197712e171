#include "base/thread_marks.h"

#include <algorithm>
#include <vector>

namespace holdfast {
namespace {

thread_local std::vector<const void*> marks;

}  // namespace

void mark_inside(const void* of) { marks.push_back(of); }

void unmark_inside(const void* of) {
  const auto at = std::find(marks.rbegin(), marks.rend(), of);
  if (at != marks.rend()) marks.erase(std::prev(at.base()));
}

bool is_inside(const void* of) { return std::find(marks.begin(), marks.end(), of) != marks.end(); }

}  // namespace holdfast
