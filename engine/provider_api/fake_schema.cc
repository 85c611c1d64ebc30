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
  out.types = {thing(name), box(name), link(name)};
  out.data = {thing_data(name)};
  out.name = std::move(name);
  return out;
}

}  // namespace plumb
