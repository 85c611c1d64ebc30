// Stages: what apply may do without asking again once a deferred part of the plan can be planned. Pure.
#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "engine/base/error.h"
#include "engine/plan/plan.h"

namespace plumb {

// The `continue` budget of one run, taken from the plan that was approved and kept for all its later stages: creates
// and in-place updates of what that plan named as deferred.
class Budget {
 public:
  void add(Address address) { addresses_.insert(std::move(address)); }
  // The address, its resource, or a module it stands in was deferred (Address::covers). Logarithmic.
  [[nodiscard]] bool covers(const Address& address) const;
  [[nodiscard]] bool empty() const noexcept { return addresses_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return addresses_.size(); }

 private:
  std::set<Address> addresses_;
};

// Deferred resources, instances, data sources and module calls of `approved`.
Budget budget_of(const Plan& approved);

// What `next`, the plan of a later stage, would do beyond the budget, in the order of addresses: deletes, replacements,
// forgets, takeovers (of anything but links), lowered protection, and every change and move of what was not deferred.
// Reads, counted records, outputs, and what is deferred or blocked again are within. Empty: go on without asking.
// Each error names the address, the action and the next step, and stands at the block.
std::vector<Error> beyond(const Budget& budget, const Plan& next);

}  // namespace plumb
