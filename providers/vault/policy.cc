#include <algorithm>

#include "engine/model/address.h"
#include "engine/net/http.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"
#include "providers/vault/policy_rules.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

TypeSchema policy_schema() {
  Attribute policy = compared(optional(text("policy", "Its rules, in HCL.", "${file(\"app.hcl\")}")),
                              Comparison::text_trailing_newline);
  policy.computed = policy.server_default = true;  // written out from `rules`
  policy.exactly_one_of = "rules";
  Attribute rules =
      local(optional(attribute("rules", policy_rules_type(), "Its rules, as data.", policy_rules_example())));
  rules.exactly_one_of = "rules";
  return type_schema(
      "vault.policy", "What tokens that carry it may do.", {"name"},
      {
          compared(required(text("name", "The policy's name; letter case does not count.", "app")),
                   Comparison::identifier_case),
          policy,
          rules,
          flag("cas_required", "Nobody changes it without saying which version they saw. OpenBao only.", false),
          compared(optional(text("expiration", "When it ends. OpenBao only.", "2030-01-01T00:00:00Z")),
                   Comparison::instant),
      });
}

// Below this many, asking for each is less than asking for all texts of a namespace.
constexpr std::size_t kFewPolicies = 8;

bool has_check_and_set(const Client& client) { return client.server().openbao_since(2, 3); }

bool same_text(const std::string& a, const std::string& b) {
  const auto end = [](const std::string& text) { return text.find_last_not_of('\n') + 1; };
  return std::string_view(a).substr(0, end(a)) == std::string_view(b).substr(0, end(b));
}

Call call_of(const char* method, const Value& attributes) {
  Call call;
  call.method = method;
  call.path = "sys/policies/acl/" + url_segment(text_or(attributes, "name"));
  call.space = space_of(attributes);
  return call;
}

bool always_there(const Value& attributes) { return text_of(attributes, "name") == "default"; }

class Policy : public Type {
 public:
  Policy() : Type(policy_schema()) {}

  Results read(Client& client, Keys keys) const override;
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  ListResult list(Client& client) const override;
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override;
  [[nodiscard]] Value complete(Value desired) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;
  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override;

 private:
  [[nodiscard]] ReadResult present(const std::string& space, const std::string& name, const Value& data) const;
  void read_each(Client& client, Keys keys, const std::vector<std::size_t>& which, Results& out) const;
  bool read_bulk(Client& client, Keys keys, const std::vector<std::size_t>& which, Results& out) const;
  [[nodiscard]] std::optional<Error> write(Client& client, const ChangeRequest& change) const;
};

ReadResult Policy::present(const std::string& space, const std::string& name, const Value& data) const {
  const auto read = [&](const char* attribute) { return from_wire(*schema().find(attribute), data.get(attribute)); };
  return ReadResult::present(Value(ValueMap{{"namespace", space},
                                            {"name", name},
                                            {"policy", text_or(data, "policy")},
                                            {"cas_required", read("cas_required")},
                                            {"expiration", read("expiration")}}),
                             {});
}

void Policy::read_each(Client& client, Keys keys, const std::vector<std::size_t>& which, Results& out) const {
  std::vector<Call> calls;
  calls.reserve(which.size());
  for (const std::size_t i : which) calls.push_back(call_of("GET", keys[i].identity));
  auto answers = client.call_all(calls);
  for (std::size_t k = 0; k < which.size(); ++k) {
    const Value& identity = keys[which[k]].identity;
    ReadResult& result = out[which[k]];
    if (!answers[k]) {
      result = ReadResult::unreadable(std::move(answers[k]).error());
    } else if (answers[k]->found()) {
      result = present(space_of(identity), text_or(identity, "name"), answers[k]->data());
    }
  }
}

// All texts of a namespace in one call. False when the server would not: then each is asked for.
bool Policy::read_bulk(Client& client, Keys keys, const std::vector<std::size_t>& which, Results& out) const {
  Call call;
  call.method = "LIST";
  call.path = "sys/policies/detailed/acl";
  call.space = space_of(keys[which.front()].identity);
  const auto answer = client.call(call);
  if (!answer || !answer->found()) return false;
  const Value all = answer->data().get("key_info");
  for (const std::size_t i : which) {
    const std::string name = text_or(keys[i].identity, "name");
    if (const Value* data = all.find(name)) out[i] = present(call.space, name, *data);
  }
  return true;
}

Results Policy::read(Client& client, Keys keys) const {
  Results out(keys.size());
  std::map<std::string, std::vector<std::size_t>> by_space;
  for (std::size_t i = 0; i < keys.size(); ++i) by_space[space_of(keys[i].identity)].push_back(i);
  std::vector<std::size_t> single;
  for (const auto& [space, which] : by_space) {
    const bool bulk = client.server().openbao_since(2, 5) && which.size() > kFewPolicies;
    if (!bulk || !read_bulk(client, keys, which, out)) single.insert(single.end(), which.begin(), which.end());
  }
  read_each(client, keys, single, out);
  return out;
}

ListResult Policy::list(Client& client) const {
  ListResult out;
  auto names = client.list("sys/policies/acl", client.space());
  if (!names) {
    out.error = std::move(names).error();
    return out;
  }
  std::vector<ReadKey> keys;
  for (const std::string& name : *names) {
    if (name == "root" || name == "response-wrapping") continue;
    keys.push_back({Value(ValueMap{{"namespace", client.space()}, {"name", name}}), {}, {}});
  }
  out.complete = true;
  for (ReadResult& one : read(client, keys)) {
    if (one.status == ReadResult::Status::present) {
      out.objects.push_back(std::move(one));
    } else if (one.status == ReadResult::Status::unreadable) {
      out.complete = false;
    }
  }
  return out;
}

// What is there now must be what the plan saw: a policy is written as a whole, and another's rules would be lost.
std::optional<Error> Policy::write(Client& client, const ChangeRequest& change) const {
  auto now = client.call(call_of("GET", change.desired));
  if (!now) return std::move(now).error();
  const bool create = change.operation == Operation::create;
  const std::string name = quoted(text_or(change.desired, "name"));
  if (create && now->found()) {
    return Error{"policy " + name + " exists already: somebody made it since the plan",
                 "plan again: it says how to take over what is there",
                 {},
                 Fault::provider};
  }
  if (!create && (!now->found() || !same_text(text_or(now->data(), "policy"), text_or(change.prior, "policy")))) {
    return Error{"policy " + name + (now->found() ? " was changed" : " was deleted") + " since the plan",
                 "plan again",
                 {},
                 Fault::provider};
  }
  Call call = call_of("POST", change.desired);
  call.timeout = change.timeout;
  std::vector<ValueMap::Entry> body{{"policy", change.desired.get("policy")}};
  if (has_check_and_set(client)) {
    body.emplace_back("cas", create ? Value(-1) : now->data().get("version"));
    body.emplace_back("cas_required", change.desired.get("cas_required"));
    const Value expiration = change.desired.get("expiration");
    if (!expiration.is_null()) body.emplace_back("expiration", expiration);
  }
  call.body = Value(ValueMap::from(std::move(body)));
  auto answer = client.expect(call);
  return answer ? std::nullopt : std::optional(std::move(answer).error());
}

ApplyResult Policy::apply(Client& client, const ChangeRequest& change) const {
  if (change.operation == Operation::remove) {
    if (always_there(change.prior)) return {};  // facts said that it stays
    Call call = call_of("DELETE", change.prior);
    call.timeout = change.timeout;
    auto answer = client.call(call);
    if (!answer) return failed(std::move(answer).error());
    return {};
  }
  if (auto error = write(client, change)) return failed(std::move(*error));
  const ReadKey key{change.desired, {}, {}};
  ReadResult now = std::move(read(client, Keys(&key, 1)).front());
  ApplyResult out;
  if (now.status == ReadResult::Status::present) {
    out.value = std::move(now.value);
    return out;
  }
  out.error = now.status == ReadResult::Status::unreadable
                  ? std::move(now.error)
                  : Error{"policy " + quoted(text_or(change.desired, "name")) + " was written, and yet it is not there",
                          "plan again",
                          {},
                          Fault::provider};
  out.error->retry = Retry::outcome_unknown;
  return out;
}

std::vector<TypeError> Policy::check(const Value& desired) const {
  std::vector<TypeError> out;
  if (auto name = text_of(desired, "name")) {
    std::transform(name->begin(), name->end(), name->begin(), [](unsigned char c) { return std::tolower(c); });
    if (name->empty()) {
      out.push_back({Path("name"), "it is empty", "name the policy"});
    } else if (*name == "root" || *name == "response-wrapping") {
      out.push_back({Path("name"), "the policy `" + *name + "` is the server's own, and cannot be changed",
                     "choose another name"});
    }
  }
  if (const Value* rules = desired.find("rules"); rules != nullptr && !rules->is_null()) {
    auto errors = check_policy_rules(*rules, Path("rules"));
    out.insert(out.end(), errors.begin(), errors.end());
  } else if (const auto text = text_of(desired, "policy");
             text && text->find_first_not_of(" \t\r\n") == std::string::npos) {
    out.push_back(
        {Path("policy"), "it holds no rule, and a policy cannot be empty", "add a rule, or remove the policy"});
  }
  return out;
}

Value Policy::complete(Value desired) const {
  const Value* rules = desired.find("rules");
  if (rules == nullptr || rules->is_null()) return desired;
  // What check refuses has no text.
  if (!check_policy_rules(*rules, Path("rules")).empty()) return desired;
  Value text = policy_text(*rules);
  // In the form that every other text of the plan has by now.
  if (text.is_string()) {
    if (const auto form = canonical(text, *schema().find("policy"))) text = form->with_sensitive(text.sensitive());
  }
  return with(desired, "policy", std::move(text));
}

std::vector<Need> Policy::needs(const ChangeRequest& change) const {
  const bool removes = change.operation == Operation::remove;
  const Value& attributes = removes ? change.prior : change.desired;
  if (removes && always_there(attributes)) return {};
  return {{"sys/policies/acl/" + text_or(attributes, "name"), space_of(attributes), removes ? "delete" : "update"}};
}

void Policy::facts(Client& client, std::span<const ChangeRequest* const> changes,
                   std::span<PlanFacts* const> facts) const {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const ChangeRequest& change = *changes[i];
    const bool always = change.prior.is_map() && always_there(change.prior);
    if (change.operation == Operation::remove) {
      if (!always) continue;
      facts[i]->warnings.emplace_back("`default` always exists: state forgets it, and the server keeps it as it is");
      continue;
    }
    if (always && change.operation == Operation::create) {
      facts[i]->blocked = Error{"`default` always exists, and cannot be made anew",
                                "change its rules in place, or remove the block to forget it"};
    }
    if (has_check_and_set(client)) continue;
    const bool asks = flag_of(change.desired, "cas_required").value_or(false);
    if (!asks && change.desired.get("expiration").is_null()) continue;
    facts[i]->blocked =
        Error{client.server().name() + " has no " + (asks ? "`cas_required`" : "`expiration`") + " of policies",
              "remove it, or use OpenBao 2.3 or later"};
  }
}

class PolicyDocument : public DataType {
 public:
  PolicyDocument()
      : DataType(
            data_schema("vault.policy_document", "Rules written out in HCL; no server is asked.",
                        {
                            required(attribute("rules", policy_rules_type(), "The rules.", policy_rules_example())),
                            computed(text("hcl", "The same in HCL.", "")),
                        })) {}

  Results read(Client& client, std::span<const Value> questions) const override {
    static_cast<void>(client);
    Results out;
    for (const Value& question : questions) {
      const auto errors = check(question);
      if (!errors.empty()) {
        out.push_back(ReadResult::unreadable(
            {errors.front().path.str() + ": " + errors.front().message, errors.front().next_step}));
        continue;
      }
      out.push_back(ReadResult::present(with(question, "hcl", policy_text(question.get("rules"))), {}));
    }
    return out;
  }

  [[nodiscard]] std::vector<TypeError> check(const Value& question) const override {
    return check_policy_rules(question.get("rules"), Path("rules"));
  }
};

}  // namespace

TypePtr make_policy() { return std::make_unique<Policy>(); }
DataPtr make_policy_document_data() { return std::make_unique<PolicyDocument>(); }

}  // namespace plumb::vault
