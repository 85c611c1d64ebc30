// What secrets engines and auth methods have in common: both are mounts, told of in one call for all of a namespace.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "providers/vault/type.h"

namespace plumb::vault {

enum class MountKind : std::uint8_t { engine, auth };

// A mount that always exists: it is taken in and tuned, never made, moved or deleted.
struct BuiltIn {
  std::string_view path;
  std::string_view type;
  std::string_view description;
  std::string_view passthrough_header;  // empty for none
  bool local = false;
  bool seal_wrap = false;
};
// nullptr for a mount that somebody made.
const BuiltIn* built_in(MountKind kind, std::string_view path);

// All mounts of one namespace.
struct MountTable {
  std::map<std::string, Value> by_path;              // without slashes at the end; the server's entry of each
  std::map<std::string, std::string> by_accessor{};  // accessor -> path
};
// One call for each namespace, in order; a namespace that is not there has no mounts.
std::vector<Result<MountTable>> read_mounts(Client& client, MountKind kind, const std::vector<std::string>& spaces);

// The attributes that both kinds have. `type_doc` and `type_example` are those of `type`.
std::vector<Attribute> mount_attributes(std::string type_doc, std::string type_example);

class MountType : public Type {
 public:
  MountType(TypeSchema schema, MountKind kind) : Type(std::move(schema)), kind_(kind) {}

  Results read(Client& client, Keys keys) const override;
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  ListResult list(Client& client) const override;
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override;
  [[nodiscard]] Value complete(Value desired) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;
  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override;

 private:
  [[nodiscard]] std::string collection() const { return kind_ == MountKind::engine ? "sys/mounts" : "sys/auth"; }
  [[nodiscard]] ReadResult present(const std::string& space, const std::string& path, const Value& entry) const;
  [[nodiscard]] Value create_body(const Value& desired) const;
  // Only what differs: a mount keeps the rest.
  [[nodiscard]] Value tune_body(const ChangeRequest& change) const;
  [[nodiscard]] std::optional<Error> create(Client& client, const ChangeRequest& change) const;
  // `touched`: something was changed, also where there is an error.
  [[nodiscard]] std::optional<Error> update(Client& client, const ChangeRequest& change, bool& touched) const;
  [[nodiscard]] std::optional<Error> move(Client& client, const ChangeRequest& change) const;
  [[nodiscard]] std::optional<Error> tune(Client& client, const ChangeRequest& change, Value body) const;
  [[nodiscard]] ApplyResult remove(Client& client, const ChangeRequest& change) const;
  [[nodiscard]] ApplyResult take_in(Client& client, const ChangeRequest& change) const;

  MountKind kind_;
};

// Waits until a key-value store of version 2 answers: fresh ones are still being set up. Errors: Retry::later when it
// takes too long.
std::optional<Error> wait_for_kv2(Client& client, const std::string& mount, const std::string& space,
                                  std::chrono::milliseconds timeout);
// `kv-v2` is `kv` with version 2; a `kv` without a version has version 1. The same engine in one spelling.
Value canonical_engine(Value desired);

}  // namespace plumb::vault
