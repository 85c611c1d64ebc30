// What holds for all secrets of a key-value store of version 2.
#include "engine/model/address.h"
#include "engine/net/http.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/document.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

namespace {

TypeSchema kv_config_schema() {
  TypeSchema out = type_schema(
      "vault.kv_config", "What holds for all secrets of a key-value store of version 2.", {"mount"},
      {
          required(refers(text("mount", "Where the store is mounted.", "secret"), "vault.mount", "path")),
          with_default(attribute("max_versions", integer_type(),
                                 "How many versions of a secret are kept; 0 means as many as the server says.", "10"),
                       0),
          flag("cas_required", "Nobody writes a secret without saying which version they saw.", false),
          compared(
              with_default(text("delete_version_after", "After what time a version is deleted; 0 means never.", "90d"),
                           "0s"),
              Comparison::duration),
          flag("metadata_cas_required", "The same for what is told of a secret. OpenBao only.", false),
      });
  out.containers = {{"vault.mount", {{"namespace", "namespace"}, {"path", "mount"}}}};
  // Every such store has one: naming it takes it in.
  out.link = true;
  return out;
}

class KvConfig : public DocumentType {
 public:
  KvConfig() : DocumentType(kv_config_schema(), DocumentPaths{"{mount}/config", {}, true, "mount"}) {}

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    const auto most = integer_of(desired, "max_versions");
    if (!most || *most >= 0) return {};
    return {{Path("max_versions"), "there cannot be fewer than none", "write 0 for as many as the server says"}};
  }

  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (changes[i]->operation != Operation::remove) facts[i]->blocked = not_version_2(client, changes[i]->desired);
    }
  }

  ApplyResult apply(Client& client, const ChangeRequest& change) const override {
    if (change.operation == Operation::create) {
      if (auto error = not_version_2(client, change.desired)) return failed(std::move(*error));
    }
    return DocumentType::apply(client, change);
  }

 protected:
  // It goes back to what a fresh store has.
  ApplyResult remove(Client& client, const ChangeRequest& change) const override {
    Call call;
    call.method = "POST";
    call.path = path(change.prior);
    call.space = space_of(change.prior);
    std::vector<ValueMap::Entry> body{{"max_versions", 0}, {"cas_required", false}, {"delete_version_after", "0s"}};
    if (flag_of(change.prior, "metadata_cas_required").value_or(false)) {
      body.emplace_back("metadata_cas_required", false);
    }
    call.body = Value(ValueMap::from(std::move(body)));
    call.timeout = change.timeout;
    if (auto answer = client.call(call); !answer) return failed(std::move(answer).error());
    return {};
  }

  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override {
    const bool removes = change.operation == Operation::remove;
    const Value& attributes = removes ? change.prior : change.desired;
    return {{plain_path(attributes), space_of(attributes), "update"}};
  }

  [[nodiscard]] ReadResult decode(const Value& identity, const Value& known, const Value& data) const override {
    // In a store of version 1 it is a secret of that name.
    if (data.find("max_versions") == nullptr) return ReadResult::absent();
    return DocumentType::decode(identity, known, data);
  }

 private:
  // A write would make a secret called `config` in a store of version 1.
  static std::optional<Error> not_version_2(Client& client, const Value& attributes) {
    const std::string mount = text_or(attributes, "mount");
    Call call;
    call.path = "sys/internal/ui/mounts/" + url_path(mount);
    call.space = space_of(attributes);
    const auto answer = client.call(call);
    if (!answer || !answer->found()) return std::nullopt;  // made by the same plan, or not ours to see
    const Value data = answer->data();
    if (text_of(data, "type") == "kv" && text_of(data.get("options"), "version") == "2") return std::nullopt;
    return Error{quoted(mount) + " is no key-value store of version 2, and only these have a configuration",
                 "write `type: kv-v2` in its mount, or remove this block",
                 {},
                 Fault::provider};
  }
};

}  // namespace

TypePtr make_kv_config() { return std::make_unique<KvConfig>(); }

}  // namespace plumb::vault
