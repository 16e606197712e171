#include "ops/catalog.h"

#include <array>

namespace holdfast::ops {
namespace {

constexpr std::array kOperations = {
#define HF_ROW(name, kind, scope, permission, counter, since, doc) \
  Operation{OpId::name, #name, Kind::kind, Scope::scope, Permission::permission, Counter::counter, since, doc},
    HF_OPERATIONS(HF_ROW)
#undef HF_ROW
};

}  // namespace

const Operation& operation(OpId id) { return kOperations[static_cast<std::size_t>(id)]; }
std::span<const Operation> operations() { return kOperations; }

}  // namespace holdfast::ops
