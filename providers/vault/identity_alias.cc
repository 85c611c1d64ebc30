#include "providers/vault/identity_alias.h"

#include <map>
#include <set>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"
#include "providers/vault/identity_object.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

std::string natural_key(const std::string& accessor, const std::string& name) {
  return accessor + '\n' + lower_case(name);
}

std::string natural_key(const Value& attributes) {
  return natural_key(text_or(attributes, "mount_accessor"), text_or(attributes, "name"));
}

// Entries of a LIST by id; nothing for an empty one, which answers 404.
ValueMap entries_of(const Value& data) {
  const Value* entries = data.find("key_info");
  return entries != nullptr && entries->is_map() ? entries->as_map() : ValueMap();
}

}  // namespace

TypeSchema alias_schema(std::string name, std::string doc, std::string_view owner, std::vector<Attribute> more) {
  auto id = computed(text("id", "The server's own name of the alias.", ""));
  id.server_default = true;
  const std::string owner_name(owner.substr(owner.find('.') + 1));
  const std::string word = owner_name == "identity_group" ? "group" : "entity";
  std::vector<Attribute> attributes = {
      required(text("name", "What the auth method calls it: a user, a role-id, a group. A change renames.", "alice")),
      refers(required(
                 text("mount_accessor", "The auth method, by its accessor.", "${vault.auth_method.userpass.accessor}")),
             "vault.auth_method", "accessor"),
      refers(power(required(text("canonical_id", "The " + word + " it belongs to, by id; a change moves it.",
                                 "${vault." + owner_name + ".shop.id}"))),
             owner, "id"),
      std::move(id),
  };
  for (Attribute& one : more) attributes.push_back(std::move(one));
  auto out = type_schema(std::move(name), std::move(doc), {"mount_accessor"}, std::move(attributes));
  out.identity.push_back({"name", OnIdentityChange::renames});
  out.server_id = "id";
  return out;
}

Value IdentityAlias::decode(const Value& data, const std::string& space) const {
  std::vector<ValueMap::Entry> entries;
  for (const Attribute& attribute : schema().attributes) {
    if (attribute.name == "namespace") {
      entries.emplace_back(attribute.name, Value(space));
    } else {
      entries.emplace_back(attribute.name, from_wire(attribute, data.get(attribute.name)));
    }
  }
  return Value(ValueMap::from(std::move(entries)));
}

Value IdentityAlias::encode(const Value& desired) const {
  std::vector<ValueMap::Entry> body;
  for (const Attribute& attribute : schema().attributes) {
    if (attribute.name == "namespace" || attribute.name == "id") continue;
    body.emplace_back(attribute.name, desired.get(attribute.name));
  }
  return Value(ValueMap::from(std::move(body)));
}

void IdentityAlias::read_listed(const Value& data, const std::string& space, Keys keys,
                                const std::vector<std::size_t>& mine, Results& out) const {
  const ValueMap entries = entries_of(data);
  std::map<std::string, std::string> ids;
  for (const auto& [id, entry] : entries) ids.emplace(natural_key(entry), id);
  for (const std::size_t i : mine) {
    std::string id = keys[i].server_id;
    const Value* entry = id.empty() ? nullptr : entries.find(id);
    const bool by_name = entry == nullptr;
    if (by_name) {
      const auto found = ids.find(natural_key(keys[i].identity));
      if (found == ids.end()) continue;
      id = found->second;
      entry = entries.find(id);
    }
    Value value = decode(with(*entry, "id", Value(id)), space);
    // Found by its name, it is the one that was asked for, however the server spells it.
    if (by_name) value = with(value, "name", keys[i].identity.get("name"));
    out[i] = ReadResult::present(std::move(value), id);
  }
}

void IdentityAlias::read_each(Client& client, const Error& denied, Keys keys, const std::vector<std::size_t>& mine,
                              Results& out) const {
  std::vector<Call> calls;
  std::vector<std::size_t> asked;
  for (const std::size_t i : mine) {
    if (keys[i].server_id.empty()) {
      out[i] = ReadResult::unreadable(denied);
      continue;
    }
    asked.push_back(i);
    Call& call = calls.emplace_back();
    call.path = collection() + '/' + url_segment(keys[i].server_id);
    call.space = space_of_key(keys[i]);
  }
  const auto answers = client.call_all(calls);
  for (std::size_t k = 0; k < asked.size(); ++k) {
    const std::size_t i = asked[k];
    if (!answers[k]) {
      out[i] = ReadResult::unreadable(answers[k].error());
    } else if (answers[k]->found()) {
      out[i] = ReadResult::present(decode(answers[k]->data(), calls[k].space), keys[i].server_id);
    } else if (!keys[i].identity.is_null()) {
      out[i] = ReadResult::unreadable(denied);  // its name may have another id by now
    }
  }
}

Results IdentityAlias::read(Client& client, Keys keys) const {
  std::map<std::string, std::vector<std::size_t>> by_space;
  for (std::size_t i = 0; i < keys.size(); ++i) by_space[space_of_key(keys[i])].push_back(i);
  std::vector<Call> calls;
  for (const auto& [space, mine] : by_space) {
    Call& call = calls.emplace_back();
    call.method = "LIST";
    call.path = collection();
    call.space = space;
  }
  const auto answers = client.call_all(calls);
  Results out(keys.size());
  std::size_t at = 0;
  for (const auto& [space, mine] : by_space) {
    const auto& answer = answers[at++];
    if (answer) {
      read_listed(answer->data(), space, keys, mine, out);
    } else if (answer.error().fault == Fault::denied) {
      read_each(client, answer.error(), keys, mine, out);
    } else {
      for (const std::size_t i : mine) out[i] = ReadResult::unreadable(answer.error());
    }
  }
  return out;
}

ListResult IdentityAlias::list(Client& client) const {
  ListResult out;
  Call call;
  call.method = "LIST";
  call.path = collection();
  call.space = client.space();
  const auto answer = client.call(call);
  if (!answer) {
    out.error = answer.error();
    return out;
  }
  for (const auto& [id, entry] : entries_of(answer->data())) {
    out.objects.push_back(ReadResult::present(decode(with(entry, "id", Value(id)), client.space()), id));
  }
  out.complete = true;
  return out;
}

void IdentityAlias::facts(Client& client, std::span<const ChangeRequest* const> changes,
                          std::span<PlanFacts* const> facts) const {
  // What this very plan takes out of the way.
  std::set<std::string> leaving;
  std::map<std::string, std::vector<std::size_t>> by_space;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const ChangeRequest& change = *changes[i];
    if (change.operation == Operation::update && !is_changed(change, "canonical_id")) continue;
    if (!change.server_id.empty()) leaving.insert(change.server_id);
    if (change.operation == Operation::remove) continue;
    if (text_of(change.desired, "canonical_id")) by_space[space_of(change.desired)].push_back(i);
  }
  for (const auto& [space, mine] : by_space) {
    Call call;
    call.method = "LIST";
    call.path = collection();
    call.space = space;
    const auto answer = client.call(call);
    if (!answer) continue;  // the read said so
    std::map<std::string, Row> rows;
    for (const auto& [id, entry] : entries_of(answer->data())) {
      Row row{id, text_or(entry, "name"), text_or(entry, "mount_accessor"), text_or(entry, "canonical_id")};
      if (!leaving.contains(id)) rows.emplace(place(row.canonical_id, row.mount_accessor), std::move(row));
    }
    for (const std::size_t i : mine) {
      const Value& desired = changes[i]->desired;
      const auto taken = rows.find(place(text_or(desired, "canonical_id"), text_or(desired, "mount_accessor")));
      if (taken != rows.end()) facts[i]->blocked = in_the_way(taken->second);
    }
  }
}

ApplyResult IdentityAlias::apply(Client& client, const ChangeRequest& change) const {
  const bool removal = change.operation == Operation::remove;
  Call call;
  call.method = removal ? "DELETE" : "POST";
  call.path = "identity/" + kind_ + "-alias";
  if (change.operation != Operation::create) call.path += "/id/" + url_segment(change.server_id);
  call.space = space_of(removal ? change.prior : change.desired);
  call.timeout = change.timeout;
  if (!removal) {
    if (auto first = look_first(client, change)) return failed(std::move(*first));
    call.body = encode(change.desired);
  }
  auto answer = client.call(call);
  if (!answer) return failed(std::move(answer).error());
  if (removal) return {};
  std::string id = change.operation == Operation::create ? text_or(answer->data(), "id") : change.server_id;
  auto there = client.read(collection() + '/' + url_segment(id), call.space);
  if (!there) return read_back(ReadResult::unreadable(std::move(there).error()), described(call));
  if (!*there) return read_back(ReadResult::absent(), described(call));
  return read_back(ReadResult::present(decode(**there, call.space), id), described(call));
}

std::vector<TypeError> IdentityAlias::check(const Value& desired) const {
  return check_metadata(desired, "custom_metadata");
}

std::vector<Need> IdentityAlias::needs(const ChangeRequest& change) const {
  const std::string path = "identity/" + kind_ + "-alias";
  switch (change.operation) {
    case Operation::create:
      return {{path, space_of(change.desired), "create|update"}};
    case Operation::update:
      return {{path + "/id/" + change.server_id, space_of(change.desired), "update"}};
    case Operation::remove:
      return {{path + "/id/" + change.server_id, space_of(change.prior), "delete"}};
  }
  return {};
}

std::vector<std::string> IdentityAlias::claims(const Value& desired) const {
  std::vector<std::string> out;
  const auto accessor = text_of(desired, "mount_accessor");
  const auto name = text_of(desired, "name");
  const auto owner = text_of(desired, "canonical_id");
  if (accessor && name) {
    out.push_back("the name \"" + lower_case(*name) + "\" of the auth method " + *accessor +
                  in_space(space_of(desired)));
  }
  if (accessor && owner) out.push_back("the one alias of " + kind_ + ' ' + place(*owner, *accessor));
  return out;
}

std::string IdentityAlias::serial_key(const Value& attributes) const {
  return kind_ + "-alias " + space_of(attributes) + ' ' + text_or(attributes, "mount_accessor");
}

}  // namespace plumb::vault
