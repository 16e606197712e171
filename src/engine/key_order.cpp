#include "engine/key_order.h"

#include <algorithm>

namespace holdfast::engine {

// Keys are told apart by their 128-bit hash: two keys that share it would only wait for one another.
KeyOrder::Held* KeyOrder::find(Stripe& stripe, KeyHash key) {
  for (Held& held : stripe.held) {
    if (held.key.h1 == key.h1 && held.key.h2 == key.h2) return &held;
  }
  return nullptr;
}

Result<KeyOrder::Guard> KeyOrder::lock(KeyHash key, Instant deadline) {
  {
    Stripe& s = stripe(key);
    Locked locked(s.lock);
    if (!find(s, key)) {
      s.held.push_back({key, {}});
      return Guard(this, key);
    }
  }
  // The event is made outside of the spin lock, so the key may have become free meanwhile.
  const auto event = scheduler_.make_event();
  Waiter waiter{event.get(), false};
  if (wait_for_turn(key, waiter, deadline)) return Guard(this, key);
  return Error(Errc::timeout,
               "another write of the same key did not end in time (a listener or a compute function may be slow, or it "
               "writes to the key that it was called for)");
}

bool KeyOrder::wait_for_turn(KeyHash key, Waiter& waiter, Instant deadline) {
  Stripe& s = stripe(key);
  {
    Locked locked(s.lock);
    Held* held = find(s, key);
    if (!held) {
      s.held.push_back({key, {}});
      return true;
    }
    held->waiters.push_back(&waiter);
  }
  {
    // Also when the process is killed in the wait (sim/host.h): nobody may keep what points to the waiter.
    const Withdrawal withdrawal{*this, key, waiter};
    waiter.event->wait(deadline);
  }
  return waiter.owns;
}

KeyOrder::Withdrawal::~Withdrawal() {
  Stripe& s = order.stripe(key);
  Locked locked(s.lock);  // also so that unlock() is done with the event
  if (!waiter.owns) std::erase(order.find(s, key)->waiters, &waiter);
}

void KeyOrder::unlock(KeyHash key) {
  Stripe& s = stripe(key);
  Locked locked(s.lock);
  Held* held = find(s, key);
  HF_ASSERT(held != nullptr);
  if (held->waiters.empty()) {
    *held = std::move(s.held.back());
    s.held.pop_back();
    return;
  }
  Waiter* next = held->waiters.front();
  held->waiters.erase(held->waiters.begin());
  next->owns = true;
  next->event->set();  // under the lock: the waiter keeps its event until it has taken this lock
}

}  // namespace holdfast::engine
