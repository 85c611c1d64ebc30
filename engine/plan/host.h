// What expressions read: the world behind Lua's proxies. Internal to plan/.
#pragma once

#include "engine/plan/world.h"

namespace plumb {

// Lives for one evaluation. Notes every node that is read; a read of something that is not ready demands it.
class WorldHost final : public ExpressionHost {
 public:
  // `file` holds the expression: what it reads is named from there.
  WorldHost(World& world, EvalScope& scope, FileName file) : world_(world), scope_(scope), file_(file) {}

  Access root(std::string_view name) override;
  Access member(ObjectRef object, std::string_view key) override;
  std::variant<std::vector<std::string>, Demand, Error> keys(ObjectRef object) override;
  bool keys_unknown(ObjectRef object) override {
    return (object.kind == kResource && world_.resources[object.id].deferred) ||
           (object.kind == kCall && world_.calls[object.id].deferred);
  }
  Access whole(ObjectRef object) override;
  Result<std::string> read_file(std::string_view path) override;
  Result<Value> parse_yaml(std::string_view text) override;

  // Reads a chain of literal names without Lua; the same result, cheaper.
  Access chain(const ReferenceChain& chain);

 private:
  // kProvider, kType: a name, with `data.` before it for data sources. kScope: one call of a module.
  enum Kind : std::uint32_t {
    kVar = 1,
    kLocals,
    kEach,
    kData,
    kProvider,
    kType,
    kResource,
    kInstance,
    kModule,
    kCall,
    kScope
  };

  [[nodiscard]] const ScopeNode& names() const { return world_.scopes[scope_.scope]; }
  Access variable(std::string_view name);
  Access type_by_name(std::uint32_t provider, std::string_view name);
  Access call_by_name(std::string_view name);
  Access scope_by_key(const CallNode& call, std::string_view key);
  Access output(std::uint32_t scope, std::string_view name);
  // The call is expanded; nothing when it is, else what the reader gets.
  std::optional<Access> call_ready(const CallNode& call);
  Access local(std::string_view name);
  Access resource_by_name(std::uint32_t type_index, std::string_view name);
  Access instance_by_key(ResourceNode& resource, std::string_view key);
  Access attribute(InstanceNode& instance, std::string_view name);
  // Notes the read; false when it must be made ready first.
  bool read(NodeId node);
  std::optional<Error> expanded(ResourceNode& resource, bool& ready);

  World& world_;
  EvalScope& scope_;
  FileName file_;
};

}  // namespace plumb
