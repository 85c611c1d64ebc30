// One resource type of the provider, and one data source: what each file in this folder is about.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/provider_api/provider.h"
#include "providers/vault/client.h"

namespace plumb::vault {

using Keys = std::span<const ReadKey>;
using Results = std::vector<ReadResult>;

// A right that a planned change needs; asked of the server in plan, all at once.
struct Need {
  std::string path;  // below /v1/, not encoded
  std::string space;
  std::string capability;  // create, update, delete, patch, sudo; `create|update`: either will do
};

// Pure but for what is given a client. Thread-safe: nothing in it changes after it was made.
class Type {
 public:
  explicit Type(TypeSchema schema) : schema_(std::move(schema)) {}
  virtual ~Type() = default;
  [[nodiscard]] const TypeSchema& schema() const { return schema_; }

  // One result for each key, in order; see Provider::read_many.
  virtual Results read(Client& client, Keys keys) const = 0;
  virtual ApplyResult apply(Client& client, const ChangeRequest& change) const = 0;
  // The default says that it cannot be told.
  virtual ListResult list(Client& client) const;
  // Rules beyond the schema; unknown leaves pass.
  [[nodiscard]] virtual std::vector<TypeError> check(const Value& desired) const;
  // Fills and puts into the server's spelling what the schema's comparisons cannot. `namespace` is filled before, for
  // every type; no calls.
  [[nodiscard]] virtual Value complete(Value desired) const;
  [[nodiscard]] virtual std::vector<Need> needs(const ChangeRequest& change) const;
  // More than rights; one entry of `facts` for each change, in order. Reads only.
  virtual void facts(Client& client, std::span<const ChangeRequest* const> changes,
                     std::span<PlanFacts* const> facts) const;
  [[nodiscard]] virtual std::vector<std::string> claims(const Value& desired) const;
  [[nodiscard]] virtual std::string serial_key(const Value& attributes) const;

 private:
  TypeSchema schema_;
};

class DataType {
 public:
  explicit DataType(TypeSchema schema) : schema_(std::move(schema)) {}
  virtual ~DataType() = default;
  [[nodiscard]] const TypeSchema& schema() const { return schema_; }
  // One result for each question, in order; see Provider::read_data.
  virtual Results read(Client& client, std::span<const Value> questions) const = 0;
  [[nodiscard]] virtual std::vector<TypeError> check(const Value& question) const;

 private:
  TypeSchema schema_;
};

using TypePtr = std::unique_ptr<const Type>;
using DataPtr = std::unique_ptr<const DataType>;

// Made on first use, in the order of types.cc; for the life of the process.
const std::vector<TypePtr>& all_types();
const std::vector<DataPtr>& all_data();

// `namespace`: part of every type's identity, filled from the connection when it is not written; and of every question.
Attribute namespace_attribute();
// A schema with its name, its sentence and `namespace`; identity is `namespace` and what is named.
TypeSchema type_schema(std::string name, std::string doc, std::vector<std::string> identity,
                       std::vector<Attribute> attributes);
TypeSchema data_schema(std::string name, std::string doc, std::vector<Attribute> attributes);
// The absolute namespace an object of these attributes lives in.
std::string space_of(const Value& attributes);

Results all_unreadable(std::size_t count, const Error& error);
ApplyResult failed(Error error);

}  // namespace plumb::vault
