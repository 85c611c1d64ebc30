// What `plumb import` and `plumb accept` ask of a session: one object, and the record of it.
#include <algorithm>

#include "engine/base/random.h"
#include "engine/model/digest.h"
#include "engine/plan/session_impl.h"
#include "engine/provider_api/contract.h"

namespace plumb {

Result<ReadResult> Session::read_one(const Address& address, const Value& identity) {
  World& world = impl_->world;
  Diagnostics diagnostics;
  world.diagnostics = &diagnostics;
  if (!build_world(world)) return first_error(diagnostics, "the configuration has errors");
  request_state_groups(world);
  const auto resource = impl_->reach(address);
  if (!resource.has_value()) return fail(resource.error());
  if (!*resource) {
    if (diagnostics.has_errors()) return first_error(diagnostics, "the configuration has errors");
    return fail("there is no resource " + address.resource().str() + " in configuration",
                "write its block first; import needs something to compare with");
  }
  const std::uint32_t index = **resource;
  const std::uint32_t provider = world.resources[index].provider;
  const TypeSchema& type = *world.resources[index].type;
  if (type.identity.empty()) {
    return fail("a " + type.name + " exists only in state: there is nothing to import", "apply makes it");
  }
  world.work.request(world.resources[index].node);
  drain(world);
  if (diagnostics.has_errors()) return first_error(diagnostics, "the configuration has errors");
  const InstanceNode* instance = impl_->find(address);
  if (instance == nullptr) {
    return fail(address.str() + " is not an instance of the resource", "its keys come from `for_each`",
                world.resources[index].block->pos);
  }
  if (world.providers[provider].status != ProviderNode::Status::ready) {
    return fail("provider " + quoted(world.providers[provider].name) + " cannot be connected yet",
                "apply what configures it first", world.providers[provider].pos);
  }
  const Value complete = world.providers[provider].provider->complete(type, identity);
  const std::vector<ReadKey> keys{{identity_of(type, complete), {}}};
  std::vector<ReadResult> results = world.providers[provider].provider->read_many(type, keys);
  check_read(type, keys, results);
  return std::move(results.front());
}

Result<InstanceRecord> Session::imported_record(const Address& address, State& state, const ReadResult& found) {
  World& world = impl_->world;
  InstanceNode* instance = impl_->find(address);
  if (instance == nullptr) return fail(address.str() + " was not evaluated", "report this", {}, Fault::internal);
  // Nobody tells what it was made with, nor which version of a secret it holds: as configuration says, like one that
  // is adopted.
  ValueMap attributes = found.value.as_map();
  for (const Attribute& attribute : instance->type->attributes) {
    Value wanted = instance->desired.get(attribute.name);
    if (wanted.is_null() && attribute.default_value) wanted = *attribute.default_value;
    if (attribute.local && wanted.fully_known() && !attributes.contains(attribute.name))
      attributes.set(attribute.name, wanted);
  }
  InstanceRecord record = plumb::make_record(world, *instance, state, random_id(), Value(std::move(attributes)),
                                             found.server_id, found.evidence);
  record.digests.clear();  // nothing was sent by us yet
  return record;
}

namespace {

bool has_digest(const InstanceRecord& record, const std::string& attribute) {
  const auto first = record.digests.lower_bound(Path(attribute));
  return first != record.digests.end() && first->first.root() == attribute;
}

// What the server says now takes the place of what was sent; the rest of the attribute, as state keeps it.
Value accept_digests(InstanceRecord& record, const std::string& attribute, Value live, const std::string& key) {
  auto it = record.digests.lower_bound(Path(attribute));
  while (it != record.digests.end() && it->first.root() == attribute) {
    const Path below(std::vector<PathStep>(it->first.steps().begin() + 1, it->first.steps().end()));
    const std::optional<Value> now = value_at(live, below);
    if (!now || now->is_null()) {
      it = record.digests.erase(it);
      continue;
    }
    it->second = value_digest(key, *now);
    live = with_value_at(live, below, Value());
    ++it;
  }
  return live;
}

}  // namespace

std::optional<InstanceRecord> Session::accepted_record(const Address& address) const {
  const InstanceNode* instance = impl_->find(address);
  if (instance == nullptr || instance->record == nullptr || !instance->live_known ||
      instance->live.status != ReadResult::Status::present) {
    return std::nullopt;
  }
  InstanceRecord record = *instance->record;
  record.server_id = instance->live.server_id;
  record.identity = identity_of(*instance->type, instance->live.value);
  const std::optional<std::string>& key = impl_->world.in.digest_key;
  ValueMap attributes = record.attributes.as_map();
  for (const auto& [name, read] : instance->live.value.as_map()) {
    const Attribute* attribute = instance->type->find(name);
    if (attribute == nullptr || attribute->local || attribute->write_only || attribute->kept_by_server) continue;
    const auto among = [&](const std::vector<Path>& paths) {
      return std::find(paths.begin(), paths.end(), Path(name)) != paths.end();
    };
    if (among(instance->live.unread) || among(instance->live.unmoved)) continue;
    const bool digested = has_digest(record, name);
    if (!key && (digested || attribute->sensitive)) continue;
    const Value value = key ? accept_digests(record, name, read, *key) : read;
    if (attribute->sensitive) {
      if (digested || attribute->computed || value.is_null()) continue;
      attributes.erase(name);  // nobody set it, and now it is there
      record.digests[Path(name)] = value_digest(*key, value);
      continue;
    }
    if (value.is_null()) {
      attributes.erase(name);
    } else {
      attributes.set(name, value);
    }
  }
  record.attributes = Value(std::move(attributes));
  // What an `ignore` rule hides is nobody's to accept.
  const auto& ignored = impl_->world.ignored;
  for (auto it = ignored.lower_bound({address, Path()}); it != ignored.end() && it->first == address; ++it) {
    const Path& path = it->second;
    const auto before = value_at(instance->record->attributes, path);
    record.attributes =
        before ? with_value_at(record.attributes, path, *before) : without_path(record.attributes, path);
  }
  if (impl_->world.in.digest_key) {
    for (const auto& [path, bytes] : instance->live.evidence) {
      record.evidence[path] = bytes_digest(*impl_->world.in.digest_key, bytes);
    }
  }
  return record;
}

}  // namespace plumb
