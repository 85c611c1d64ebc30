// vault.identity_group_alias
#include "engine/provider_api/values.h"
#include "providers/vault/identity_alias.h"
#include "providers/vault/types.h"

namespace plumb::vault {

namespace {

class GroupAlias : public IdentityAlias {
 public:
  using IdentityAlias::IdentityAlias;

 protected:
  // A group has one alias altogether.
  [[nodiscard]] std::string place(const std::string& canonical_id, const std::string&) const override {
    return canonical_id;
  }

  [[nodiscard]] Error in_the_way(const Row& other) const override {
    return {"group " + other.canonical_id + " has the alias \"" + other.name +
                "\" already, which this one would push out: a group has one",
            "import that one and rename it, or remove it first",
            {},
            Fault::provider};
  }

  // A second alias of a group takes the place of the first, without a word.
  std::optional<Error> look_first(Client& client, const ChangeRequest& change) const override {
    if (change.operation == Operation::update && !is_changed(change, "canonical_id")) return std::nullopt;
    const std::string group = text_or(change.desired, "canonical_id");
    const auto data = client.read("identity/group/id/" + url_segment(group), space_of(change.desired));
    if (!data) return data.error();
    if (!*data) {
      return Error{"there is no group " + group,
                   "set `canonical_id` to the id of an external group, as ${vault.identity_group.NAME.id}",
                   {},
                   Fault::provider};
    }
    const Value alias = (*data)->get("alias");
    const std::string id = text_or(alias, "id");
    if (id.empty() || id == change.server_id) return std::nullopt;
    Error out = in_the_way({id, text_or(alias, "name"), text_or(alias, "mount_accessor"), group});
    out.retry = Retry::later;  // it may be about to go
    return out;
  }
};

}  // namespace

TypePtr make_identity_group_alias() {
  return std::make_unique<GroupAlias>(
      alias_schema("vault.identity_group_alias",
                   "What an auth method calls an external group: who logs in with it is a member.",
                   "vault.identity_group", {}),
      "group");
}

}  // namespace plumb::vault
