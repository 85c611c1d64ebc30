#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/auth_parts.h"
#include "providers/vault/grown_type.h"
#include "providers/vault/token_attributes.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

namespace {

class UserpassUser : public GrownType {
 public:
  using GrownType::GrownType;

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out;
    check_path_name(desired, "username", out);
    if (!desired.get("password").is_null() && !desired.get("password_hash").is_null()) {
      out.push_back({Path("password_hash"), "`password` and `password_hash` say the same thing", "keep one of them"});
    }
    return out;
  }

  [[nodiscard]] Value complete(Value desired) const override { return complete_token_attributes(std::move(desired)); }

  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (lacks_password(*changes[i])) facts[i]->blocked = no_password();
    }
    GrownType::facts(client, changes, facts);
  }

  ApplyResult apply(Client& client, const ChangeRequest& change) const override {
    if (lacks_password(change)) return failed(no_password());
    return GrownType::apply(client, change);
  }

 private:
  // A user that is there keeps the password it has.
  static bool lacks_password(const ChangeRequest& change) {
    return change.operation == Operation::create && change.desired.get("password").is_null() &&
           change.desired.get("password_hash").is_null();
  }
  static Error no_password() {
    return {"a new user needs a password", "Set `password` or `password_hash`", {}, Fault::input};
  }
};

std::vector<Attribute> own_attributes() {
  std::vector<Attribute> out{
      auth_mount("mount", "userpass"),
      required(compared(text("username", "The user's name; the server keeps it in lower case.", "alice"),
                        Comparison::identifier_case)),
  };
  for (Attribute secret :
       {text("password", "The password; needed to make a user.", "${random.password.alice.value}"),
        text("password_hash", "A bcrypt hash in place of the password; not every server takes it.", "${var.hash}")}) {
    for (Attribute& one : versioned_secret(std::move(secret))) {
      one.computed = one.write_only;  // who has a password keeps one
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace

TypePtr make_userpass_user() {
  auto schema = type_schema("vault.userpass_user", "A user of an auth method of the kind `userpass`.",
                            {"mount", "username"}, with_token_attributes(own_attributes()));
  schema.containers = {in_auth_method("mount")};
  return std::make_unique<UserpassUser>(
      std::move(schema), DocumentPaths{"auth/{mount}/users/{username}", "auth/{mount}/users", false, "mount"},
      std::vector<std::string>{"password_hash"});
}

}  // namespace plumb::vault
