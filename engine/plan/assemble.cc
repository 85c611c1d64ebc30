#include "engine/plan/assemble.h"

#include "engine/plan/references.h"

#include <algorithm>
#include <numeric>

namespace plumb {

namespace {

void count(PlanCounts& counts, const PlannedChange& change) {
  switch (change.action) {
    case Action::create:
      ++counts.create;
      break;
    case Action::update:
      ++counts.update;
      if (change.adopt) ++counts.adopt;
      break;
    case Action::replace:
      ++counts.replace;
      break;
    case Action::remove:
      ++counts.remove;
      break;
    case Action::forget:
      ++counts.forget;
      break;
    case Action::adopt:
      ++counts.adopt;
      break;
    case Action::deferred:
      ++counts.deferred;
      break;
    case Action::blocked:
      ++counts.blocked;
      break;
    case Action::read:
      ++counts.read;
      break;
    case Action::no_op:
    case Action::record:
      break;
  }
}

// Changes move to address order; steps follow.
void sort_changes(World& world, Plan& plan) {
  std::vector<std::uint32_t> order(world.changes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const PlannedChange &one = world.changes[a], &two = world.changes[b];
    const auto by_address = one.address <=> two.address;
    return by_address != 0 ? by_address < 0 : one.deposed < two.deposed;
  });
  std::vector<std::uint32_t> moved(order.size());
  plan.changes.reserve(order.size());
  for (std::uint32_t to = 0; to < order.size(); ++to) {
    moved[order[to]] = to;
    plan.changes.push_back(std::move(world.changes[order[to]]));
  }
  for (Step& step : plan.graph.steps) {
    if (step.change) step.change = moved[*step.change];
  }
}

// Secrets that were taken as unchanged without anybody having looked: said once, so that "no changes" is not more than
// it is.
void warn_not_verified(World& world) {
  auto& all = world.not_verified;
  std::sort(all.begin(), all.end());
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < kShown; ++i) text += (i > 0 ? ", " : "") + all[i];
  if (all.size() > kShown) text += " and " + std::to_string(all.size() - kShown) + " more";
  const bool no_key = !world.in.digest_key && !world.in.key_id.empty();
  world.diagnostics->warning(
      "not verified, taken as unchanged: " + text,
      no_key ? "restore the key (id " + world.in.key_id + "): without it secrets cannot be compared"
             : "the server does not show them to this user, or they are too short to keep a digest of",
      {});
}

void add_outputs(World& world, Plan& plan) {
  if (world.in.options.mode == PlanMode::validate) return;
  const auto& before = world.in.state->outputs;
  std::map<std::string, Value> after;
  std::map<std::string, std::string> references;
  if (world.in.options.mode == PlanMode::normal) {
    for (const OutputNode& output : world.outputs) {
      const auto& only = world.in.options.only;
      if (output.scope != 0 || (only && !only->outputs.contains(output.block->name))) continue;
      if (!world.work.done(output.node)) continue;
      after.emplace(output.block->name, output.value);
      references.emplace(output.block->name, output_record(world, output).reference);
    }
  }
  for (const auto& [name, value] : after) {
    const auto old = before.find(name);
    const std::string& reference = references[name];
    if (old != before.end() && old->second.reference == reference) {
      if (!reference.empty()) continue;  // nothing of it is stored, so nothing changes
      if (old->second.value == value && old->second.value.fully_known()) continue;
    }
    // A sealed output whose key is missing cannot be compared; what it comes from tells of changes.
    if (old != before.end() && (old->second.value.any_unavailable() || value.any_unavailable())) continue;
    if (old == before.end() && value.is_null()) continue;
    plan.outputs.push_back({name, old == before.end() ? std::nullopt : std::optional(old->second.value), value});
  }
  const auto& only = world.in.options.only;
  if (!only && !world.in.options.targets.empty()) return;
  for (const auto& [name, record] : before) {
    if (only && !only->outputs.contains(name)) continue;
    if (!after.contains(name)) plan.outputs.push_back({name, record.value, std::nullopt});
  }
  std::sort(plan.outputs.begin(), plan.outputs.end(),
            [](const OutputChange& a, const OutputChange& b) { return a.name < b.name; });
}

}  // namespace

void assemble(World& world, Plan& plan) {
  plan.destroy = world.in.options.mode == PlanMode::destroy;
  sort_changes(world, plan);
  for (const PlannedChange& change : plan.changes) count(plan.counts, change);
  plan.counts.no_op = world.no_ops;
  plan.ignored = world.ignored.size();
  plan.counts.record = world.records.size();
  plan.counts.moved = world.moves.size();
  plan.moves = world.moves;
  const auto by_address = [](const auto& a, const auto& b) { return a.address < b.address; };
  plan.drift = std::move(world.drift);
  plan.unreadable = std::move(world.unreadable);
  plan.records = std::move(world.records);
  std::sort(plan.drift.begin(), plan.drift.end(), by_address);
  std::sort(plan.unreadable.begin(), plan.unreadable.end(), by_address);
  std::sort(plan.records.begin(), plan.records.end(), by_address);
  plan.nonsensitive = std::move(world.nonsensitive);
  std::sort(plan.nonsensitive.begin(), plan.nonsensitive.end());
  plan.nonsensitive.erase(std::unique(plan.nonsensitive.begin(), plan.nonsensitive.end()), plan.nonsensitive.end());
  if (!world.not_verified.empty()) warn_not_verified(world);
  plan.warnings = world.diagnostics->sorted();
  std::erase_if(plan.warnings, [](const Diagnostic& d) { return d.severity != Severity::warning; });
  add_outputs(world, plan);
}

}  // namespace plumb
