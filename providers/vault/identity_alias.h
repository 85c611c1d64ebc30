// What the aliases of entities and of groups have in common: a name that an auth method knows, and whose it is.
#pragma once

#include <string>

#include "providers/vault/type.h"

namespace plumb::vault {

class IdentityAlias : public Type {
 public:
  // `kind` is the word in paths, of what it belongs to: `entity`, `group`.
  IdentityAlias(TypeSchema schema, std::string kind) : Type(std::move(schema)), kind_(std::move(kind)) {}

  // One LIST tells all there is to know of every alias of a namespace. Where it is denied, one GET for each that state
  // knows.
  Results read(Client& client, Keys keys) const override;
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  ListResult list(Client& client) const override;
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;
  // Blocks what would push another alias out.
  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override;
  [[nodiscard]] std::vector<std::string> claims(const Value& desired) const override;
  // The server looks an alias up before it writes, without a lock that lasts: one at a time for each auth method.
  [[nodiscard]] std::string serial_key(const Value& attributes) const override;

 protected:
  // One alias as the server tells it.
  struct Row {
    std::string id, name, mount_accessor, canonical_id;
  };
  [[nodiscard]] const std::string& kind() const { return kind_; }
  // Where an owner may have but one: the place that both want (an auth method of the owner, or the owner).
  [[nodiscard]] virtual std::string place(const std::string& canonical_id, const std::string& accessor) const = 0;
  [[nodiscard]] virtual Error in_the_way(const Row& other) const = 0;
  // What stands in the way of a write, asked just before it.
  virtual std::optional<Error> look_first(Client& client, const ChangeRequest& change) const = 0;

 private:
  [[nodiscard]] Value decode(const Value& data, const std::string& space) const;
  [[nodiscard]] Value encode(const Value& desired) const;
  [[nodiscard]] std::string collection() const { return "identity/" + kind_ + "-alias/id"; }
  void read_listed(const Value& data, const std::string& space, Keys keys, const std::vector<std::size_t>& mine,
                   Results& out) const;
  void read_each(Client& client, const Error& denied, Keys keys, const std::vector<std::size_t>& mine,
                 Results& out) const;

  std::string kind_;
};

// `name`, `mount_accessor`, `canonical_id`, and the server's id.
TypeSchema alias_schema(std::string name, std::string doc, std::string_view owner, std::vector<Attribute> more);

}  // namespace plumb::vault
