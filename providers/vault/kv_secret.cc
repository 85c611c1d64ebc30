// A secret in a key-value store of version 1: one object, without versions.
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/document.h"
#include "providers/vault/kv.h"
#include "providers/vault/types.h"

namespace plumb::vault {

namespace {

using namespace attributes;

TypeSchema kv_secret_schema() {
  TypeSchema out = type_schema(
      "vault.kv_secret", "A secret in a key-value store of version 1, which keeps no earlier versions.",
      {"mount", "path"},
      {refers(required(text("mount", "Where the key-value store is mounted.", "kv")), "vault.mount", "path"),
       required(text("path", "The path below the mount; it may hold slashes.", "services/billing/database")),
       required(sensitive(attribute("data", map_type(any_type()),
                                    "The secret's fields, as a whole: what it does not name goes.",
                                    "{ password: \"${random.password.app.value}\" }")))});
  out.containers = {{"vault.mount", {{"namespace", "namespace"}, {"path", "mount"}}}};
  return out;
}

class KvSecret : public DocumentType {
 public:
  KvSecret() : DocumentType(kv_secret_schema(), {"{mount*}/{path*}", {}, false, "mount"}) {}

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out = check_kv_place(desired, "path");
    const Value* data = desired.find("data");
    if (data != nullptr && data->is_map() && data->as_map().empty()) {
      out.push_back({Path("data"), "is empty, and version 1 keeps no empty secrets", "give it a field"});
    }
    return out;
  }

  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    check_kv_mounts(client, changes, facts, 1);
  }

 protected:
  [[nodiscard]] Value encode(const ChangeRequest& change) const override { return change.desired.get("data"); }

  [[nodiscard]] ReadResult decode(const Value& identity, const Value& known, const Value& data) const override {
    static_cast<void>(known);
    ValueMap entries;
    for (const IdentityPart& part : schema().identity) entries.set(part.attribute, identity.get(part.attribute));
    entries.set("data", data.with_sensitive());
    return ReadResult::present(Value(std::move(entries)), {});
  }
};

}  // namespace

TypePtr make_kv_secret() { return std::make_unique<KvSecret>(); }

}  // namespace plumb::vault
