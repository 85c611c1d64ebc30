#include "engine/cli/moves.h"

#include <algorithm>

#include "engine/base/suggest.h"

namespace plumb::cli {

namespace {

Result<void> check_kinds(const Address& from, const Address& to) {
  if (from == to) return fail(from.str() + " is both the old and the new address", "name another one");
  if (from.data || to.data) {
    return fail("a data source is not moved", "rename its block: it is read again by itself");
  }
  if (from.is_module() != to.is_module()) {
    return fail("a module moves to a module, and a resource to a resource",
                "write both as `module.NAME`, or both as `postgres.role.app`");
  }
  if (from.type != to.type) {
    return fail(from.str() + " is a " + from.type + ", and " + to.str() + " a " + to.type,
                "an object keeps its type: remove the one and import it as the other");
  }
  return {};
}

Error not_there(const State& state, const Address& from) {
  std::vector<std::string> names;
  for (const auto& [address, record] : state.instances) {
    names.push_back(address.str());
    if (address.key) names.push_back(address.resource().str());
    Address module;
    for (const ModuleStep& step : address.modules) {
      module.modules.push_back({step.name, std::nullopt});
      names.push_back(module.str());
      module.modules.back() = step;
      names.push_back(module.str());
    }
  }
  return {from.str() + " is not in state" + did_you_mean(from.str(), names), "see `plumb state list` for what is"};
}

// A call that is named without a key takes the keys of its records along.
Address in_module(const Address& record, const Address& from, const Address& to) {
  Address out = record;
  const std::size_t depth = from.modules.size();
  out.modules.assign(to.modules.begin(), to.modules.end());
  const std::optional<std::string>& key = record.modules[depth - 1].key;
  if (!from.modules.back().key && key) out.modules.back().key = key;
  out.modules.insert(out.modules.end(), record.modules.begin() + static_cast<std::ptrdiff_t>(depth),
                     record.modules.end());
  return out;
}

Address target_of(const Address& record, const Address& from, const Address& to) {
  if (from.is_module()) return in_module(record, from, to);
  Address out = to;
  if (!from.key && record.key) out.key = record.key;
  return out;
}

// Records that would lose their keys, so that several would become one.
Result<void> check_keys(const Moves& moves, const Address& from, const Address& to) {
  const std::optional<std::string>& old_key = from.is_module() ? from.modules.back().key : from.key;
  const std::optional<std::string>& new_key = to.is_module() ? to.modules.back().key : to.key;
  if (old_key || !new_key) return {};
  for (const auto& [record, target] : moves) {
    const std::optional<std::string>& key = from.is_module() ? record.modules[from.modules.size() - 1].key : record.key;
    if (key) {
      return fail(from.str() + " has keys of its own (" + record.str() + ")",
                  "move one of them: name it with its key, or leave the new key out");
    }
  }
  return {};
}

}  // namespace

Result<Moves> moves_between(const State& state, const Address& from, const Address& to) {
  PLUMB_CHECK(check_kinds(from, to));
  // A single instance goes alone where the new place is single too.
  const bool alone = !from.is_module() && to.key && state.instances.contains(from);
  Moves moves;
  for (const auto& [address, record] : state.instances) {
    if (alone ? address == from : from.covers(address)) moves.emplace_back(address, target_of(address, from, to));
  }
  for (const auto& [id, intent] : state.pending) {
    if (!from.covers(intent.address) && !to.covers(intent.address)) continue;
    return fail("an interrupted change of " + intent.address.str() + " is not settled yet",
                "run `plumb apply`, which looks what became of it; then move it");
  }
  if (moves.empty()) return fail(not_there(state, from));
  PLUMB_CHECK(check_keys(moves, from, to));
  const auto taken = [](const Address& address) {
    return fail(address.str() + " is in state already",
                "move that one away first, or remove it from state with `plumb state rm '" + address.str() + "'`");
  };
  for (const auto& [address, target] : moves) {
    if (state.instances.contains(target)) return taken(target);
  }
  // The instances of two resources do not become those of one.
  for (const auto& [address, record] : state.instances) {
    if (!to.is_module() && to.covers(address) && !from.covers(address)) return taken(address);
  }
  return moves;
}

}  // namespace plumb::cli
