#include "providers/core/core.h"

#include "engine/provider_api/local_provider.h"

namespace plumb {

namespace {

Attribute input() {
  Attribute out;
  out.name = "input";
  out.type = any_type();
  out.doc = "Any value; a change updates `output`.";
  out.example = "{ release: \"1.4\" }";
  out.optional = true;
  out.local = true;
  return out;
}

Attribute replace_on() {
  Attribute out;
  out.name = "replace_on";
  out.type = any_type();
  out.doc = "Any value; a change makes a new object of it.";
  out.example = "${postgres.role.app.oid}";
  out.optional = true;
  out.local = true;
  out.immutable = true;
  return out;
}

Attribute output() {
  Attribute out;
  out.name = "output";
  out.type = any_type();
  out.doc = "What `input` was when this was last created or updated.";
  out.example = "{ release: \"1.4\" }";
  out.computed = true;
  out.follows = {"input"};
  return out;
}

ProviderSchema core_schema() {
  TypeSchema value;
  value.name = "core.value";
  value.doc = "A value that is kept in state and touches nothing else.";
  value.attributes = {input(), replace_on(), output()};
  value.outside_effect = false;
  ProviderSchema out;
  out.name = "core";
  out.doc = "What needs no server.";
  out.types = {std::move(value)};
  out.connects = false;
  return out;
}

class CoreProvider : public LocalProvider {
 public:
  ApplyResult apply(const ChangeRequest& change) override {
    ApplyResult out;
    if (change.operation == Operation::remove) return out;
    out.value = local_object(*change.type, change.desired, {{"output", change.desired.get("input")}});
    return out;
  }
};

class CoreKind : public ProviderKind {
 public:
  [[nodiscard]] const ProviderSchema& schema() const override { return schema_; }
  [[nodiscard]] std::unique_ptr<Provider> make() const override { return std::make_unique<CoreProvider>(); }

 private:
  ProviderSchema schema_ = core_schema();
};

}  // namespace

std::unique_ptr<ProviderKind> make_core() { return std::make_unique<CoreKind>(); }

}  // namespace plumb
