// The kind and the provider: dispatch by type.
#include "engine/provider_api/values.h"
#include "providers/postgres/check.h"
#include "providers/postgres/data.h"
#include "providers/postgres/postgres.h"
#include "providers/postgres/privileges.h"
#include "providers/postgres/schema.h"
#include "providers/postgres/scram.h"
#include "providers/postgres/types.h"

namespace plumb::postgres {

namespace {

struct Type {
  std::string_view name;
  Results (*read)(Session&, Keys);
  ApplyResult (*apply)(Session&, const ChangeRequest&);
  ListResult (*list)(Session&);  // nullptr: it cannot be told
};

constexpr Type kTypes[] = {
    {kRole, read_roles, apply_role, list_roles},
    {kDatabase, read_databases, apply_database, list_databases},
    {kSchema, read_schemas, apply_schema, list_schemas},
    {kExtension, read_extensions, apply_extension, list_extensions},
    {kMembership, read_memberships, apply_membership, list_memberships},
    {kGrant, read_grants, apply_grant, nullptr},
};

const Type* find_type(const TypeSchema& type) {
  for (const auto& one : kTypes) {
    if (one.name == type.name) return &one;
  }
  return nullptr;
}

Error unknown_type(const TypeSchema& type) {
  return {"the postgres provider has no type " + type.name, "Report this as a bug", {}, Fault::internal};
}

// A missing or null attribute filled in.
void fill(Value& attributes, const char* name, const Value& value) {
  const Value* found = attributes.find(name);
  if (found == nullptr || found->is_null()) attributes = with(attributes, name, value);
}

class PostgresProvider : public Provider {
 public:
  Result<ServerInfo> configure(const Value& config) override {
    session_ = PLUMB_TRY(Session::open(config));
    return ServerInfo{session_->server().version_text, session_->server().identity};
  }

  std::vector<ReadResult> read_many(const TypeSchema& type, std::span<const ReadKey> keys) override {
    const auto* found = find_type(type);
    if (found == nullptr) return all_unreadable(keys.size(), unknown_type(type));
    if (keys.empty()) return {};
    return found->read(*session_, keys);
  }

  ListResult list(const TypeSchema& type) override {
    const auto* found = find_type(type);
    if (found == nullptr || found->list == nullptr) return Provider::list(type);
    return found->list(*session_);
  }

  std::vector<ReadResult> read_data(const TypeSchema& type, std::span<const Value> configs) override {
    if (configs.empty()) return {};
    return postgres::read_data(*session_, type, configs);
  }

  std::vector<PlanFacts> plan_facts(std::span<const ChangeRequest> changes) override {
    return facts_of(*session_, changes);
  }

  ApplyResult apply(const ChangeRequest& change) override {
    if (const auto* found = find_type(*change.type)) return found->apply(*session_, change);
    ApplyResult out;
    out.error = unknown_type(*change.type);
    return out;
  }

  void release() override {
    if (session_) session_->pool().close_idle();
  }

  [[nodiscard]] Value complete(const TypeSchema& type, Value desired) const override {
    if (!desired.is_map()) return desired;
    const auto learnt = [this](auto member) { return session_ ? Value(member(session_->server())) : Value::unknown(); };
    if (type.find("database") != nullptr) {
      fill(desired, "database", learnt([](const Server& server) { return server.database; }));
    }
    if (type.name == kMembership) {
      fill(desired, "grantor", learnt([](const Server& server) { return server.grantor(); }));
    }
    if (type.name == kGrant) desired = with_canonical_privileges(std::move(desired));
    return desired;
  }

  [[nodiscard]] bool verify(const TypeSchema& type, const Path& path, const Value& secret,
                            const std::string& evidence) const override {
    return type.name == kRole && path == Path("password") && secret.is_string() &&
           matches(evidence, secret.as_string());
  }

 private:
  // `ALL` and `temp` are spellings of what the server will say.
  [[nodiscard]] Value with_canonical_privileges(Value desired) const {
    const Value* list = desired.find("privileges");
    if (list == nullptr || !list->is_list() || list->any_unknown()) return desired;
    const auto kind = text_of(desired, "object_type");
    if (!kind) return desired;
    auto expanded = list_value(
        expand_privileges(*kind, texts_of(desired, "privileges"), session_ ? session_->server().version : 0));
    return with(desired, "privileges", expanded.with_sensitive(list->any_sensitive()));
  }

  std::unique_ptr<Session> session_;
};

class PostgresKind : public ProviderKind {
 public:
  [[nodiscard]] const ProviderSchema& schema() const override { return provider_schema(); }
  [[nodiscard]] std::unique_ptr<Provider> make() const override { return std::make_unique<PostgresProvider>(); }
  [[nodiscard]] std::vector<TypeError> check(const TypeSchema& type, const Value& desired) const override {
    return postgres::check(type, desired);
  }
  [[nodiscard]] std::vector<std::string> claims(const TypeSchema& type, const Value& desired) const override {
    return postgres::claims(type, desired);
  }
  [[nodiscard]] std::string serial_key(const TypeSchema& type, const Value& attributes) const override {
    return postgres::serial_key(type, attributes);
  }
};

}  // namespace

}  // namespace plumb::postgres

namespace plumb {
std::unique_ptr<ProviderKind> make_postgres() { return std::make_unique<postgres::PostgresKind>(); }
}  // namespace plumb
