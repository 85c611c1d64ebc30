#include "providers/postgres/check.h"

#include <algorithm>
#include <array>

#include "engine/base/suggest.h"
#include "engine/provider_api/values.h"
#include "providers/postgres/data.h"
#include "providers/postgres/privileges.h"
#include "providers/postgres/schema.h"

namespace plumb::postgres {

namespace {

constexpr std::size_t kLongestName = 63;         // bytes; the server would cut the rest off
constexpr int kNewest = 999999;                  // without a server every privilege there ever was is fine
constexpr std::string_view kSeparator{"\0", 1};  // in no name

class Checker {
 public:
  explicit Checker(const Value& desired) : desired_(desired) {}

  void add(std::string attribute, std::string message, std::string next_step) {
    errors.push_back({Path(std::move(attribute)), std::move(message), std::move(next_step)});
  }

  void name(const char* attribute) {
    if (const auto text = text_of(desired_, attribute)) one_name(Path(attribute), *text);
  }

  void one_name(const Path& path, const std::string& text) {
    if (text.empty()) {
      errors.push_back({path, path.str() + " is empty", "Give it a name"});
    } else if (text.find('\0') != std::string::npos) {
      errors.push_back({path, path.str() + " contains a NUL character", "Remove it"});
    } else if (text.size() > kLongestName) {
      errors.push_back({path,
                        path.str() + " is " + std::to_string(text.size()) + " bytes long; PostgreSQL keeps " +
                            std::to_string(kLongestName),
                        "Shorten the name"});
    }
  }

  // Roles that may be named, but not made, are let through by `reserved_too`.
  void role_name(const char* attribute, bool reserved_too, bool everybody = false) {
    name(attribute);
    const auto text = text_of(desired_, attribute);
    if (!text) return;
    if ((*text == "public" && !everybody) || *text == "none") {
      add(attribute, '"' + *text + "\" is a word of PostgreSQL's and no role", "Choose another name");
    } else if (text->starts_with("pg_") && !reserved_too) {
      add(attribute, '"' + *text + "\" starts with pg_, which PostgreSQL keeps for its own roles",
          "Choose another name");
    }
  }

  std::vector<TypeError> errors;

 private:
  const Value& desired_;
};

void check_connection_limit(Checker& checker, const Value& desired) {
  const auto limit = integer_of(desired, "connection_limit");
  if (limit && (*limit < -1 || *limit > 2147483647)) {
    checker.add("connection_limit", "connection_limit is " + std::to_string(*limit) + ": it must be -1 or more",
                "Use -1 for any number");
  }
}

// The value is never named.
void check_password(Checker& checker, const Value& desired) {
  const auto password = text_of(desired, "password");
  if (!password) return;
  if (password->empty()) {
    checker.add("password", "password is empty: PostgreSQL takes that for none", "Set one, or remove the attribute");
  } else if (password->find('\0') != std::string::npos) {
    checker.add("password", "password contains a NUL character", "Choose another password");
  } else if (std::any_of(password->begin(), password->end(), [](unsigned char c) { return c > 127; })) {
    checker.add(
        "password",
        "password has characters outside ASCII: clients prepare those by SASLprep, not all in the same way, and "
        "a verifier made here might never match",
        "Use ASCII characters only");
  }
}

void check_role(Checker& checker, const TypeSchema& type, const Value& desired) {
  checker.role_name("name", false);
  check_connection_limit(checker, desired);
  check_password(checker, desired);
  const Value* until = desired.find("valid_until");
  const auto* attribute = type.find("valid_until");
  if (until == nullptr || attribute == nullptr || !until->is_string()) return;
  if (auto read = canonical(*until, *attribute); !read) {
    checker.add("valid_until", read.error().message, read.error().next_step);
  }
}

void check_database(Checker& checker, const Value& desired) {
  checker.name("name");
  for (const auto* attribute : {"owner", "template", "tablespace_name"}) checker.name(attribute);
  check_connection_limit(checker, desired);
  const auto name = text_or(desired, "name");
  if (name == "postgres" || name == "template0" || name == "template1") {
    checker.add("name", '"' + name + "\" is the server's own database, which Plumb does not manage",
                "Choose another name");
  }
}

void check_schema(Checker& checker, const Value& desired) {
  for (const auto* attribute : {"name", "database", "owner"}) checker.name(attribute);
  const auto name = text_or(desired, "name");
  if (name.starts_with("pg_") || name == "information_schema") {
    checker.add("name", '"' + name + "\" is a schema of PostgreSQL's own", "Choose another name");
  }
}

void check_membership(Checker& checker, const Value& desired) {
  checker.role_name("role", true);
  checker.role_name("member", true);
  checker.role_name("grantor", true);
  const auto role = text_of(desired, "role");
  if (role && role == text_of(desired, "member")) {
    checker.add("member", '"' + *role + "\" cannot be a member of itself", "Name another member");
  }
}

bool in_schema(std::string_view kind) { return kind != "database" && kind != "schema"; }
bool is_routine(std::string_view kind) { return kind == "function" || kind == "procedure" || kind == "routine"; }

void check_objects(Checker& checker, const Value& desired, const std::string& kind) {
  const Value* objects = desired.find("objects");
  if (objects != nullptr && !objects->is_null() && !objects->is_list()) return;  // unknown
  const bool none = objects == nullptr || objects->is_null() || objects->as_list().empty();
  if (!in_schema(kind)) {
    if (!none) checker.add("objects", "objects has no meaning for a " + kind, "Remove it");
    return;
  }
  if (none) {
    checker.add("objects", "objects is empty: a grant on " + kind + "s names them", "List the names");
    return;
  }
  for (std::size_t i = 0; i < objects->as_list().size(); ++i) {
    const auto& one = objects->as_list()[i];
    if (!one.is_string()) continue;
    const auto& text = one.as_string();
    const auto open = text.find('(');
    checker.one_name(Path("objects") / static_cast<std::int64_t>(i), is_routine(kind) ? text.substr(0, open) : text);
    if (is_routine(kind) && (open == std::string::npos || !text.ends_with(')'))) {
      checker.add("objects", '"' + text + "\" names a " + kind + " without the types of its arguments",
                  "Write it as add(integer, integer), or now() when there are none");
    }
  }
}

void check_privileges(Checker& checker, const Value& desired, const std::string& kind) {
  const Value* list = desired.find("privileges");
  if (list == nullptr || !list->is_list()) return;
  if (list->as_list().empty()) {
    checker.add("privileges", "privileges is empty: a grant of nothing cannot be told from none", "Remove the grant");
  }
  auto known = all_privileges(kind, kNewest);
  known.emplace_back("ALL");
  for (const auto& one : texts_of(desired, "privileges")) {
    if (canonical_privilege(kind, one, kNewest)) continue;
    std::string word = one;
    for (auto& c : word) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    checker.add("privileges", "a " + kind + " has no privilege \"" + one + '"' + did_you_mean(word, known),
                "Use one of those PostgreSQL knows for a " + kind + ", or ALL");
  }
}

void check_grant(Checker& checker, const Value& desired) {
  checker.role_name("role", true, true);
  checker.name("database");
  checker.name("schema");
  if (text_or(desired, "role") == "public" && flag_of(desired, "with_grant_option").value_or(false)) {
    checker.add("with_grant_option", "public cannot pass privileges on", "Set it to false, or name a role");
  }
  const auto kind = text_of(desired, "object_type");
  if (!kind) return;
  const Value* schema = desired.find("schema");
  const bool no_schema = schema == nullptr || schema->is_null();
  if (*kind == "database" && !no_schema) checker.add("schema", "schema has no meaning for a database", "Remove it");
  if (*kind != "database" && no_schema) checker.add("schema", "schema is missing for a grant on a " + *kind, "Set it");
  check_objects(checker, desired, *kind);
  check_privileges(checker, desired, *kind);
}

std::string key_of(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const auto part : parts) (out += part) += kSeparator;
  return out;
}

}  // namespace

std::vector<TypeError> check(const TypeSchema& type, const Value& desired) {
  if (type.identity.empty()) return check_question(type, desired);
  Checker checker(desired);
  if (type.name == kRole) check_role(checker, type, desired);
  if (type.name == kDatabase) check_database(checker, desired);
  if (type.name == kSchema) check_schema(checker, desired);
  if (type.name == kExtension) {
    for (const auto* attribute : {"name", "database", "schema"}) checker.name(attribute);
  }
  if (type.name == kMembership) check_membership(checker, desired);
  if (type.name == kGrant) check_grant(checker, desired);
  return std::move(checker.errors);
}

// Two grants that share a role and an object would take each other's privileges away for ever.
std::vector<std::string> claims(const TypeSchema& type, const Value& desired) {
  const auto text = [&](const char* attribute) { return text_or(desired, attribute); };
  if (type.name != kGrant) return {};
  auto kind = text("object_type");
  if (is_routine(kind)) kind = "routine";
  std::vector<std::string> out;
  auto objects = texts_of(desired, "objects");
  if (!in_schema(kind)) objects = {""};
  for (const auto& object : objects) {
    // A user reads this: two grants "both say what ...". Quoted names cannot be mistaken for each other.
    std::string what = kind;
    for (const auto& name : {kind == "database" ? text("database") : text("schema"), object}) {
      if (!name.empty()) what += (what == kind ? " " : ".") + net::quote_identifier(name);
    }
    if (kind != "database") what += " in database " + net::quote_identifier(text("database"));
    out.push_back("what role " + net::quote_identifier(text("role")) + " may do with " + what);
  }
  return out;
}

// The server fails two transactions that change one catalog row at once ("tuple concurrently updated").
std::string serial_key(const TypeSchema& type, const Value& attributes) {
  const auto text = [&](const char* attribute) { return text_or(attributes, attribute); };
  if (type.name == kMembership) return key_of({"membership", text("role"), text("member")});
  if (type.name == kGrant) return key_of({"acl", text("database"), text("schema")});
  if (type.name == kSchema) return key_of({"acl", text("database"), text("name")});
  if (type.name == kDatabase) return key_of({"acl", text("name"), ""});
  return {};
}

}  // namespace plumb::postgres
