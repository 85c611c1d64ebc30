#include "engine/model/schema.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/model/address.h"

namespace plumb {

const Attribute* TypeSchema::find(std::string_view attribute) const noexcept {
  for (const Attribute& a : attributes) {
    if (a.name == attribute) return &a;
  }
  return nullptr;
}

bool TypeSchema::is_identity(std::string_view attribute) const noexcept {
  return std::any_of(identity.begin(), identity.end(),
                     [&](const IdentityPart& part) { return part.attribute == attribute; });
}

const TypeSchema* ProviderSchema::find(std::string_view type) const noexcept {
  for (const TypeSchema& t : types) {
    if (t.name == type) return &t;
  }
  return nullptr;
}

const TypeSchema* ProviderSchema::find_data(std::string_view type) const noexcept {
  for (const TypeSchema& t : data) {
    if (t.name == type) return &t;
  }
  return nullptr;
}

bool is_meta_key(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 7> keys{"for_each",  "when",     "depends_on", "provider",
                                                        "lifecycle", "timeouts", "hold"};
  return std::find(keys.begin(), keys.end(), name) != keys.end();
}

namespace {

void check_attribute(const std::string& where, const Attribute& attribute, bool config, std::vector<std::string>& out) {
  const std::string what = where + "." + attribute.name;
  const auto say = [&](const std::string& text) { out.push_back(what + ": " + text); };
  if (attribute.type == nullptr) say("has no type");
  if (attribute.doc.empty()) say("has no documentation");
  if (!config && is_meta_key(attribute.name)) say("is the name of a meta key");
  // It stands behind a dot: what a scope is called means nothing there (`vault.kv_secret.app.data`).
  if (!is_scope_name(attribute.name) && !check_name(attribute.name, "attribute").has_value()) say("is no name");
  if (attribute.required && (attribute.optional || attribute.computed)) say("is required and something else");
  if (!attribute.required && !attribute.optional && !attribute.computed) say("can be neither set nor read");
  if (attribute.default_value && (attribute.required || attribute.computed)) say("has a default that can never apply");
  if (attribute.default_value && attribute.type != nullptr &&
      !convert(*attribute.default_value, *attribute.type).errors.empty()) {
    say("has a default of another type");
  }
  if (attribute.power && !attribute.required && !attribute.default_value) say("gives power and has no static default");
  if (attribute.unsettable && !(attribute.optional && attribute.computed))
    say("is unsettable, but not optional and computed");
  if (attribute.server_default && !attribute.computed) say("has a server default, but is not computed");
  if (attribute.elapses && (!attribute.default_value || attribute.local)) {
    say("elapses, and has no static default to go back to");
  }
  if (attribute.write_only && !attribute.sensitive && !attribute.optional && !attribute.required)
    say("is written by nobody");
}

// Secrets that go by a version, and those that the server keeps.
void check_secrets(const TypeSchema& type, std::vector<std::string>& out) {
  for (const Attribute& attribute : type.attributes) {
    const auto say = [&](const std::string& text) { out.push_back(type.name + "." + attribute.name + ": " + text); };
    if (!attribute.versioned_by.empty()) {
      const Attribute* version = type.find(attribute.versioned_by);
      if (!attribute.write_only) say("goes by a version, and is not write-only");
      if (version == nullptr) {
        say("goes by " + attribute.versioned_by + ", which does not exist");
      } else if (!version->optional || version->computed || version->sensitive || !version->local) {
        say("goes by " + attribute.versioned_by + ", which is not optional, local and open");
      }
    }
    if (!attribute.kept_by_server) continue;
    const bool read_only = attribute.computed && !attribute.optional && !attribute.required;
    if (!read_only || !attribute.sensitive || attribute.write_only || attribute.local) {
      say("is kept by the server, but is no secret that is only read");
    }
    if (type.is_identity(attribute.name) || type.server_id == attribute.name) say("is a secret, and names its object");
  }
}

void check_type(const TypeSchema& type, std::vector<std::string>& out) {
  const auto say = [&](const std::string& text) { out.push_back(type.name + ": " + text); };
  if (type.doc.empty()) say("has no documentation");
  std::set<std::string> names;
  for (const Attribute& attribute : type.attributes) {
    check_attribute(type.name, attribute, false, out);
    if (!names.insert(attribute.name).second) say("has " + attribute.name + " twice");
    for (const std::string& followed : attribute.follows) {
      if (type.find(followed) == nullptr) say("follows what does not exist");
    }
  }
  check_secrets(type, out);
  for (const IdentityPart& part : type.identity) {
    const Attribute* attribute = type.find(part.attribute);
    if (attribute == nullptr) {
      say("identity attribute " + part.attribute + " does not exist");
    } else if (!attribute->required && !part.defaulted && !attribute->optional) {
      say("identity attribute " + part.attribute + " can be neither set nor defaulted");
    }
  }
  if (!type.server_id.empty() && (type.find(type.server_id) == nullptr || !type.find(type.server_id)->computed)) {
    say("server id " + type.server_id + " is no computed attribute");
  }
  for (const Container& container : type.containers) {
    for (const auto& [theirs, ours] : container.identity) {
      if (type.find(ours) == nullptr) say("container " + container.type + " names " + ours + ", which does not exist");
    }
  }
  if (type.outside_effect && type.identity.empty()) say("exists on a server, but has no identity");
}

// A data source is a question and its answer: nothing in it is written or kept apart from others.
void check_data(const TypeSchema& type, std::vector<std::string>& out) {
  const std::string where = "data." + type.name;
  const auto say = [&](const std::string& text) { out.push_back(where + ": " + text); };
  if (type.doc.empty()) say("has no documentation");
  if (!type.identity.empty() || !type.server_id.empty() || !type.containers.empty()) {
    say("is a data source, and has an identity, a server id or a container");
  }
  std::set<std::string> names;
  for (const Attribute& attribute : type.attributes) {
    check_attribute(where, attribute, false, out);
    if (!names.insert(attribute.name).second) say("has " + attribute.name + " twice");
    if (attribute.optional && attribute.computed) say(attribute.name + " is both asked for and answered");
    if (attribute.write_only || attribute.create_only || attribute.immutable || attribute.local || attribute.power ||
        attribute.kept_by_server || !attribute.versioned_by.empty()) {
      say(attribute.name + " says how it is written, and a data source is only read");
    }
  }
}

}  // namespace

std::vector<std::string> check_schema(const ProviderSchema& schema) {
  std::vector<std::string> out;
  if (schema.doc.empty()) out.push_back(schema.name + ": has no documentation");
  for (const Attribute& attribute : schema.config) check_attribute(schema.name, attribute, true, out);
  for (const TypeSchema& type : schema.types) {
    if (!type.name.starts_with(schema.name + ".")) out.push_back(type.name + ": does not start with " + schema.name);
    check_type(type, out);
    for (const Container& container : type.containers) {
      if (schema.find(container.type) == nullptr)
        out.push_back(type.name + ": container " + container.type + " does not exist");
    }
  }
  for (const TypeSchema& type : schema.data) {
    if (!type.name.starts_with(schema.name + ".")) {
      out.push_back("data." + type.name + ": does not start with " + schema.name);
    }
    check_data(type, out);
  }
  return out;
}

Value marked_by_schema(const Value& attributes, const TypeSchema* type) {
  if (type == nullptr || !attributes.is_map()) return attributes;
  const bool marks = std::any_of(type->attributes.begin(), type->attributes.end(), [](const Attribute& attribute) {
    return attribute.sensitive || attribute.write_only;
  });
  if (!marks) return attributes;
  std::vector<ValueMap::Entry> entries;
  for (const auto& [name, value] : attributes.as_map()) {
    const bool secret = sensitive_by_schema(Path(name), type) && !value.is_null();
    entries.emplace_back(name, secret ? value.with_sensitive() : value);
  }
  return Value(ValueMap::from(std::move(entries))).with_sensitive(attributes.sensitive());
}

bool sensitive_by_schema(const Path& path, const TypeSchema* type) {
  const Attribute* attribute = type == nullptr ? nullptr : type->find(path.root());
  return attribute != nullptr && (attribute->sensitive || attribute->write_only);
}

}  // namespace plumb
