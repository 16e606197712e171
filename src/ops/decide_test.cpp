#include "ops/decide.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "ops/catalog.h"

namespace holdfast::ops {
namespace {

using Action = Decision::Action;
constexpr Expiration kDefaults{5000, 700};

EntryView entry(BytesView value, Version version) {
  EntryView e;
  e.key = "k";
  e.value = value;
  e.metadata.version = version;
  return e;
}

Mutation mutation(Effect effect, Precondition precondition = Precondition::always) {
  Mutation m;
  m.key = "k";
  m.effect = effect;
  m.precondition = precondition;
  m.value = "new";
  return m;
}

TEST(Decide, TakesLifespanAndMaxIdleOfTheCacheWhenTheMutationIsSilent) {
  EXPECT_EQ(decide(mutation(Effect::put), nullptr, kDefaults).expiration, kDefaults);
}

TEST(Decide, LetsAMutationAskForImmortality) {
  Mutation m = mutation(Effect::put);
  m.lifespan_ms = kImmortal;
  EXPECT_EQ(decide(m, nullptr, kDefaults).expiration, (Expiration{kImmortal, 700}));
  m.max_idle_ms = kImmortal;
  EXPECT_TRUE(decide(m, nullptr, kDefaults).expiration.immortal());
}

TEST(Decide, AnApplyFunctionSeesThePresentEntryAndItsExpirationWins) {
  const EntryView present = entry("old", 7);
  auto f = [](const EntryView* p) {
    Applied a;
    a.kind = Applied::Kind::put;
    a.value = Bytes(p->value) + "+";
    a.expiration = Expiration{1, 2};
    a.result = "r";
    return a;
  };
  const ApplyFunction function = f;
  Mutation m = mutation(Effect::apply);
  m.function = &function;
  const Decision d = decide(m, &present, kDefaults);
  EXPECT_EQ(d.action, Action::put);
  EXPECT_EQ(d.new_value(), "old+");
  EXPECT_EQ(d.expiration, (Expiration{1, 2}));
  EXPECT_EQ(d.result(), "r");
}

TEST(Decide, AnApplyFunctionMayComputeTheEmptyValue) {
  auto f = [](const EntryView*) {
    Applied a;
    a.kind = Applied::Kind::put;
    return a;
  };
  const ApplyFunction function = f;
  Mutation m = mutation(Effect::apply);
  m.function = &function;
  EXPECT_EQ(decide(m, nullptr, kDefaults).new_value(), "");
}

TEST(Decide, AnApplyFunctionThatRemovesNothingChangesNothing) {
  auto f = [](const EntryView*) {
    Applied a;
    a.kind = Applied::Kind::remove;
    return a;
  };
  const ApplyFunction function = f;
  Mutation m = mutation(Effect::apply);
  m.function = &function;
  const EntryView present = entry("old", 7);
  EXPECT_EQ(decide(m, nullptr, kDefaults).kind, OutcomeKind::unchanged);
  EXPECT_EQ(decide(m, &present, kDefaults).action, Action::remove);
}

TEST(Decide, ExpiresOnlyWhatIsNotAlive) {
  const EntryView present = entry("old", 7);
  EXPECT_EQ(decide(mutation(Effect::expire), &present, kDefaults).action, Action::keep);
  EXPECT_EQ(decide(mutation(Effect::expire), nullptr, kDefaults).action, Action::expire);
}

TEST(Decide, WhatASplitLeftTakesPlaceUnlessSomethingAsNewIsThere) {
  Mutation m = mutation(Effect::put);
  m.precondition = Precondition::if_newer;
  m.expected_version = 7;
  const EntryView older = entry("old", 6), same = entry("old", 7);
  EXPECT_EQ(decide(m, nullptr, kDefaults).action, Action::put);
  EXPECT_EQ(decide(m, &older, kDefaults).action, Action::put);
  EXPECT_EQ(decide(m, &same, kDefaults).kind, OutcomeKind::mismatch);
  m.effect = Effect::remove;
  EXPECT_EQ(decide(m, &older, kDefaults).action, Action::remove);
  EXPECT_EQ(decide(m, nullptr, kDefaults).kind, OutcomeKind::unchanged);
}

/// What a map with versions would do, written once more without Decision.
struct ModelMap {
  struct Slot {
    Bytes value;
    Version version;
  };
  std::map<Bytes, Slot> slots;
  Version last = 0;

  OutcomeKind apply(const Mutation& m) {
    const auto at = slots.find(Bytes(m.key));
    const bool there = at != slots.end();
    switch (m.precondition) {
      case Precondition::always: break;
      case Precondition::if_absent:
        if (there) return OutcomeKind::present;
        break;
      case Precondition::if_present:
        if (!there) return OutcomeKind::absent;
        break;
      case Precondition::if_version:
        if (!there) return OutcomeKind::absent;
        if (at->second.version != m.expected_version) return OutcomeKind::mismatch;
        break;
      case Precondition::if_value:
        if (!there) return OutcomeKind::absent;
        if (at->second.value != m.expected_value) return OutcomeKind::mismatch;
        break;
      case Precondition::if_newer:
        if (there && at->second.version >= m.expected_version) return OutcomeKind::mismatch;
        break;
    }
    if (m.effect == Effect::put) {
      slots[Bytes(m.key)] = {Bytes(m.value), ++last};
      return OutcomeKind::done;
    }
    if (!there) return OutcomeKind::unchanged;
    if (m.effect != Effect::touch) slots.erase(at);
    return OutcomeKind::done;
  }
};

/// The same mutation done by obeying decide().
struct DecidedMap {
  std::map<Bytes, ModelMap::Slot> slots;
  Version last = 0;

  OutcomeKind apply(const Mutation& m) {
    const auto at = slots.find(Bytes(m.key));
    std::optional<EntryView> present;
    if (at != slots.end()) present = entry(at->second.value, at->second.version);
    const Decision d = decide(m, present ? &*present : nullptr, kDefaults);
    if (d.action == Action::put) slots[Bytes(m.key)] = {Bytes(d.new_value()), ++last};
    if (d.action == Action::remove || d.action == Action::evict) slots.erase(at);
    return d.kind;
  }
};

class DecideAgainstAModel : public testing::TestWithParam<int> {};

TEST_P(DecideAgainstAModel, AgreesWithAPlainMapOnEveryStep) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  ModelMap model;
  DecidedMap decided;
  const std::vector<Bytes> keys = {"a", "b", "c"};
  const std::vector<Bytes> values = {"", "1", "2"};
  constexpr Effect kEffects[] = {Effect::put, Effect::put, Effect::put, Effect::remove, Effect::touch, Effect::evict};
  for (int step = 0; step < 2000; ++step) {
    Mutation m;
    m.key = keys[random() % keys.size()];
    m.value = values[random() % values.size()];
    m.effect = kEffects[random() % std::size(kEffects)];
    m.precondition = static_cast<Precondition>(random() % 5);
    m.expected_value = values[random() % values.size()];
    const auto at = model.slots.find(Bytes(m.key));
    m.expected_version = at != model.slots.end() && random() % 2 == 0 ? at->second.version : random() % 50;
    ASSERT_EQ(decided.apply(m), model.apply(m)) << "step " << step;
    ASSERT_EQ(decided.slots.size(), model.slots.size());
    for (const auto& [key, slot] : model.slots) {
      ASSERT_EQ(decided.slots[key].value, slot.value) << "step " << step;
      ASSERT_EQ(decided.slots[key].version, slot.version) << "step " << step;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, DecideAgainstAModel, testing::Range(1, 21));

TEST(Catalog, HasEveryRowAtItsOwnIndexWithANameOfItsOwn) {
  std::map<std::string_view, int> names;
  for (const Operation& op : operations()) {
    EXPECT_EQ(&operation(op.id), &op);
    EXPECT_EQ(++names[op.name], 1) << op.name;
    EXPECT_FALSE(op.doc.empty());
  }
}

}  // namespace
}  // namespace holdfast::ops
