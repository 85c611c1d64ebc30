// `ignore` rules: differences that count for nothing, in plan, apply and drift alike.
#include <algorithm>

#include "engine/plan/lifecycle.h"

namespace plumb {

namespace {

// `*` stands for any text, also for none. Linear in practice: it never goes back behind the last `*`.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// A resource's name stands for all of its instances.
bool names(const IgnoreBlock& rule, const Address& instance) {
  return matches(rule.address, instance.str()) || (instance.key && matches(rule.address, instance.resource().str()));
}

}  // namespace

bool ignores_change(const Lifecycle& lifecycle, const Path& path) {
  const auto& globs = lifecycle.ignore;
  return std::any_of(globs.begin(), globs.end(), [&](const Path& glob) { return glob.glob_covers(path); });
}

std::vector<Path> ignored_paths(const World& world, const Address& instance) {
  std::vector<Path> out;
  for (const IgnoreBlock& rule : world.in.stack->ignores) {
    if (names(rule, instance)) out.push_back(rule.path);
  }
  return out;
}

void warn_idle_ignores(World& world) {
  if (world.in.options.mode != PlanMode::normal || !selects_all(world)) return;
  // What cannot be told yet may be what they are for.
  if (std::any_of(world.changes.begin(), world.changes.end(),
                  [](const PlannedChange& change) { return change.action == Action::deferred; })) {
    return;
  }
  for (const IgnoreBlock& rule : world.in.stack->ignores) {
    const bool used = std::any_of(world.instances.begin(), world.instances.end(),
                                  [&](const InstanceNode& instance) { return names(rule, instance.address); });
    if (used) continue;
    world.diagnostics->warning("ignore: " + quoted(rule.address) + " matches no instance",
                               "mend the address, or remove the rule", rule.pos);
  }
}

}  // namespace plumb
