// `plumb state mv` and `plumb state rm`: state changes, and nothing on a server.
#include <set>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/cli/moves.h"
#include "engine/cli/signals.h"
#include "engine/cli/stack_run.h"
#include "engine/model/identity.h"

namespace plumb::cli {

namespace {

bool write_events(Context& context, StackRun& run, const std::vector<JournalEvent>& events) {
  defer_signals();
  for (const JournalEvent& event : events) fold(run.state, event);
  auto done = run.locked->append(run.state, events, true);
  if (done.has_value()) done = run.locked->commit(run.state);
  if (done.has_value()) return true;
  context.say(done.error());
  return false;
}

void tell_moves(Context& context, const Moves& moves) {
  if (context.options.json) {
    Value::List moved;
    for (const auto& [from, to] : moves) moved.emplace_back(ValueMap{{"from", from.str()}, {"to", to.str()}});
    context.print_json(ValueMap{{"format_version", "1.0"}, {"moved", std::move(moved)}});
    return;
  }
  std::string text;
  for (const auto& [from, to] : moves) text += printable(from.str()) + " has moved to " + printable(to.str()) + "\n";
  context.print(text + "\nOnly state has changed: rename the blocks too, then see that `plumb plan` finds nothing.\n");
}

// What leaves state, in words.
struct Removal {
  Address address;
  std::string what;   // `app`, `deposed x7`, ...
  bool stays = true;  // its object is on a server
};

std::string called(const Context& context, const Address& address, const Value& identity) {
  const auto type = context.registry.type(address.type);
  if (!type.has_value() || !identity.is_map() || identity.any_sensitive()) return {};
  return identity_text(**type, identity);
}

// The value of such a one was kept nowhere else.
bool only_in_state(const Context& context, const Address& address) {
  const auto type = context.registry.type(address.type);
  return !address.data && type.has_value() && !(*type)->outside_effect;
}

std::vector<Removal> removals_of(const Context& context, const InstanceRecord& record) {
  const Address& address = record.address;
  if (address.data) return {{address, "a data source: it is read again while its block stands", false}};
  if (only_in_state(context, address)) return {{address, "kept in state alone: it is gone", false}};
  std::vector<Removal> out{{address, called(context, address, record.identity)}};
  for (const Deposed& old : record.deposed) {
    const std::string name = called(context, address, old.identity);
    out.push_back({address, "deposed " + old.id + (name.empty() ? "" : ", " + name)});
  }
  return out;
}

struct Removed {
  std::vector<Removal> listed;
  std::vector<JournalEvent> events;
};

// Everything that the addresses cover. Tells every address that covers nothing; then nothing is removed.
std::optional<Removed> covered(Context& context, const State& state, const std::vector<Address>& wanted) {
  Removed out;
  std::set<Address> gone;
  std::vector<std::string> names;
  for (const auto& [address, record] : state.instances) names.push_back(address.str());
  bool good = true;
  for (const Address& address : wanted) {
    bool any = false;
    for (const auto& [at, record] : state.instances) {
      if (!address.covers(at)) continue;
      any = true;
      if (gone.insert(at).second) out.events.emplace_back(OutcomeGone{"", at});
    }
    for (const auto& [id, intent] : state.pending) {
      if (!address.covers(intent.address)) continue;
      any = true;
      out.listed.push_back({intent.address, "interrupted; it may exist"});
      out.events.emplace_back(OutcomeFailed{id});
    }
    if (any) continue;
    good = false;
    context.say(Error{address.str() + " is not in state" + did_you_mean(address.str(), names),
                      "see `plumb state list` for what is"});
  }
  for (const Address& address : gone) {
    for (Removal& one : removals_of(context, state.instances.at(address))) out.listed.push_back(std::move(one));
  }
  if (!good) return std::nullopt;
  return out;
}

void tell_removed(Context& context, const std::vector<Removal>& listed) {
  if (context.options.json) {
    Value::List removed;
    for (const Removal& one : listed) {
      removed.emplace_back(
          ValueMap{{"address", one.address.str()}, {"stays_on_server", one.stays}, {"what", one.what}});
    }
    context.print_json(ValueMap{{"format_version", "1.0"}, {"removed", std::move(removed)}});
    return;
  }
  std::string text = "Removed from state:\n\n";
  bool stays = false;
  for (const Removal& one : listed) {
    text += "  " + printable(one.address.str());
    if (!one.what.empty()) text += " (" + printable(one.what) + ")";
    text += "\n";
    stays = stays || one.stays;
  }
  if (stays) text += "\nThe objects stay on the server as they are; Plumb does not answer for them any more.\n";
  context.print(text);
}

}  // namespace

int run_state_mv(Context& context) {
  const auto addresses = addresses_of(context.options.arguments, "", Modules::allowed);
  if (!addresses.has_value()) return context.failed(addresses.error());
  StackRun run(context);
  if (!run.load_leniently() || !run.lock_state("state mv")) return 1;
  const auto moves = moves_between(run.state, addresses->at(0), addresses->at(1));
  if (!moves.has_value()) return context.failed(moves.error());
  std::vector<JournalEvent> events;
  for (const auto& [from, to] : *moves) events.emplace_back(Moved{from, to});
  if (!write_events(context, run, events)) return 1;
  tell_moves(context, *moves);
  return 0;
}

int run_state_rm(Context& context) {
  const auto addresses = addresses_of(context.options.arguments, "", Modules::allowed);
  if (!addresses.has_value()) return context.failed(addresses.error());
  StackRun run(context);
  if (!run.load_leniently() || !run.lock_state("state rm")) return 1;
  const std::optional<Removed> removed = covered(context, run.state, *addresses);
  if (!removed || !write_events(context, run, removed->events)) return 1;
  tell_removed(context, removed->listed);
  return 0;
}

}  // namespace plumb::cli
