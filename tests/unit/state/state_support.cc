#include "tests/unit/state/state_support.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "engine/base/hash.h"
#include "engine/base/random.h"

namespace plumb::test {
namespace {

// As Value::debug, but with secrets shown and marks told, and integers told from numbers.
void show(std::string& out, const Value& value) {
  if (value.sensitive()) out += "!";
  switch (value.kind()) {
    case Value::Kind::list:
      out += "[";
      for (const Value& item : value.as_list()) {
        show(out, item);
        out += ",";
      }
      out += "]";
      return;
    case Value::Kind::map:
      out += "{";
      for (const auto& [key, item] : value.as_map()) {
        out += "\"" + key + "\":";
        show(out, item);
        out += ",";
      }
      out += "}";
      return;
    case Value::Kind::number:
      out += "number " + std::to_string(value.as_number());
      return;
    case Value::Kind::string:
      out += "\"" + value.as_string() + "\"";
      return;
    default:
      out += value.with_sensitive(false).debug();
  }
}

std::string show(const Value& value) {
  std::string out;
  show(out, value);
  return out;
}

// Members of the set and of all it includes, by uid.
std::string show_set(const State& state, SetId root) {
  std::set<std::string> uids;
  std::set<SetId> seen;
  std::vector<SetId> todo{root};
  while (!todo.empty()) {
    const SetId set = todo.back();
    todo.pop_back();
    if (!seen.insert(set).second) continue;
    for (const auto member : state.sets.members(set)) uids.insert(state.uids.uid(member));
    for (const auto included : state.sets.includes(set)) todo.push_back(included);
  }
  std::string out = "{";
  for (const std::string& uid : uids) out += uid + " ";
  return out + "}";
}

std::string show(const InstanceRecord& r, const State& state) {
  std::string out = r.address.str() + " uid=" + r.uid + " provider=" + r.provider + " identity=" + show(r.identity) +
                    " id=" + r.server_id + " attributes=" + show(r.attributes) + " managed=";
  for (const Path& p : r.managed) out += p.str() + " ";
  for (const auto& [p, d] : r.digests) out += " digest " + p.str() + "=" + d;
  for (const auto& [p, d] : r.evidence) out += " evidence " + p.str() + "=" + d;
  out += " deps=" + show_set(state, r.dependencies) + " v" + std::to_string(r.schema_version) +
         " flags=" + std::to_string(r.prevent_destroy) + std::to_string(r.retain) +
         std::to_string(r.create_before_destroy);
  if (!r.trigger.empty()) out += " trigger=" + r.trigger;
  if (r.partial) out += " partial=" + *r.partial;
  for (const Deposed& d : r.deposed)
    out += " deposed(" + d.id + " " + show(d.identity) + " " + d.server_id + " " + show(d.attributes) + ")";
  return out;
}

std::string show(const Intent& i) {
  std::string out = i.id + " " + std::to_string(static_cast<int>(i.action)) + " " + i.uid + " " + i.address.str() +
                    " " + i.provider + " " + show(i.identity) + " " + i.server_id + " " + i.started;
  for (const std::string& s : i.siblings) out += " ~" + s;
  if (!i.deposed.empty()) out += " deposed=" + i.deposed;
  return out;
}

}  // namespace

namespace {

class FakeWrapper final : public KeyWrapper {
 public:
  FakeWrapper(std::shared_ptr<FakeVault> vault, TransitSource source)
      : vault_(std::move(vault)), source_(std::move(source)) {}
  Result<Fresh> make() override {
    if (vault_->error) return fail(*vault_->error);
    const std::size_t n = vault_->made++;
    const std::string key = n < vault_->keys.size() ? *from_hex(vault_->keys[n]) : random_bytes(32);
    return Fresh{key, "fake:v1:" + hex(key)};
  }
  Result<std::string> open(const std::string& wrapped) override {
    if (vault_->error) return fail(*vault_->error);
    ++vault_->opened;
    return *from_hex(wrapped.substr(8));
  }
  [[nodiscard]] std::string place() const override { return "the fake key " + source_.key; }
  [[nodiscard]] std::string name() const override { return source_.mount + "/keys/" + source_.key; }

 private:
  std::shared_ptr<FakeVault> vault_;
  TransitSource source_;
};

}  // namespace

KeySource key_in_vault(const std::shared_ptr<FakeVault>& vault) {
  KeySource source;
  source.transit = TransitSource{"plumb"};
  source.wrapper = [vault](const TransitSource& transit, const auto&) -> Result<std::unique_ptr<KeyWrapper>> {
    return std::make_unique<FakeWrapper>(vault, transit);
  };
  return source;
}

Address addr(const std::string& text) {
  auto out = Address::parse(text);
  REQUIRE(out.has_value());
  return *out;
}

Path path(const std::string& text) {
  auto out = Path::parse(text);
  REQUIRE(out.has_value());
  return *out;
}

InstanceRecord full_record(State& state, const std::string& address, const std::string& uid, bool secrets) {
  const auto marked = [secrets](Value value) { return secrets ? value.with_sensitive() : Value("open"); };
  InstanceRecord r;
  r.address = addr(address);
  r.uid = uid;
  r.provider = "analytics";
  r.identity = Value(ValueMap{{"database", "shop"}, {"name", "r\u00f4le \"x\"\n"}});
  r.server_id = "16384";
  r.attributes = Value(ValueMap{
      {"big", std::int64_t{9223372036854775807}},
      {"connection_limit", -1},
      {"comment", Value()},
      {"empty_list", Value::list()},
      {"empty_map", Value::map()},
      {"flag", false},
      {"items", Value::list({1, marked(kSecret + "-item"), Value(), "x"})},
      {"nested", Value(ValueMap{{"deep key", Value(ValueMap{{"token", marked(kSecret + "-deep")}, {"n", 2}})}})},
      {"password", marked(kSecret)},
      {"ratio", 0.1},
      {"tree", marked(Value(ValueMap{{"a", 1}, {"b", Value::list({kSecret + "-tree", 2.0})}}))},
      {"whole", 3.0},
  });
  r.managed = {path("comment"), path("nested[\"deep key\"].token"), path("password")};
  r.digests = {{path("password"), "digest-1"}, {path("nested[\"deep key\"].token"), "digest-2"}};
  r.evidence = {{path("password"), "evidence-1"}};
  const SetId inner = state.sets.intern({state.uids.index("uid-inner-1"), state.uids.index("uid-inner-2")}, {});
  r.dependencies = state.sets.intern({state.uids.index("uid-own-of-" + uid)}, {inner});
  r.schema_version = 3;
  r.prevent_destroy = true;
  r.retain = true;
  r.create_before_destroy = true;
  r.trigger = "trigger-1";
  r.partial = "the server went away";
  r.deposed = {{"dep-1", Value(ValueMap{{"name", "old"}}), "16001",
                Value(ValueMap{{"name", "old"}, {"password", marked(kSecret + "-deposed")}})}};
  return r;
}

std::vector<JournalEvent> one_of_each(State& state, bool secrets) {
  Intent create{"intent-1", IntentAction::create,           "uid-a", addr("postgres.role.a"),
                "postgres", Value(ValueMap{{"name", "a"}}), "",      "",
                {"1", "2"}, "2026-11-21T12:00:00Z"};
  Intent remove{"intent-2", IntentAction::remove,           "uid-b", addr("postgres.role.b[\"k 1\"]"),
                "postgres", Value(ValueMap{{"name", "b"}}), "17",    "",
                {},         "2026-11-21T12:00:01Z"};
  Intent update = remove;
  update.id = "intent-3";
  update.action = IntentAction::update;
  Intent unknown = create;
  unknown.id = "intent-4";
  Intent deposed = remove;
  deposed.id = "intent-5";
  deposed.deposed = "dep-1";
  // A data source: no identity, no server id, and what it said last.
  InstanceRecord data;
  data.address = addr("module.m[\"eu\"].data.postgres.role.admin[\"k\"]");
  data.uid = "uid-d";
  data.provider = "analytics";
  data.attributes = Value(ValueMap{{"name", "admin"}, {"oid", 10}});
  if (secrets)
    data.attributes = with_value_at(data.attributes, Path("token"), Value(kSecret + "-data").with_sensitive());
  OutputsSet outputs;
  outputs.outputs["dsn"] = {false, Value("postgresql://app@127.0.0.1/x")};
  outputs.outputs["nothing"] = {false, Value()};
  outputs.outputs["elsewhere"] = {true, Value().with_sensitive(), "vault.generated_secret.db"};
  if (secrets) outputs.outputs["password"] = {true, Value(kSecret + "-output").with_sensitive()};
  return {create,
          OutcomeDone{"intent-1", full_record(state, "postgres.role.a", "uid-a", secrets)},
          OutcomeDone{"", full_record(state, "module.m[\"eu\"].postgres.role.b[\"k 1\"]", "uid-b", secrets)},
          OutcomeDone{"", full_record(state, "random.password.c", "uid-c", secrets)},
          remove,
          OutcomeGone{"intent-2", addr("random.password.c")},
          update,
          OutcomeFailed{"intent-3"},
          unknown,
          OutcomeUnknown{"intent-4"},
          deposed,
          OutcomeDone{"", data},
          ServerSeen{"postgres", "system 7312"},
          outputs,
          ChecksSet{{{"gone", {"passed", {}}}}},
          ChecksSet{{{"module.m[\"eu\"].up", {"failed", {"it is down", "r\u00f4le \"x\"\n"}}},
                     {"quiet", {"passed", {}}},
                     {"unclear", {"unknown", {}}}}},
          PlanApplied{"plan-1"},
          Moved{addr("postgres.role.a"), addr("postgres.role.a2")}};
}

void fold_all(State& state, const std::vector<JournalEvent>& events) {
  for (const JournalEvent& event : events) fold(state, event);
}

std::string dump(const State& state, bool with_serial) {
  std::string out = "key " + state.key_id + "\n";
  if (!state.wrapped_key.empty()) out += "wrapped " + state.wrapped_key + " by " + state.wrapped_by + "\n";
  if (with_serial) out += state.lineage + " " + std::to_string(state.serial) + " " + state.engine_version + "\n";
  for (const auto& [provider, identity] : state.servers) out += "server " + provider + " " + identity + "\n";
  for (const auto& plan : state.applied_plans) out += "plan " + plan + "\n";
  for (const auto& [name, output] : state.outputs)
    out += "output " + name + (output.sensitive ? " sensitive " : " ") + show(output.value) +
           (output.reference.empty() ? "" : " reference=" + output.reference) + "\n";
  for (const auto& [name, check] : state.checks) {
    out += "check " + name + " " + check.status;
    for (const std::string& message : check.messages) out += " ~" + message;
    out += "\n";
  }
  for (const auto& [address, record] : state.instances) {
    REQUIRE(address == record.address);
    out += "instance " + show(record, state) + "\n";
  }
  for (const auto& [id, intent] : state.pending) {
    REQUIRE(id == intent.id);
    out += "pending " + show(intent) + "\n";
  }
  return out;
}

Opened open_state(const std::string& directory, KeySource keys, FileSystem& fs) {
  Opened out;
  out.store = local_store(directory, std::move(keys), fs);
  auto session = out.store->lock({"test", {}});
  INFO((session ? std::string() : session.error().str()));
  REQUIRE(session.has_value());
  out.session = std::move(*session);
  auto loaded = out.session->load();
  INFO((loaded ? std::string() : loaded.error().str()));
  REQUIRE(loaded.has_value());
  out.state = std::move(loaded->state);
  out.notes = std::move(loaded->notes);
  return out;
}

void append_all(Opened& opened, const std::vector<JournalEvent>& events, bool durable) {
  const auto appended = opened.session->append(opened.state, events, durable);
  INFO((appended ? std::string() : appended.error().str()));
  REQUIRE(appended.has_value());
  fold_all(opened.state, events);
}

}  // namespace plumb::test
