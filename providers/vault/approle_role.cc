#include <algorithm>
#include <cctype>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/auth_parts.h"
#include "providers/vault/document.h"
#include "providers/vault/token_attributes.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

namespace {

// 8-4-4-4-12 hexadecimal digits: what the server makes up.
bool looks_generated(const std::string& role_id) {
  if (role_id.size() != 36) return false;
  for (std::size_t i = 0; i < role_id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? role_id[i] != '-' : std::isxdigit(static_cast<unsigned char>(role_id[i])) == 0) return false;
  }
  return true;
}

class AppRole : public DocumentType {
 public:
  using DocumentType::DocumentType;

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out;
    check_path_name(desired, "role_name", out);
    check_cidrs(desired, "secret_id_bound_cidrs", out);
    const auto bind = flag_of(desired, "bind_secret_id");
    if (bind && !*bind && !may_hold_something(desired, "secret_id_bound_cidrs") &&
        !may_hold_something(desired, "token_bound_cidrs")) {
      out.push_back({Path("bind_secret_id"), "nothing but the role-id would be needed to log in",
                     "set `secret_id_bound_cidrs` or `token_bound_cidrs`, or leave `bind_secret_id: false` out"});
    }
    return out;
  }

  [[nodiscard]] Value complete(Value desired) const override { return complete_token_attributes(std::move(desired)); }

  ApplyResult apply(Client& client, const ChangeRequest& change) const override {
    ApplyResult out = DocumentType::apply(client, change);
    // The server answers 500, as if it might go better the next time.
    if (out.error && out.error->message.find("role_id already in use") != std::string::npos) {
      out.error->retry = Retry::never;
      out.error->next_step = "Choose another `role_id`, or change that of the role that has it";
    }
    return out;
  }

 protected:
  // The role's document does not tell its role-id, and one call more for each role is dear. A generated one that state
  // knows does not change while the role lives, so only others are asked for.
  void read_more(Client& client, Keys keys, Results& results) const override {
    std::vector<Call> calls;
    std::vector<std::size_t> of;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i].status != ReadResult::Status::present) continue;
      const Value known = keys[i].known.get("role_id");
      if (known.is_string() && looks_generated(known.as_string())) {
        results[i].value = with(results[i].value, "role_id", known);
        continue;
      }
      Call& call = calls.emplace_back();
      call.path = path(keys[i].identity) + "/role-id";
      call.space = space_of(keys[i].identity);
      of.push_back(i);
    }
    if (calls.empty()) return;
    auto answers = client.call_all(calls);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      ReadResult& result = results[of[i]];
      if (!answers[i]) {
        take_error(result, keys[of[i]].known.get("role_id"), answers[i].error());
      } else if (!answers[i]->found()) {
        result = ReadResult::absent();  // removed in between
      } else {
        result.value = with(result.value, "role_id", answers[i]->data().get("role_id"));
      }
    }
  }

  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override {
    auto out = DocumentType::needs(change);
    if (change.operation == Operation::create) {  // who made it is asked for it
      out.push_back({plain_path(change.desired) + "/role-id", space_of(change.desired), "read"});
    }
    return out;
  }

 private:
  static void take_error(ReadResult& result, const Value& known, const Error& error) {
    if (error.fault != Fault::denied) {
      result = ReadResult::unreadable(error);
      return;
    }
    result.unread.emplace_back("role_id");
    if (known.is_string()) result.value = with(result.value, "role_id", known);
  }
};

std::vector<Attribute> own_attributes() {
  return {
      auth_mount("backend", "approle"),
      required(compared(text("role_name", "The role's name; the server keeps it in lower case.", "billing"),
                        Comparison::identifier_case)),
      chosen(text("role_id", "What a service gives beside the secret-id to log in; made up by the server when not set.",
                  "billing-prod")),
      flag("bind_secret_id", "A secret-id is needed to log in.", true),
      with_default(
          attribute("secret_id_bound_cidrs", set_type(string_type()),
                    "The ranges of addresses that may log in with a secret-id; empty for any.", "[10.0.0.0/8]"),
          Value::list()),
      with_default(attribute("secret_id_num_uses", integer_type(),
                             "How often a new secret-id may be used; 0 for any number.", "1"),
                   0),
      compared(with_default(text("secret_id_ttl", "How long a new secret-id lives; 0 for ever.", "24h"), "0s"),
               Comparison::duration),
      immutable(flag("local_secret_ids", "Secret-ids stay on this cluster and are not replicated.", false)),
  };
}

}  // namespace

TypePtr make_approle_role() {
  auto schema = type_schema("vault.approle_role",
                            "An AppRole: what a service logs in as. A generated `role_id` that state knows is not read "
                            "again.",
                            {"backend", "role_name"}, with_token_attributes(own_attributes()));
  schema.containers = {in_auth_method("backend")};
  return std::make_unique<AppRole>(
      std::move(schema), DocumentPaths{"auth/{backend}/role/{role_name}", "auth/{backend}/role", false, "backend"});
}

}  // namespace plumb::vault
