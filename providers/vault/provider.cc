// The kind and the provider: dispatch by type.
#include <algorithm>

#include "engine/provider_api/values.h"
#include "providers/vault/capabilities.h"
#include "providers/vault/schema.h"
#include "providers/vault/settings.h"
#include "providers/vault/type.h"
#include "providers/vault/vault.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

const Type* find_type(const TypeSchema& type) {
  for (const TypePtr& one : all_types()) {
    if (one->schema().name == type.name) return one.get();
  }
  return nullptr;
}

const DataType* find_data(const TypeSchema& type) {
  for (const DataPtr& one : all_data()) {
    if (one->schema().name == type.name) return one.get();
  }
  return nullptr;
}

Error unknown_type(const TypeSchema& type) {
  return {"the vault provider has no type " + type.name, "Report this as a bug", {}, Fault::internal};
}

// Namespaces and mounts are named without slashes at their ends.
Value without_outer_slashes(Value desired) {
  for (const char* name : {"namespace", "mount", "backend", "path"}) {
    const Value* found = desired.find(name);
    if (found == nullptr || !found->is_string()) continue;
    const std::string& text = found->as_string();
    if (text.starts_with('/') || text.ends_with('/')) {
      desired = with(desired, name, Value(trimmed_slashes(text)).with_sensitive(found->sensitive()));
    }
  }
  return desired;
}

// `..` in a name would lead to another path.
void check_parts(const TypeSchema& type, const Value& desired, std::vector<TypeError>& out) {
  for (const Attribute& attribute : type.attributes) {
    const std::string& name = attribute.name;
    const bool in_path = type.is_identity(name) || name == "mount" || name == "backend" || name == "path";
    const auto text = in_path ? text_of(desired, name) : std::nullopt;
    if (!text || text->empty()) continue;
    std::string_view rest = *text;
    while (rest.starts_with('/')) rest.remove_prefix(1);
    while (rest.ends_with('/')) rest.remove_suffix(1);
    for (bool more = true; more;) {
      const std::size_t slash = rest.find('/');
      const std::string_view part = rest.substr(0, slash);
      more = slash != std::string_view::npos;
      if (more) rest.remove_prefix(slash + 1);
      if (part != "." && part != "..") continue;
      out.push_back({Path(name), "the part `" + std::string(part) + "` would lead to another path",
                     "write the path as the server knows it"});
      break;
    }
  }
}

// It is known where the object lies.
bool is_placed(const ChangeRequest& change) {
  const Value& attributes = change.operation == Operation::remove ? change.prior : change.desired;
  return std::all_of(change.type->identity.begin(), change.type->identity.end(), [&](const IdentityPart& part) {
    const Value* value = attributes.find(part.attribute);
    return value != nullptr && value->fully_known();
  });
}

class VaultProvider : public Provider {
 public:
  Result<ServerInfo> configure(const Value& config) override {
    client_ = PLUMB_TRY(Client::open(PLUMB_TRY(read_settings(config, process_environment()))));
    return ServerInfo{client_->server().name(), client_->server().identity};
  }

  std::vector<ReadResult> read_many(const TypeSchema& type, std::span<const ReadKey> keys) override {
    const Type* found = find_type(type);
    if (found == nullptr) return all_unreadable(keys.size(), unknown_type(type));
    if (keys.empty()) return {};
    return found->read(*client_, keys);
  }

  ListResult list(const TypeSchema& type) override {
    const Type* found = find_type(type);
    return found == nullptr ? Provider::list(type) : found->list(*client_);
  }

  std::vector<ReadResult> read_data(const TypeSchema& type, std::span<const Value> configs) override {
    const DataType* found = find_data(type);
    if (found == nullptr) return all_unreadable(configs.size(), unknown_type(type));
    if (configs.empty()) return {};
    std::vector<Value> questions;
    questions.reserve(configs.size());
    for (const Value& config : configs) questions.push_back(in_namespace(without_outer_slashes(config)));
    return found->read(*client_, questions);
  }

  std::vector<PlanFacts> plan_facts(std::span<const ChangeRequest> changes) override {
    std::vector<PlanFacts> out(changes.size());
    std::vector<std::vector<Need>> needs(changes.size());
    for (const TypePtr& type : all_types()) {
      std::vector<const ChangeRequest*> mine;
      std::vector<PlanFacts*> facts;
      for (std::size_t i = 0; i < changes.size(); ++i) {
        if (changes[i].type->name != type->schema().name) continue;
        mine.push_back(&changes[i]);
        facts.push_back(&out[i]);
        if (is_placed(changes[i])) needs[i] = type->needs(changes[i]);
      }
      if (!mine.empty()) type->facts(*client_, mine, facts);
    }
    check_capabilities(*client_, needs, out);
    return out;
  }

  ApplyResult apply(const ChangeRequest& change) override {
    const Type* found = find_type(*change.type);
    return found == nullptr ? failed(unknown_type(*change.type)) : found->apply(*client_, change);
  }

  void release() override {
    if (client_) client_->close_idle();
  }

  [[nodiscard]] Value complete(const TypeSchema& type, Value desired) const override {
    if (!desired.is_map()) return desired;
    desired = in_namespace(without_outer_slashes(std::move(desired)));
    const Type* found = find_type(type);
    return found == nullptr ? desired : found->complete(std::move(desired));
  }

 private:
  [[nodiscard]] Value in_namespace(Value attributes) const {
    const Value* found = attributes.find("namespace");
    if (found != nullptr && !found->is_null()) return attributes;
    return with(attributes, "namespace", client_ ? Value(client_->space()) : Value::unknown());
  }

  std::unique_ptr<Client> client_;
};

class VaultKind : public ProviderKind {
 public:
  [[nodiscard]] const ProviderSchema& schema() const override { return provider_schema(); }
  [[nodiscard]] std::unique_ptr<Provider> make() const override { return std::make_unique<VaultProvider>(); }

  [[nodiscard]] std::vector<TypeError> check(const TypeSchema& type, const Value& desired) const override {
    std::vector<TypeError> out;
    if (const Type* found = find_type(type)) {
      out = found->check(desired);
    } else if (const DataType* data = find_data(type)) {
      out = data->check(desired);
    }
    check_parts(type, desired, out);
    return out;
  }
  [[nodiscard]] std::vector<std::string> claims(const TypeSchema& type, const Value& desired) const override {
    const Type* found = find_type(type);
    return found == nullptr ? std::vector<std::string>() : found->claims(desired);
  }
  [[nodiscard]] std::string serial_key(const TypeSchema& type, const Value& attributes) const override {
    const Type* found = find_type(type);
    return found == nullptr ? std::string() : found->serial_key(attributes);
  }
};

}  // namespace

}  // namespace plumb::vault

namespace plumb {
std::unique_ptr<ProviderKind> make_vault() { return std::make_unique<vault::VaultKind>(); }
}  // namespace plumb
