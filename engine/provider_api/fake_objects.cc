// What the fake server does with its objects. Everything here runs under the server's lock.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/address.h"
#include "engine/provider_api/fake.h"

namespace plumb {

namespace {

// A server knows no marks.
Value plain(const Value& value) {
  if (!value.any_sensitive()) return value;
  if (value.is_list()) {
    Value::List items;
    for (const Value& item : value.as_list()) items.push_back(plain(item));
    return Value(std::move(items));
  }
  if (value.is_map()) {
    ValueMap entries;
    for (const auto& [key, item] : value.as_map()) entries.set(key, plain(item));
    return Value(std::move(entries));
  }
  return value.with_sensitive(false);
}

// What the server fills in where nobody said anything.
Value chosen_by_server(const Type& type) {
  switch (type.kind) {
    case Type::Kind::string:
      return Value("server");
    case Type::Kind::integer:
    case Type::Kind::number:
      return Value(0);
    case Type::Kind::boolean:
      return Value(false);
    default:
      return {};
  }
}

std::string named(const TypeSchema& type, const Value& attributes) {
  return type.name + " " + quoted(identity_text(type, identity_of(type, attributes)));
}

bool moves(const ChangeRequest& change, std::string_view attribute) {
  return std::any_of(change.changed.begin(), change.changed.end(),
                     [&](const Path& path) { return path.root() == attribute; });
}

// Secrets that go by a version come along with every update, and count only among what changes.
void keep_versioned(const ChangeRequest& change, const Value& before, Value& after) {
  for (const Attribute& attribute : change.type->attributes) {
    if (attribute.versioned_by.empty() || moves(change, attribute.name)) continue;
    after = with_value_at(after, Path(attribute.name), before.get(attribute.name));
  }
}

tl::unexpected<Error> refuse(std::string message, std::string next_step) {
  return fail(std::move(message), std::move(next_step), {}, Fault::provider);
}

tl::unexpected<Error> gone(const TypeSchema& type, const Value& attributes) {
  return refuse(named(type, attributes) + " does not exist", "Plan again");
}

}  // namespace

FakeServer::Object* FakeServer::find(const TypeSchema& type, const Value& identity, const std::string& server_id) {
  Table& table = tables_[type.name];
  if (const auto by_id = table.by_id.find(server_id); !server_id.empty() && by_id != table.by_id.end()) {
    return &table.objects.at(by_id->second);
  }
  if (!identity.is_map()) return nullptr;
  const auto key = identity_key(type, identity_of(type, identity));
  if (!key) return nullptr;
  const auto it = table.objects.find(*key);
  return it == table.objects.end() ? nullptr : &it->second;
}

const FakeServer::Object* FakeServer::find_text(const std::string& type, std::string_view identity) const {
  const TypeSchema* schema = schema_.find(type);
  const auto table = tables_.find(type);
  if (schema == nullptr || table == tables_.end()) return nullptr;
  const auto parsed = parse_identity(*schema, identity);
  if (!parsed) return nullptr;
  const auto it = table->second.objects.find(identity_key(*schema, *parsed).value_or(std::string()));
  return it == table->second.objects.end() ? nullptr : &it->second;
}

std::vector<std::string> FakeServer::containers_of(const TypeSchema& type, const Value& attributes) const {
  std::vector<std::string> out;
  for (const Container& container : type.containers) {
    const TypeSchema* schema = schema_.find(container.type);
    if (schema == nullptr) continue;
    ValueMap identity;
    for (const auto& [theirs, ours] : container.identity) identity.set(theirs, attributes.get(ours));
    const bool unset = std::any_of(identity.begin(), identity.end(), [](const auto& e) { return e.second.is_null(); });
    const auto key = identity_key(*schema, Value(std::move(identity)));
    if (!unset && key) out.push_back(container.type + "\n" + *key);
  }
  return out;
}

void FakeServer::store(const TypeSchema& type, Object object) {
  const std::string key = identity_key(type, identity_of(type, object.attributes)).value_or(std::string());
  for (const std::string& container : containers_of(type, object.attributes)) ++inside_[container];
  Table& table = tables_[type.name];
  table.by_id[object.server_id] = key;
  table.objects[key] = std::move(object);
}

void FakeServer::drop(const TypeSchema& type, const std::string& key) {
  Table& table = tables_[type.name];
  const auto it = table.objects.find(key);
  if (it == table.objects.end()) return;
  for (const std::string& container : containers_of(type, it->second.attributes)) --inside_[container];
  table.by_id.erase(it->second.server_id);
  table.objects.erase(it);
}

Value FakeServer::completed(const TypeSchema& type, const Value& desired, const Object& before) const {
  ValueMap out;
  for (const Attribute& attribute : type.attributes) {
    if (attribute.local) continue;
    Value value = plain(desired.get(attribute.name));
    if (attribute.name == type.server_id) {
      value = attribute.type->kind == Type::Kind::integer ? Value(std::int64_t{std::stoll(before.server_id)})
                                                          : Value(before.server_id);
    } else if (value.is_null() && attribute.computed) {
      value = before.attributes.get(attribute.name);
      if (value.is_null()) value = chosen_by_server(*attribute.type);
    }
    out.set(attribute.name, std::move(value));
  }
  return Value(std::move(out));
}

// What the server adds to a safe: it counts writes, and makes a seal for each turn.
void FakeServer::keep_safe(const TypeSchema& type, Object& object, const Object& before) {
  if (type.find("seal") == nullptr) return;
  const Value was = before.attributes.get("version");
  const bool written = !(object.attributes.get("data") == before.attributes.get("data"));
  const std::int64_t count = was.is_integer() ? was.as_integer() : 0;
  object.attributes = with_value_at(object.attributes, Path("version"), Value(count + (written ? 1 : 0)));
  const Value seal = before.attributes.get("seal");
  if (seal.is_null()) {
    object.attributes =
        with_value_at(object.attributes, Path("seal"), Value("sealed by the server " + std::to_string(++seals_)));
  }
}

ReadResult FakeServer::told(const TypeSchema& type, const Object& object) const {
  ReadResult out = ReadResult::present(object.attributes, type.server_id.empty() ? std::string() : object.server_id);
  for (const Attribute& attribute : type.attributes) {
    const Value secret = object.attributes.get(attribute.name);
    if (!attribute.write_only || secret.is_null()) continue;
    out.value = with_value_at(out.value, Path(attribute.name), Value());
    out.evidence.emplace(Path(attribute.name), fake_evidence(secret));
  }
  return out;
}

ReadResult FakeServer::read_one(const TypeSchema& type, const ReadKey& key) {
  const std::string name = key.identity.is_map() ? identity_text(type, key.identity) : std::string();
  // Rules of the whole call name no object.
  const FakeRule* rule = name.empty() ? nullptr : match({FakeCall::read, type.name, name, 1, {}});
  if (rule != nullptr && rule->error) return ReadResult::unreadable(*rule->error);
  const Object* object = find(type, key.identity, key.server_id);
  if (object == nullptr) return ReadResult::absent();
  ReadResult out = told(type, *object);
  if (vouches_ && type.find("seal") != nullptr && !key.known.get("version").is_null() &&
      key.known.get("version") == out.value.get("version")) {
    out.value = without_path(out.value, Path("data"));
    out.unmoved.emplace_back("data");
  }
  if (rule != nullptr && rule->answer) out.value = rule->answer(std::move(out.value));
  return out;
}

Result<void> FakeServer::check_containers(const TypeSchema& type, const Value& attributes) const {
  for (const Container& container : type.containers) {
    ValueMap identity;
    for (const auto& [theirs, ours] : container.identity) identity.set(theirs, attributes.get(ours));
    if (std::any_of(identity.begin(), identity.end(), [](const auto& e) { return e.second.is_null(); })) continue;
    const TypeSchema* schema = schema_.find(container.type);
    const auto table = tables_.find(container.type);
    const Value value(std::move(identity));
    const std::string key = identity_key(*schema, value).value_or(std::string());
    if (table != tables_.end() && table->second.objects.contains(key)) continue;
    return gone(*schema, value);
  }
  return {};
}

Result<FakeServer::Object> FakeServer::create(const ChangeRequest& change) {
  const TypeSchema& type = *change.type;
  if (find(type, change.desired, {}) != nullptr) {
    return refuse(named(type, change.desired) + " already exists", "Adopt it, or choose another name");
  }
  if (change.desired.any_unknown()) return refuse("a create holds unknown values", "Report this as a bug");
  PLUMB_CHECK(check_containers(type, change.desired));
  Object object{Value::map(), std::to_string(next_id_++)};
  object.attributes = completed(type, change.desired, object);
  keep_safe(type, object, Object{Value::map(), {}});
  store(type, object);
  return object;
}

Result<FakeServer::Object> FakeServer::update(const ChangeRequest& change) {
  const TypeSchema& type = *change.type;
  const Object* found = find(type, change.prior, change.server_id);
  if (found == nullptr) return gone(type, change.prior);
  const Object before = *found;
  Object after{completed(type, change.desired, before), before.server_id};
  keep_versioned(change, before.attributes, after.attributes);
  if (moves(change, "turn")) {
    keep_safe(type, after, Object{without_path(before.attributes, Path("seal")), {}});
  } else {
    keep_safe(type, after, before);
  }
  for (const Attribute& attribute : type.attributes) {
    const bool same = after.attributes.get(attribute.name) == before.attributes.get(attribute.name);
    if (!same && attribute.immutable && !attribute.local) {
      return refuse(named(type, change.prior) + ": " + attribute.name + " cannot change", "Replace it");
    }
  }
  const Object* other = find(type, after.attributes, {});
  if (other != nullptr && other->server_id != before.server_id) {
    return refuse(named(type, change.desired) + " already exists", "Choose another name");
  }
  const std::string key = *identity_key(type, identity_of(type, before.attributes));
  drop(type, key);
  store(type, after);
  return after;
}

Result<void> FakeServer::remove(const ChangeRequest& change) {
  const TypeSchema& type = *change.type;
  const Object* found = find(type, change.prior, change.server_id);
  if (found == nullptr) return gone(type, change.prior);
  const std::string key = *identity_key(type, identity_of(type, found->attributes));
  if (const auto it = inside_.find(type.name + "\n" + key); it != inside_.end() && it->second > 0) {
    return refuse(named(type, change.prior) + " is not empty: " + counted(it->second, "object") + " inside",
                  "Delete what is inside first");
  }
  drop(type, key);
  return {};
}

ApplyResult FakeServer::change_now(const ChangeRequest& change) {
  ApplyResult out;
  if (change.operation == Operation::remove) {
    if (auto done = remove(change); !done) out.error = std::move(done).error();
    return out;
  }
  auto done = change.operation == Operation::create ? create(change) : update(change);
  if (!done) {
    out.error = std::move(done).error();
    return out;
  }
  ReadResult now = told(*change.type, *done);
  out.value = std::move(now.value);
  out.server_id = std::move(now.server_id);
  out.evidence = std::move(now.evidence);
  return out;
}

void FakeServer::put(const std::string& type, const Value& attributes) {
  const std::lock_guard lock(mutex_);
  const TypeSchema* schema = schema_.find(type);
  if (schema == nullptr) return;
  Object object{Value::map(), {}};
  Value before = Value::map();
  if (const Object* there = find(*schema, attributes, {})) {
    object.server_id = there->server_id;
    before = there->attributes;
    drop(*schema, *identity_key(*schema, identity_of(*schema, before)));
  } else {
    object.server_id = std::to_string(next_id_++);
  }
  object.attributes = completed(*schema, attributes, object);
  keep_safe(*schema, object, Object{before, {}});
  store(*schema, std::move(object));
}

bool FakeServer::change(const std::string& type, std::string_view identity, const std::string& attribute, Value value) {
  const std::lock_guard lock(mutex_);
  const Object* found = find_text(type, identity);
  if (found == nullptr) return false;
  const TypeSchema& schema = *schema_.find(type);
  Object object = *found;
  drop(schema, *identity_key(schema, identity_of(schema, object.attributes)));
  const Object before = object;
  object.attributes = with_value_at(object.attributes, Path(attribute), plain(value));
  keep_safe(schema, object, before);
  store(schema, std::move(object));
  return true;
}

bool FakeServer::erase(const std::string& type, std::string_view identity) {
  const std::lock_guard lock(mutex_);
  const Object* found = find_text(type, identity);
  if (found == nullptr) return false;
  const TypeSchema& schema = *schema_.find(type);
  drop(schema, *identity_key(schema, identity_of(schema, found->attributes)));
  return true;
}

std::optional<Value> FakeServer::object(const std::string& type, std::string_view identity) const {
  const std::lock_guard lock(mutex_);
  const Object* found = find_text(type, identity);
  return found == nullptr ? std::nullopt : std::optional(found->attributes);
}

std::string FakeServer::server_id(const std::string& type, std::string_view identity) const {
  const std::lock_guard lock(mutex_);
  const Object* found = find_text(type, identity);
  return found == nullptr ? std::string() : found->server_id;
}

std::size_t FakeServer::size(const std::string& type) const {
  const std::lock_guard lock(mutex_);
  const auto it = tables_.find(type);
  return it == tables_.end() ? 0 : it->second.objects.size();
}

}  // namespace plumb
