// A plan with one of everything, for the tests of its renderings.
#pragma once

#include "engine/plan/plan.h"

namespace plumb::test {

inline Address address(const std::string& text) { return Address::parse(text).value(); }

inline const TypeSchema& role_type() {
  static const TypeSchema type = [] {
    TypeSchema out;
    out.name = "postgres.role";
    Attribute name{"name", string_type(), "", ""};
    name.required = true;
    Attribute login{"login", bool_type(), "", ""};
    login.optional = true;
    login.default_value = Value(false);
    Attribute superuser = login;
    superuser.name = "superuser";
    Attribute password{"password", string_type(), "", ""};
    password.optional = true;
    password.sensitive = true;
    Attribute oid{"oid", integer_type(), "", ""};
    oid.computed = true;
    out.attributes = {name, login, superuser, password, oid};
    out.identity = {{"name"}};
    out.server_id = "oid";
    return out;
  }();
  return type;
}

inline Value role(const std::string& name, bool login, const Value& password, const Value& oid) {
  return ValueMap{{"login", login}, {"name", name}, {"oid", oid}, {"password", password}, {"superuser", false}};
}

inline PlannedChange change(const std::string& at, Action action) {
  PlannedChange out;
  out.address = address(at);
  out.provider = "postgres";
  out.type = &role_type();
  out.action = action;
  out.intended = action;
  out.pos = {FileName("plumb.yaml"), 9, 3};
  return out;
}

inline PlannedPath path_of(const std::string& attribute, Value before, Value after, Why why = Why::configuration) {
  PlannedPath out;
  out.path = Path(attribute);
  out.before = std::move(before);
  out.after = std::move(after);
  out.why = why;
  return out;
}

inline PlannedChange created(const std::string& at, const std::string& name) {
  PlannedChange out = change(at, Action::create);
  out.identity = ValueMap{{"name", name}};
  // The mark is lost on purpose: the schema says that it is a secret.
  out.after = role(name, true, "hunter2hunter2", Value::unknown());
  return out;
}

inline PlannedChange updated(const std::string& at, const std::string& name) {
  PlannedChange out = change(at, Action::update);
  out.identity = ValueMap{{"name", name}};
  out.before = role(name, false, Value(), 16390);
  out.after = role(name, true, Value("hunter2hunter2").with_sensitive(), 16390);
  PlannedPath login = path_of("login", false, true);
  login.pos = {FileName("plumb.yaml"), 12, 5};
  PlannedPath password = path_of("password", "old-secret-text", Value("hunter2hunter2").with_sensitive());
  password.why = Why::upstream;
  password.upstream = address("random.password.app");
  PlannedPath superuser = path_of("superuser", true, false, Why::drift);
  out.paths = {login, password, superuser};
  out.reason = "because `login` changed in plumb.yaml:12";
  return out;
}

inline PlannedChange removed(const std::string& at, const std::string& name) {
  PlannedChange out = change(at, Action::remove);
  out.identity = ValueMap{{"name", name}};
  out.before = role(name, true, Value("old-secret-text").with_sensitive(), 16391);
  out.reason = "because it is not in configuration any more";
  out.pos = {};
  return out;
}

inline PlannedChange blocked(const std::string& at, const std::string& name) {
  PlannedChange out = change(at, Action::blocked);
  out.intended = Action::create;
  out.identity = ValueMap{{"name", name}};
  out.after = role(name, true, Value(), Value::unknown());
  out.blocked = Error{"it exists and is not in state", "write `lifecycle: { adopt: always }`"};
  return out;
}

inline PlannedChange adopted(const std::string& at, const std::string& name) {
  PlannedChange out = change(at, Action::adopt);
  out.adopt = true;
  out.identity = ValueMap{{"name", name}};
  out.before = role(name, true, Value(), 16392);
  out.after = out.before;
  return out;
}

inline Plan sample_plan() {
  Plan plan;
  plan.changes = {adopted("postgres.role.a", "a"), blocked("postgres.role.b", "b"), created("postgres.role.c", "c"),
                  removed("postgres.role.d", "d"), updated("postgres.role.u", "u")};
  plan.drift = {{address("postgres.role.u"), DriftEntry::Kind::changed, {{Path("superuser"), false, true}}, "16390"},
                {address("postgres.role.z"), DriftEntry::Kind::missing, {}, ""}};
  plan.outputs = {{"dsn", std::nullopt, Value("postgresql://a:hunter2hunter2@b").with_sensitive()},
                  {"name", Value("old"), Value("new")}};
  plan.records = {{address("postgres.role.u"), "its computed values", false}};
  plan.nonsensitive = {"plumb.yaml:20:7"};
  plan.counts.adopt = plan.counts.blocked = plan.counts.create = plan.counts.remove = plan.counts.update = 1;
  return plan;
}

}  // namespace plumb::test
