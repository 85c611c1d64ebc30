#include "engine/provider_api/attributes.h"
#include "providers/postgres/data.h"
#include "providers/postgres/schema.h"

namespace plumb::postgres {

using attributes::attribute;

namespace {

Attribute asked(Attribute out) {
  out.optional = true;
  return out;
}

Attribute told(std::string name, TypePtr type, std::string doc) {
  auto out = attribute(std::move(name), std::move(type), std::move(doc), "");
  out.computed = true;
  return out;
}

Attribute like(std::string what) {
  return asked(attribute("like", string_type(),
                         "Only " + what +
                             " whose name matches this LIKE pattern: % is any text, _ any letter, \\ takes "
                             "their meaning away.",
                         "shop\\_%"));
}

Attribute names(std::string what) {
  return told("names", list_type(string_type()), "The names of " + what + ", sorted.");
}

Attribute database() {
  return asked(
      attribute("database", string_type(), "The database to look in; the provider's own when not set.", "shop"));
}

TypeSchema source(std::string name, std::string doc, std::vector<Attribute> attributes) {
  TypeSchema out;
  out.name = std::move(name);
  out.doc = std::move(doc);
  out.attributes = std::move(attributes);
  return out;
}

// Asked by name, it tells what the resource type of the same name reads back. What a text says of setting an attribute
// stands after a semicolon.
TypeSchema as_read(const std::vector<TypeSchema>& types, std::string_view name, std::string doc) {
  auto out = source(std::string(name), std::move(doc), {});
  for (const auto& type : types) {
    if (type.name != name) continue;
    for (const auto& one : type.attributes) {
      if (one.write_only || one.local) continue;
      const bool key = type.is_identity(one.name);
      const bool of_writing = key || one.server_default;
      const auto end = of_writing ? one.doc.find(';') : std::string::npos;
      auto made = attribute(one.name, one.type, end == std::string::npos ? one.doc : one.doc.substr(0, end) + '.',
                            key ? one.example : "");
      made.comparison = one.comparison;
      made.required = key;
      made.computed = !key;
      out.attributes.push_back(std::move(made));
    }
  }
  return out;
}

TypeSchema server() {
  auto names =
      asked(attribute("names", list_type(string_type()), "The server settings to read, by name as SHOW takes it.",
                      "[wal_level, shared_buffers]"));
  auto encoding = told("encoding", string_type(), "The character encoding of the provider's database.");
  encoding.comparison = Comparison::identifier_case;
  return source(std::string(kServerData), "The server, and what the provider's user is on it.",
                {
                    std::move(names),
                    told("version", string_type(), "The server's version, as `15.4`."),
                    told("version_number", integer_type(), "The version as a number that can be compared: 150004."),
                    told("system_identifier", string_type(),
                         "The cluster's number for life; unset where the provider's user may not ask for it."),
                    told("user", string_type(), "The role that the provider works as."),
                    told("is_superuser", bool_type(), "That role is above all permission checks."),
                    told("in_recovery", bool_type(), "It is a standby, and takes no changes."),
                    told("max_connections", integer_type(), "How many sessions there may be at once."),
                    std::move(encoding),
                    told("settings", map_type(string_type()), "The settings asked for, as SHOW tells them."),
                });
}

TypeSchema extensions() {
  const auto text = [](std::string name) { return Field{std::move(name), string_type()}; };
  return source(
      std::string(kExtensionsData), "The extensions of a database, and those that could be made in it.",
      {
          database(),
          told("installed", map_type(object_type({text("schema"), text("version")})),
               "What is there: the schema it is in and its version, by name."),
          told("available", map_type(object_type({text("default_version"), {"versions", list_type(string_type())}})),
               "What the server's machine has: the version that is made when none is asked for, and all of them."),
      });
}

}  // namespace

std::vector<TypeSchema> data_schemas(const std::vector<TypeSchema>& types) {
  return {
      server(),
      as_read(types, kRole, "A role that exists."),
      source(std::string(kRolesData), "The names of the roles; the server's own, pg_..., are left out.",
             {like("roles"), names("the roles")}),
      as_read(types, kDatabase, "A database that exists."),
      source(std::string(kDatabasesData), "The names of the databases; templates are left out.",
             {like("databases"), names("the databases")}),
      source(std::string(kSchemasData), "The names of the schemas of a database; the server's own are left out.",
             {database(), like("schemas"), names("the schemas")}),
      extensions(),
  };
}

}  // namespace plumb::postgres
