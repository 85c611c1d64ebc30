// The default schema of the fake provider.
#include "engine/provider_api/fake.h"

namespace plumb {

namespace {

Attribute attribute(std::string name, TypePtr type, std::string doc) {
  Attribute out;
  out.name = std::move(name);
  out.type = std::move(type);
  out.doc = std::move(doc);
  out.optional = true;
  return out;
}

Attribute required(std::string name, std::string doc) {
  Attribute out = attribute(std::move(name), string_type(), std::move(doc));
  out.optional = false;
  out.required = true;
  return out;
}

Attribute server_id() {
  Attribute out = attribute("id", string_type(), "The server's own id.");
  out.optional = false;
  out.computed = true;
  return out;
}

Attribute answer(std::string name, TypePtr type, std::string doc) {
  Attribute out = attribute(std::move(name), std::move(type), std::move(doc));
  out.optional = false;
  out.computed = true;
  return out;
}

TypeSchema thing_data(const std::string& provider) {
  TypeSchema out;
  out.name = provider + ".thing";
  out.doc = "What is known of a thing.";
  out.attributes = {required("name", "Its name."), server_id(), answer("size", integer_type(), "How big it is."),
                    answer("note", string_type(), "Any text.")};
  return out;
}

TypeSchema thing(const std::string& provider) {
  TypeSchema out;
  out.name = provider + ".thing";
  out.doc = "A thing.";
  Attribute size = attribute("size", integer_type(), "How big it is.");
  size.default_value = Value(1);
  Attribute owner = attribute("owner", string_type(), "Whose it is; the server chooses unless told.");
  owner.computed = true;
  Attribute secret = attribute("secret", string_type(), "What it keeps to itself.");
  secret.sensitive = true;
  secret.write_only = true;
  Attribute zone = attribute("zone", string_type(), "Where it is, for life.");
  zone.immutable = true;
  Attribute box = attribute("box", string_type(), "The box that it is in, for life.");
  box.immutable = true;
  box.reference = Reference{provider + ".box", "name"};
  out.attributes = {required("name", "Its name."),
                    server_id(),
                    std::move(size),
                    attribute("note", string_type(), "Any text."),
                    attribute("tags", map_type(string_type()), "Any texts by key."),
                    std::move(owner),
                    std::move(secret),
                    std::move(zone),
                    std::move(box)};
  out.identity = {{"name", OnIdentityChange::renames, false}};
  out.server_id = "id";
  out.containers = {{provider + ".box", {{"name", "box"}}}};
  return out;
}

// Secrets of every kind.
TypeSchema safe(const std::string& provider) {
  TypeSchema out;
  out.name = provider + ".safe";
  out.doc = "What keeps secrets.";
  Attribute data = attribute("data", map_type(string_type()), "What is in it; the server gives it back.");
  data.sensitive = true;
  Attribute version = answer("version", integer_type(), "How often `data` was written.");
  version.follows = {"data"};
  Attribute code = attribute("code", string_type(), "What opens it; sent again when `code_version` changes.");
  code.sensitive = code.write_only = true;
  code.versioned_by = "code_version";
  Attribute code_version = attribute("code_version", integer_type(), "Which code it is.");
  code_version.local = true;
  Attribute root = attribute("root", string_type(), "What opens it at first.");
  root.sensitive = root.write_only = root.create_only = true;
  root.versioned_by = "root_version";
  Attribute root_version = attribute("root_version", integer_type(), "Which first code it is.");
  root_version.local = true;
  Attribute turn = attribute("turn", integer_type(), "A change makes a new `seal`.");
  turn.local = true;
  Attribute seal = answer("seal", string_type(), "A secret that the server made, and shows to whoever reads.");
  seal.sensitive = seal.kept_by_server = true;
  seal.follows = {"turn"};
  out.attributes = {required("name", "Its name."),
                    attribute("note", string_type(), "Any text."),
                    std::move(data),
                    std::move(version),
                    std::move(code),
                    std::move(code_version),
                    std::move(root),
                    std::move(root_version),
                    std::move(turn),
                    std::move(seal)};
  out.identity = {{"name", OnIdentityChange::replaces, false}};
  return out;
}

TypeSchema safe_data(const std::string& provider) {
  TypeSchema out;
  out.name = provider + ".safe";
  out.doc = "What is in a safe.";
  Attribute data = answer("data", map_type(string_type()), "What is in it.");
  data.sensitive = true;
  out.attributes = {required("name", "Its name."), std::move(data),
                    answer("version", integer_type(), "How often it was written.")};
  return out;
}

TypeSchema box(const std::string& provider) {
  TypeSchema out;
  out.name = provider + ".box";
  out.doc = "What things can be in.";
  out.attributes = {required("name", "Its name."), server_id(),
                    attribute("label", string_type(), "What is written on it.")};
  out.identity = {{"name", OnIdentityChange::replaces, false}};
  out.server_id = "id";
  return out;
}

TypeSchema link(const std::string& provider) {
  TypeSchema out;
  out.name = provider + ".link";
  out.doc = "One thing's tie to another.";
  Attribute from = required("from", "The thing that is tied.");
  from.reference = Reference{provider + ".thing", "name"};
  Attribute to = required("to", "The thing that it is tied to.");
  to.reference = Reference{provider + ".thing", "name"};
  Attribute admin = attribute("admin", bool_type(), "Whether it may tie others.");
  admin.power = true;
  admin.default_value = Value(false);
  out.attributes = {std::move(from), std::move(to), std::move(admin)};
  out.identity = {{"from", OnIdentityChange::replaces, false}, {"to", OnIdentityChange::replaces, false}};
  out.link = true;
  return out;
}

}  // namespace

ProviderSchema fake_schema(std::string name) {
  ProviderSchema out;
  out.doc = "A server in memory.";
  Attribute token = attribute("token", string_type(), "What lets one in.");
  token.sensitive = true;
  out.config = {attribute("endpoint", string_type(), "Where the server is."), std::move(token)};
  out.types = {thing(name), box(name), link(name), safe(name)};
  out.data = {thing_data(name), safe_data(name)};
  out.name = std::move(name);
  return out;
}

}  // namespace plumb
