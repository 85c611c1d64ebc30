#include "providers/postgres/schema.h"

#include "engine/provider_api/attributes.h"
#include "providers/postgres/data.h"
#include "providers/postgres/versions.h"

namespace plumb::postgres {

using namespace attributes;

namespace {

Attribute oid() {
  auto out = attribute("oid", string_type(), "The server's own number of the object.", "");
  out.computed = out.server_default = true;
  return out;
}

Attribute owner(std::string what) {
  return refers(chosen(attribute("owner", string_type(), "The role that owns the " + what + ".", "app")), kRole);
}

// Filled from the connection when it is not written.
Attribute database_key() {
  auto out = optional(attribute("database", string_type(),
                                "The database it lives in; the provider's own database when not set.", "shop"));
  out.computed = true;
  return refers(std::move(out), kDatabase);
}

Attribute connection_limit(std::string what) {
  return with_default(attribute("connection_limit", integer_type(),
                                "How many sessions the " + what + " may have at once; -1 for any number.", "20"),
                      -1);
}

Container inside(std::string_view type, std::map<std::string, std::string> identity) {
  return {std::string(type), std::move(identity)};
}

TypeSchema type(std::string_view name, std::string doc) {
  TypeSchema out;
  out.name = name;
  out.doc = std::move(doc);
  return out;
}

TypeSchema role() {
  auto out = type(kRole, "A role: a user, a group, or both.");
  auto valid_until = with_default(
      attribute("valid_until", string_type(), "When the password stops being accepted; `infinity` for never.",
                "\"2030-01-01T00:00:00Z\""),
      "infinity");
  valid_until.comparison = Comparison::instant;
  auto password = optional(attribute("password", string_type(),
                                     "The password; sent as a SCRAM verifier, never in the clear. ASCII only.",
                                     "${random.password.app.value}"));
  password.computed = password.sensitive = password.write_only = password.unsettable = true;
  out.attributes = {
      required(attribute("name", string_type(), "The role's name; a change renames.", "app")),
      flag("login", "May log in.", false),
      power(flag("superuser", "Is above all permission checks.", false)),
      power(flag("create_database", "May create databases.", false)),
      power(flag("create_role", "May create and change other roles.", false)),
      power(flag("replication", "May replicate the whole server.", false)),
      power(flag("bypass_row_level_security", "Is above row-level security.", false)),
      flag("inherit", "Uses the rights of the roles it is a member of without SET ROLE.", true),
      connection_limit("role"),
      std::move(valid_until),
      std::move(password),
      oid(),
  };
  out.identity = {{"name", OnIdentityChange::renames}};
  out.server_id = "oid";
  return out;
}

TypeSchema database() {
  auto out = type(kDatabase, "A database. It holds data: it is protected from destruction unless told otherwise.");
  const auto at_birth = [](std::string name, std::string doc, std::string example) {
    auto one = chosen(attribute(std::move(name), string_type(), std::move(doc), std::move(example)));
    one.immutable = true;
    return one;
  };
  auto encoding = at_birth("encoding", "The character encoding; the template's when not set.", "UTF8");
  encoding.comparison = Comparison::identifier_case;
  auto origin = optional(attribute("template", string_type(),
                                   "The database it is copied from; a later change is recorded only.", "template0"));
  origin.local = origin.create_only = true;
  out.attributes = {
      required(attribute("name", string_type(), "The database's name; a change renames.", "shop")),
      owner("database"),
      std::move(origin),
      std::move(encoding),
      at_birth("lc_collate", "The collation order; the template's when not set.", "C"),
      at_birth("lc_ctype", "The character classes; the template's when not set.", "C"),
      chosen(attribute("tablespace_name", string_type(), "The default tablespace; a change moves the data.",
                       "pg_default")),
      connection_limit("database"),
      flag("allow_connections", "May be connected to.", true),
      flag("is_template", "May be copied by whoever may create databases.", false),
      oid(),
  };
  out.identity = {{"name", OnIdentityChange::renames}};
  out.server_id = "oid";
  out.holds_data = true;
  return out;
}

TypeSchema schema() {
  auto out = type(kSchema, "A schema in a database.");
  out.attributes = {
      database_key(),
      required(attribute("name", string_type(), "The schema's name; a change renames.", "billing")),
      owner("schema"),
      oid(),
  };
  out.identity = {{"database", OnIdentityChange::replaces, true}, {"name", OnIdentityChange::renames}};
  out.server_id = "oid";
  out.containers = {inside(kDatabase, {{"name", "database"}})};
  return out;
}

TypeSchema extension() {
  auto out = type(kExtension, "An extension in a database.");
  out.attributes = {
      database_key(),
      required(attribute("name", string_type(), "The extension's name.", "pgcrypto")),
      chosen(attribute("schema", string_type(), "The schema its objects live in; a change moves them.", "public")),
      chosen(attribute("version", string_type(), "The version; a change updates in place.", "\"1.3\"")),
      oid(),
  };
  out.identity = {{"database", OnIdentityChange::replaces, true}, {"name"}};
  out.server_id = "oid";
  out.containers = {inside(kDatabase, {{"name", "database"}}),
                    inside(kSchema, {{"database", "database"}, {"name", "schema"}})};
  return out;
}

TypeSchema membership() {
  auto out = type(kMembership, "One role's membership in another. `role` is what is granted, `member` receives it.");
  auto grantor =
      optional(attribute("grantor", string_type(), "Who grants it; the provider's user when not set.", "postgres"));
  grantor.computed = true;
  const auto option = [](std::string name, std::string doc) {
    auto one = chosen(attribute(std::move(name), bool_type(), std::move(doc), "true"));
    one.since_version = kMembershipOptions;
    return one;
  };
  out.attributes = {
      refers(required(attribute("role", string_type(), "The role that is granted.", "readers")), kRole),
      refers(required(attribute("member", string_type(), "The role that becomes a member.", "app")), kRole),
      std::move(grantor),
      power(flag("with_admin_option", "The member may grant the role to others.", false)),
      option("inherit_option", "The member has the role's rights without SET ROLE."),
      option("set_option", "The member may SET ROLE to the role."),
  };
  out.identity = {{"role"}, {"member"}, {"grantor", OnIdentityChange::replaces, true}};
  out.containers = {inside(kRole, {{"name", "role"}}), inside(kRole, {{"name", "member"}})};
  out.link = true;
  return out;
}

TypeSchema grant() {
  auto out = type(kGrant,
                  "The privileges of one role on named objects. What other roles hold on them is left alone; what this "
                  "role holds on them is exactly this.");
  out.attributes = {
      database_key(),
      required(attribute("role", string_type(), "The role that may; `public` for everybody.", "app")),
      required(attribute("object_type",
                         enum_type({"database", "schema", "table", "sequence", "function", "procedure", "routine"}),
                         "What kind of thing the privileges are on; views are tables.", "table")),
      optional(attribute("schema", string_type(), "The schema itself, or the one the objects are in.", "billing")),
      optional(attribute("objects", set_type(string_type()),
                         "Names in the schema; functions with their types, as `add(integer, integer)`.",
                         "[invoice, payment]")),
      power(required(attribute("privileges", set_type(string_type()),
                               "What the role may; `ALL` is every privilege of the kind.", "[SELECT, INSERT]"))),
      power(flag("with_grant_option", "The role may pass the privileges on.", false)),
  };
  out.identity = {{"database", OnIdentityChange::replaces, true}, {"role"}, {"object_type"}, {"schema"}, {"objects"}};
  // Schema and objects are part of the key also where they are null, for a database.
  out.containers = {inside(kDatabase, {{"name", "database"}}),
                    inside(kSchema, {{"database", "database"}, {"name", "schema"}}), inside(kRole, {{"name", "role"}})};
  out.link = true;
  return out;
}

std::vector<Attribute> config() {
  const auto text = [](std::string name, std::string doc, std::string example) {
    return optional(attribute(std::move(name), string_type(), std::move(doc), std::move(example)));
  };
  auto password = text("password", "The password; PGPASSWORD or the password file when not set.", "${var.db_password}");
  password.sensitive = true;
  auto port = optional(attribute("port", integer_type(), "The server's port; PGPORT or 5432 when not set.", "5432"));
  auto connect_timeout = with_default(
      attribute("connect_timeout", string_type(), "How long a connection may take to be made.", "10s"), "10s");
  auto statement_timeout = with_default(
      attribute("statement_timeout", string_type(), "How long one statement may take; 0 for ever.", "1m"), "1m");
  auto lock_timeout = with_default(
      attribute("lock_timeout", string_type(), "How long one statement may wait for a lock; 0 for ever.", "10s"),
      "10s");
  connect_timeout.comparison = statement_timeout.comparison = lock_timeout.comparison = Comparison::duration;
  return {
      text("host", "The server's name, address or socket directory; PGHOST when not set.", "db.internal"),
      std::move(port),
      text("database", "The database to connect to; PGDATABASE or `postgres` when not set.", "postgres"),
      text("user", "The role to log in as; PGUSER when not set.", "postgres"),
      std::move(password),
      text("sslmode", "disable, allow, prefer, require, verify-ca or verify-full.", "verify-full"),
      text("sslrootcert", "File with the certificates to trust.", "ca.pem"),
      text("sslcert", "File with the client's certificate.", "client.pem"),
      text("sslkey", "File with the client's key.", "client.key"),
      text("options", "Options for the server's command line, as PGOPTIONS.", "-c geqo=off"),
      std::move(connect_timeout),
      std::move(statement_timeout),
      std::move(lock_timeout),
      with_default(attribute("max_connections", integer_type(),
                             "How many connections may be open at once, over all databases.", "8"),
                   4),
  };
}

}  // namespace

const ProviderSchema& provider_schema() {
  static const ProviderSchema schema_of_provider = [] {
    ProviderSchema out;
    out.name = "postgres";
    out.doc = "A PostgreSQL server, 13 to 18.";
    out.config = config();
    out.types = {role(), database(), schema(), extension(), membership(), grant()};
    out.data = data_schemas(out.types);
    out.concurrency = 4;
    out.concurrency_attribute = "max_connections";
    return out;
  }();
  return schema_of_provider;
}

}  // namespace plumb::postgres
