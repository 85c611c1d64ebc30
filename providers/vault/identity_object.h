// What entities and groups have in common: a name in which letter case does not count, and an id for life.
#pragma once

#include <string>

#include "providers/vault/type.h"

namespace plumb::vault {

class IdentityObject : public Type {
 public:
  // `kind` is the word in paths: `entity`, `group`.
  IdentityObject(TypeSchema schema, std::string kind) : Type(std::move(schema)), kind_(std::move(kind)) {}

  // One GET for each: by id, or by name where there is none; by name too where the id is gone.
  Results read(Client& client, Keys keys) const override;
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  ListResult list(Client& client) const override;
  // Policies in lower case, as they are looked up.
  [[nodiscard]] Value complete(Value desired) const override;
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;
  [[nodiscard]] std::vector<std::string> claims(const Value& desired) const override;

 protected:
  // The whole object as a write takes it. The default: every attribute that can be set.
  [[nodiscard]] virtual Value encode(const Value& desired) const;
  // Attributes from what the server tells; the default: under their own names.
  [[nodiscard]] virtual Value decode(const Value& data) const;

 private:
  [[nodiscard]] ReadResult found(const ReadKey& key, const Value& data) const;
  [[nodiscard]] std::string by_name(const std::string& name) const;
  [[nodiscard]] std::string by_id(const std::string& id) const;
  ApplyResult create(Client& client, const ChangeRequest& change) const;

  std::string kind_;
};

// ASCII letters in lower case.
std::string lower_case(std::string text);
// The namespace of a key: by its identity, else by what state holds.
std::string space_of_key(const ReadKey& key);
// ` in namespace "team"`; nothing for the root.
std::string in_space(const std::string& space);
// What a write came to, once the object was read back.
ApplyResult read_back(ReadResult now, const std::string& written);
// Rules for `metadata` and `custom_metadata`, which the server answers with an error of its own (500).
std::vector<TypeError> check_metadata(const Value& desired, const std::string& name);

}  // namespace plumb::vault
