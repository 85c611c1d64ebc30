#include <algorithm>

#include "engine/base/text.h"
#include "engine/cli/signals.h"
#include "engine/cli/stack_run.h"
#include "engine/report/drift_text.h"

namespace plumb::cli {

namespace {

// The drift of what was named; an error for a name that has none, and for what is gone.
Result<std::vector<DriftEntry>> chosen(const Plan& plan, const State& state, const std::vector<Address>& wanted) {
  std::vector<DriftEntry> out;
  for (const Address& address : wanted) {
    const auto covered = [&](const Address& instance) { return address.covers(instance); };
    const bool known = std::any_of(state.instances.begin(), state.instances.end(),
                                   [&](const auto& item) { return covered(item.first); });
    if (!known) return fail(address.str() + " is not in state", "see `plumb state list` for what is");
    const std::size_t before = out.size();
    for (const DriftEntry& entry : plan.drift) {
      if (!covered(entry.address)) continue;
      if (entry.kind == DriftEntry::Kind::missing) {
        return fail(entry.address.str() + " is gone, so there is nothing to accept",
                    "run `plumb apply` to make it again, or remove its block");
      }
      out.push_back(entry);
    }
    if (out.size() == before) {
      return fail("nothing of " + address.str() + " was changed outside", "run `plumb drift` to see what was");
    }
  }
  return out;
}

}  // namespace

int run_accept(Context& context) {
  const auto wanted = addresses_of(context.options.arguments, "", Modules::allowed);
  if (!wanted.has_value()) return context.failed(wanted.error());
  StackRun run(context);
  if (!run.load() || !run.lock_state("accept") || !run.start(PlanMode::normal)) return 1;
  std::optional<Plan> plan = run.plan();
  if (!plan) return 1;
  auto entries = chosen(*plan, run.state, *wanted);
  if (!entries.has_value()) return context.failed(entries.error());
  std::vector<JournalEvent> events;
  for (const DriftEntry& entry : *entries) {
    std::optional<InstanceRecord> record = run.session->accepted_record(entry.address);
    if (!record) {
      return context.failed(Error{entry.address.str() + " could not be read", "run `plumb drift` to see why"});
    }
    events.emplace_back(OutcomeDone{"", *std::move(record)});
  }
  defer_signals();
  for (const JournalEvent& event : events) fold(run.state, event);
  if (const auto done = run.locked->append(run.state, events, true); !done.has_value()) {
    return context.failed(done.error());
  }
  if (const auto done = run.locked->commit(run.state); !done.has_value()) return context.failed(done.error());
  plan->drift = *std::move(entries);
  if (context.options.json) {
    context.print_json(drift_json(*plan));
    return 0;
  }
  context.print("Accepted as the new prior:\n\n" + drift_entries_text(*plan, context.terminal.out) +
                "\nConfiguration did not move: run `plumb plan` to see what it says.\n");
  return 0;
}

}  // namespace plumb::cli
