// Settling: the action of one instance, by what state, server and configuration say.
#include "engine/plan/settle.h"

#include <algorithm>

#include "engine/plan/lifecycle.h"
#include "engine/plan/three_way.h"

namespace plumb {

PlannedChange& change_of(World& world, InstanceNode& instance) {
  if (instance.change == kNone) {
    instance.change = static_cast<std::uint32_t>(world.changes.size());
    PlannedChange& change = world.changes.emplace_back();
    change.address = instance.address;
    change.provider = world.providers[instance.provider].name;
    change.type = instance.type;
    if (instance.resource != kNone) change.pos = world.resources[instance.resource].block->pos;
    change.timeouts = instance.lifecycle.timeouts;
  }
  return world.changes[instance.change];
}

void block(World& world, InstanceNode& instance, Action intended, Error why) {
  PlannedChange& change = change_of(world, instance);
  change.intended = intended;
  change.blocked = std::move(why);
  change.identity = instance.identity;
  instance.blocked = true;
  instance.action = change.action = Action::blocked;
}

bool left_behind(const InstanceNode& instance, const ReadResult& object) {
  if (instance.record == nullptr || object.status != ReadResult::Status::present) return false;
  return std::any_of(instance.record->deposed.begin(), instance.record->deposed.end(),
                     [&](const Deposed& one) { return !one.server_id.empty() && one.server_id == object.server_id; });
}

bool interrupted_create(const World& world, const InstanceNode& instance) {
  const auto& pending = world.in.state->pending;
  return std::any_of(pending.begin(), pending.end(), [&](const auto& entry) {
    const Intent& intent = entry.second;
    return intent.action == IntentAction::create && intent.address == instance.address &&
           intent.identity == instance.identity;
  });
}

namespace {

void set_action(InstanceNode& instance, PlannedChange& change, Action action) {
  instance.action = action;
  change.action = action;
}

// Readers of something that cannot be planned see what was last known of it.
Value last_known(const InstanceNode& instance) {
  if (instance.record == nullptr) return planned_create(*instance.type, instance.desired);
  ValueMap value = instance.record->attributes.as_map();
  for (const auto& [name, wanted] : instance.desired.as_map()) value.set(name, wanted);
  for (const Attribute& attribute : instance.type->attributes) {
    if (attribute.kept_by_server) value.set(attribute.name, Value::unavailable());
  }
  return Value(std::move(value));
}

void settle_unavailable(World& world, InstanceNode& instance) {
  instance.value = instance.planned = last_known(instance);
  block(world, instance, instance.record == nullptr ? Action::create : Action::no_op,
        unavailable(world, "provider " + quoted(world.providers[instance.provider].name) + " is configured by"));
}

void settle_deferred(World& world, InstanceNode& instance) {
  instance.value = instance.planned = last_known(instance);
  PlannedChange& change = change_of(world, instance);
  change.intended = Action::update;
  change.identity = instance.identity;
  change.blocked = Error{"provider " + quoted(world.providers[instance.provider].name) +
                             " is configured by something that this plan changes",
                         "apply this plan, then plan again"};
  set_action(instance, change, Action::deferred);
}

bool send_blocked(World& world, InstanceNode& instance, Action intended) {
  if (!instance.planned.any_unavailable()) return false;
  block(world, instance, intended, unavailable(world, "it would have to send"));
  return true;
}

void settle_create(World& world, InstanceNode& instance, bool unverified) {
  instance.planned = planned_create(*instance.type, instance.desired);
  instance.value = instance.planned;
  if (instance.type->singleton || instance.type->always_exists) {
    block(world, instance, Action::create,
          Error{"a " + instance.type->name + " cannot be created, and this one is not there", "check its name"});
    return;
  }
  if (send_blocked(world, instance, Action::create)) return;
  PlannedChange& change = change_of(world, instance);
  change.identity = instance.identity;
  change.after = instance.planned;
  change.unverified = unverified && world.server_type(*instance.type);
  if (instance.record != nullptr && !instance.recovered) {
    change.reason = "because it is not there any more";
    world.drift.push_back({instance.address, DriftEntry::Kind::missing, {}, instance.record->server_id});
  } else if (instance.waits_for != nullptr) {
    change.reason = "after " + instance.waits_for->address.str() + " is deleted, which has its name";
  }
  set_action(instance, change, Action::create);
}

bool named(const std::vector<Address>& list, const Address& address) {
  return std::any_of(list.begin(), list.end(), [&](const Address& wanted) {
    return wanted == address || (!wanted.key && address.is_instance_of(wanted));
  });
}

// What an instance is inside of goes away: so does it.
std::optional<Address> replaced_container(const World& world, const InstanceNode& instance) {
  for (const Container& container : instance.type->containers) {
    const auto index = container_of(world, instance, container, instance.desired);
    if (index && world.instances[*index].action == Action::replace) return world.instances[*index].address;
  }
  return std::nullopt;
}

// Identity attributes say whether their change renames, replaces or is refused.
std::optional<Error> identity_changes(const World& world, const InstanceNode& instance, ThreeWayResult& result) {
  for (PlannedPath& path : result.paths) {
    for (const IdentityPart& part : instance.type->identity) {
      if (part.attribute != path.path.root()) continue;
      if (part.on_change == OnIdentityChange::refuses) {
        return Error{"`" + part.attribute + "` names it for life and cannot be changed",
                     "put the old one back, or make a new resource", path.pos};
      }
      if (part.on_change == OnIdentityChange::replaces) {
        path.forces_replacement = true;
        result.replace = true;
      }
    }
  }
  // Where letter case does not count, an object may be found under its new name before it has it.
  const bool itself = !instance.live.server_id.empty() && instance.taken.server_id == instance.live.server_id;
  if (instance.taken_known && instance.taken.status == ReadResult::Status::present && !itself && !instance.type->link &&
      !left_behind(instance, instance.taken) && !interrupted_create(world, instance)) {
    return Error{
        "there already is a " + instance.type->name + " called " + identity_text(*instance.type, instance.identity),
        "choose another name, or rename that one first"};
  }
  return std::nullopt;
}

void settle_replace(World& world, InstanceNode& instance, ThreeWayResult& result, const std::string& reason) {
  instance.planned = planned_create(*instance.type, instance.desired);
  instance.value = instance.planned;
  if (instance.record != nullptr && instance.record->prevent_destroy) {
    block(world, instance, Action::replace,
          Error{"it is protected (prevent_destroy), and " +
                    (result.paths.empty() ? std::string("it would be replaced")
                                          : "a change of `" + result.paths.front().path.str() + "` replaces it"),
                "apply `lifecycle: { prevent_destroy: false }` first, if it may go"});
    world.changes[instance.change].paths = result.paths;
    return;
  }
  if (send_blocked(world, instance, Action::replace)) return;
  PlannedChange& change = change_of(world, instance);
  change.identity = instance.identity;
  change.before = instance.live_known ? instance.live.value : instance.record->attributes;
  change.after = instance.planned;
  change.paths = std::move(result.paths);
  change.reason = reason.empty() ? reason_of(world, instance, change.paths) : reason;
  instance.create_first = instance.lifecycle.create_before_destroy;
  set_action(instance, change, Action::replace);
}

void note_drift(World& world, InstanceNode& instance, ThreeWayResult& result) {
  if (instance.record == nullptr || instance.recovered || !instance.live_known) return;
  const InstanceRecord& record = *instance.record;
  DriftEntry entry{instance.address, DriftEntry::Kind::changed, std::move(result.drift), instance.live.server_id};
  const auto live_key = identity_key(*instance.type, identity_of(*instance.type, instance.live.value));
  const auto prior_key = identity_key(*instance.type, identity_after_renames(world, instance));
  if (!record.server_id.empty() && !instance.live.server_id.empty() && record.server_id != instance.live.server_id) {
    entry.kind = DriftEntry::Kind::replaced_outside;
  } else if (live_key != prior_key) {
    entry.kind = DriftEntry::Kind::renamed_outside;
  } else if (entry.changes.empty()) {
    return;
  }
  world.drift.push_back(std::move(entry));
}

ThreeWayInput compare_input(World& world, const InstanceNode& instance, const std::vector<Path>& hidden) {
  const ProviderNode& provider = world.providers[instance.provider];
  return {instance.type,
          &instance.desired,
          instance.live_known ? &instance.live : nullptr,
          instance.recovered ? nullptr
          : instance.renamed ? instance.renamed.get()
                             : instance.record,
          &instance.lifecycle.ignore,
          &world.in.digest_key,
          provider.status == ProviderNode::Status::ready ? provider.provider.get() : nullptr,
          &hidden};
}

bool replaced_outside(const InstanceNode& instance) {
  return instance.record != nullptr && instance.live_known && !instance.record->server_id.empty() &&
         !instance.live.server_id.empty() && instance.record->server_id != instance.live.server_id;
}

// The object is there, or state stands in for it.
void settle_existing(World& world, InstanceNode& instance, bool adopt) {
  const std::vector<Path> hidden = ignored_paths(world, instance.address);
  ThreeWayResult result = three_way(compare_input(world, instance, hidden));
  for (Path& path : result.hidden) world.ignored.emplace(instance.address, std::move(path));
  explain(world, instance, result.paths);
  auto refused = identity_changes(world, instance, result);
  note_drift(world, instance, result);
  instance.planned = result.planned;
  instance.value = instance.planned;
  if (refused) {
    block(world, instance, Action::update, std::move(*refused));
    return;
  }
  std::string reason;
  if (replaced_outside(instance)) {
    // Not taken over silently: it shows, and is approved like any other adoption.
    adopt = true;
    reason = "because another object has its name now (" + instance.type->server_id + " " + instance.record->server_id +
             " -> " + instance.live.server_id + ")";
  }
  const bool partial = instance.record != nullptr && instance.record->partial.has_value();
  if (partial) {
    // Half-made: what is there is mended, not thrown away.
    reason = "because an earlier apply left it half-made: " + *instance.record->partial;
    result.replace = false;
    for (PlannedPath& path : result.paths) path.forces_replacement = false;
  }
  if (named(world.in.options.replace, instance.address)) {
    result.replace = true;
    reason = "because --replace asks for it";
  } else if (const auto container = replaced_container(world, instance)) {
    result.replace = true;
    reason = "because " + container->str() + " is replaced";
  } else if (auto trigger = partial ? std::nullopt : triggered(world, instance)) {
    if (instance.type->singleton || instance.type->always_exists) {
      block(world, instance, Action::replace,
            Error{"`replace_when` asks for a replacement, and a " + instance.type->name + " cannot be made anew",
                  "take `replace_when` away", world.resources[instance.resource].block->pos});
      return;
    }
    // Where something else forces it, that is the better reason.
    if (!result.replace) reason = std::move(*trigger);
    result.replace = true;
  }
  if (result.replace) {
    settle_replace(world, instance, result, reason);
    return;
  }
  for (const Path& path : result.not_verified) world.not_verified.push_back(instance.address.str() + ": " + path.str());
  if (result.paths.empty() && !adopt && result.released.empty()) {
    ++world.no_ops;
    return;
  }
  if (!result.paths.empty() && send_blocked(world, instance, Action::update)) return;
  if (result.paths.empty() && !adopt) {
    ++world.no_ops;
    for (const Path& path : result.released) {
      world.records.push_back(
          {instance.address, "`" + path.str() + "` left configuration and cannot be unset: it stays as it is", false});
    }
    return;
  }
  PlannedChange& change = change_of(world, instance);
  change.identity = instance.identity;
  change.before = instance.live_known ? instance.live.value : instance.record->attributes;
  change.after = instance.planned;
  change.paths = std::move(result.paths);
  change.not_verified = std::move(result.not_verified);
  change.adopt = adopt;
  for (const Path& path : result.released) {
    change.warnings.push_back("`" + path.str() + "` left configuration and cannot be unset: it stays as it is");
  }
  change.reason = instance.recovered ? "an interrupted apply made it"
                  : !reason.empty()  ? reason
                                     : reason_of(world, instance, change.paths);
  set_action(instance, change, change.paths.empty() ? Action::adopt : Action::update);
}

// What is wrong with the import that names this instance: it must say the identity that configuration gives, and the
// object must be there; else it would take over, or make, something that nobody asked for.
std::optional<Error> import_refused(World& world, const InstanceNode& instance, const ImportNode& node) {
  const TypeSchema& type = *instance.type;
  EvalScope scope{instance.node, 0, {}, {}, false};
  if (node.key) scope.each = {&*node.key, &node.each_value};
  const ImportBlock& import = *node.block;
  Value id;
  if (evaluate_tree(world, scope, import.id, *any_type(), id) != Evaluated::done || !id.fully_known())
    return Error{"the `id` of its import is not known in plan", "write the identity as plain text", import.pos};
  if (!id.is_map()) {
    auto parsed = parse_identity(type, scalar_text(id).value_or(std::string()));
    if (!parsed.has_value()) return std::move(parsed).error().at(import.pos);
    id = std::move(parsed).value();
  }
  ValueMap wanted = instance.identity.as_map();
  for (const auto& [name, part] : id.as_map()) {
    if (!type.is_identity(name))
      return Error{type.name + " is not named by `" + name + "`", "give its identity", import.pos};
    wanted.set(name, part);
  }
  const Value named(std::move(wanted));
  if (identity_key(type, identity_of(type, named)) != instance.identity_key) {
    return Error{
        "its import names " + identity_text(type, named) + ", and its block " + identity_text(type, instance.identity),
        "write the same identity in both; rename it once it is in state", import.pos};
  }
  if (instance.live.status == ReadResult::Status::absent) {
    return Error{"its import names " + identity_text(type, named) + ", which is not there",
                 "check the name, or remove the import to make a new one", import.pos};
  }
  return std::nullopt;
}

void settle_found(World& world, InstanceNode& instance) {
  const TypeSchema& type = *instance.type;
  const std::string identity = identity_text(type, instance.identity);
  if (instance.identity_key) {
    const auto held =
        world.record_by_identity.find(world.scoped_identity(instance.provider, type, *instance.identity_key));
    if (held != world.record_by_identity.end() && held->second != instance.record) {
      if (!type.holds_data && !held->second->prevent_destroy && !world.records_seen.contains(held->second)) {
        instance.waits_for = held->second;
        settle_create(world, instance, false);
        return;
      }
      instance.value = instance.planned = last_known(instance);
      block(world, instance, Action::adopt,
            Error{type.name + " " + identity + " is in state as " + held->second->address.str(),
                  "give the block that name back, or give this one another identity"});
      return;
    }
  }
  const bool allowed = type.link || type.singleton || type.always_exists || instance.lifecycle.adopt_always ||
                       world.imports.contains(instance.address);
  if (allowed) {
    settle_existing(world, instance, true);
    return;
  }
  instance.value = instance.planned = last_known(instance);
  block(world, instance, Action::adopt,
        Error{type.name + " " + identity + " exists already, and is not in state",
              "to take it over, run `plumb import '" + instance.address.str() + "' '" + identity +
                  "'` or set `lifecycle: { adopt: always }`; else choose another name"});
}

void settle_unreadable(World& world, InstanceNode& instance) {
  instance.value = instance.planned = last_known(instance);
  const Error& error = instance.live.error;
  world.unreadable.push_back({instance.address, DriftEntry::Kind::changed, {}, {}});
  if (error.fault == Fault::unreachable || error.fault == Fault::refused) {
    world.info[instance.node].failed = true;
    world.diagnostics->add(Error(error).in(instance.address.str()).at(world.resources[instance.resource].block->pos));
    return;
  }
  block(world, instance, instance.record == nullptr ? Action::create : Action::no_op, error);
}

}  // namespace

void settle(World& world, InstanceNode& instance) {
  const ProviderNode& provider = world.providers[instance.provider];
  const bool server = world.server_type(*instance.type);
  if (instance.record != nullptr && instance.record->provider != provider.name) {
    instance.value = instance.planned = last_known(instance);
    block(world, instance, Action::replace,
          Error{"it lives behind provider " + quoted(instance.record->provider) + ", and configuration says " +
                    quoted(provider.name),
                "give the new one an address of its own; an object does not move between servers"});
    return;
  }
  if (server && provider.status == ProviderNode::Status::unavailable) return settle_unavailable(world, instance);
  if (server && provider.status != ProviderNode::Status::ready) {
    if (instance.record != nullptr && !instance.recovered) return settle_deferred(world, instance);
    return settle_create(world, instance, true);
  }
  if (!server) {
    if (instance.record == nullptr) return settle_create(world, instance, false);
    return settle_existing(world, instance, false);
  }
  if (!instance.live_known) {
    if (instance.record != nullptr && !instance.recovered) return settle_existing(world, instance, false);
    return settle_create(world, instance, true);
  }
  if (const auto import = world.imports.find(instance.address);
      import != world.imports.end() && instance.record == nullptr &&
      instance.live.status != ReadResult::Status::unreadable) {
    if (auto refused = import_refused(world, instance, import->second)) {
      instance.value = instance.planned = last_known(instance);
      return block(world, instance, Action::adopt, std::move(*refused));
    }
  }
  switch (instance.live.status) {
    case ReadResult::Status::unreadable:
      return settle_unreadable(world, instance);
    case ReadResult::Status::absent:
      return settle_create(world, instance, false);
    case ReadResult::Status::present:
      if (instance.record == nullptr) return settle_found(world, instance);
      return settle_existing(world, instance, instance.recovered);
  }
}

bool unchanged_from_prior(World& world, InstanceNode& instance) {
  if (instance.recovered || instance.record->partial) return false;
  const std::vector<Path> hidden = ignored_paths(world, instance.address);
  const ThreeWayResult result = three_way(compare_input(world, instance, hidden));
  return result.paths.empty() && !triggered(world, instance) && !named(world.in.options.replace, instance.address);
}

}  // namespace plumb
