#include "state/state.h"

#include <type_traits>
#include <utility>

namespace plumb {
namespace {

constexpr std::size_t kAppliedPlansKept = 100;

void fold_one(State& state, const Intent& intent) { state.pending.insert_or_assign(intent.id, intent); }

void fold_one(State& state, const OutcomeDone& done) {
  state.pending.erase(done.intent);
  state.uids.index(done.record.uid);
  state.instances.insert_or_assign(done.record.address, done.record);
}

void fold_one(State& state, const OutcomeGone& gone) {
  state.pending.erase(gone.intent);
  state.instances.erase(gone.address);
}

void fold_one(State& state, const OutcomeFailed& failed) { state.pending.erase(failed.intent); }

// The intent stays pending: nobody knows.
void fold_one(State&, const OutcomeUnknown&) {}

void fold_one(State& state, const ServerSeen& seen) { state.servers.insert_or_assign(seen.provider, seen.identity); }

void fold_one(State& state, const OutputsSet& set) { state.outputs = set.outputs; }

void fold_one(State& state, const ChecksSet& set) { state.checks = set.checks; }

void fold_one(State& state, const PlanApplied& applied) {
  auto& plans = state.applied_plans;
  plans.push_back(applied.plan_id);
  if (plans.size() > kAppliedPlansKept) plans.erase(plans.begin());
}

void fold_one(State& state, const Moved& moved) {
  if (moved.from == moved.to) return;
  for (auto& [id, intent] : state.pending) {
    if (intent.address == moved.from) intent.address = moved.to;
  }
  auto node = state.instances.extract(moved.from);
  if (node.empty()) return;
  node.key() = moved.to;
  node.mapped().address = moved.to;
  state.instances.erase(moved.to);
  state.instances.insert(std::move(node));
}

}  // namespace

std::uint32_t UidTable::index(const std::string& uid) {
  const auto [it, added] = indices_.try_emplace(uid, static_cast<std::uint32_t>(uids_.size()));
  if (added) uids_.push_back(uid);
  return it->second;
}

std::optional<std::uint32_t> UidTable::find(const std::string& uid) const {
  const auto it = indices_.find(uid);
  if (it == indices_.end()) return std::nullopt;
  return it->second;
}

void fold(State& state, const JournalEvent& event) {
  std::visit([&state](const auto& one) { fold_one(state, one); }, event);
}

}  // namespace plumb
