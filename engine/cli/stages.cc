// The later stages of an apply: what could not be planned before is planned again, on what is there now.
#include "engine/apply/stages.h"

#include <set>

#include "engine/base/random.h"
#include "engine/base/text.h"
#include "engine/cli/apply_run.h"

namespace plumb::cli {

namespace {

std::set<Address> deferred_in(const Plan& plan) {
  std::set<Address> out;
  for (const PlannedChange& change : plan.changes) {
    if (change.action == Action::deferred) out.insert(change.address);
  }
  return out;
}

bool acts(const Plan& plan) { return !plan.graph.steps.empty() || !plan.outputs.empty() || !plan.moves.empty(); }

bool went_well(const ApplyOutcome& outcome) {
  return outcome.failed == 0 && outcome.skipped == 0 && !outcome.interrupted && outcome.errors.empty();
}

bool say_without_progress(const Context& context, const std::set<Address>& waiting) {
  std::vector<std::string> names;
  for (const Address& address : waiting) names.push_back(address.str());
  Diagnostics said;
  said.warning("still deferred, and nothing is left to do that could tell more: " + join(names, ", "),
               "the plan above says what each waits for: change that, then run `plumb apply` again", {});
  context.say(said);
  return true;
}

bool say_beyond(const Context& context, const std::vector<Error>& found) {
  Diagnostics said;
  for (const Error& error : found) said.warning(error.message, error.next_step, error.pos);
  said.warning("the next stage was not started: it goes beyond what was approved",
               "what is done stands; run `plumb apply` to look at the rest and approve it", {});
  context.say(said);
  return true;
}

}  // namespace

bool later_stages(Context& context, StackRun& run, Plan& plan, ApplyOutcome& outcome) {
  const Budget budget = budget_of(plan);
  std::set<Address> waiting = deferred_in(plan);
  // Each stage plans at least one more of what was ever deferred (a module may bring new ones), so this ends.
  std::set<Address> seen = waiting;
  for (std::size_t stage = 2; !waiting.empty() && went_well(outcome); ++stage) {
    if (stage > seen.size() + 1) return say_without_progress(context, waiting);
    if (!run.start_again()) return false;
    std::optional<Plan> next = run.plan();
    if (!next) return false;
    show_plan(context, run, *next, stage);
    std::set<Address> still = deferred_in(*next);
    if (still == waiting && !acts(*next)) return say_without_progress(context, waiting);
    if (const std::vector<Error> found = beyond(budget, *next); !found.empty()) return say_beyond(context, found);
    if (!run.ensure_key(*next)) return false;
    const bool quiet = next->empty() && !context.options.json;
    if (!quiet && !context.options.json) write_err("\n");
    outcome = quiet ? quietly(context, run, *next) : with_progress(context, run, *next, random_id());
    plan = *std::move(next);
    waiting = std::move(still);
    seen.insert(waiting.begin(), waiting.end());
  }
  return true;
}

}  // namespace plumb::cli
