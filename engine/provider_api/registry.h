// The explicit list of provider kinds. Filled once at start-up; schemas are made when first asked for.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/provider_api/provider.h"

namespace plumb {

// Not thread-safe while entries are added; afterwards every call may come from any thread. In debug builds a schema
// that check_schema finds wrong ends the process.
class Registry {
 public:
  using Make = std::function<std::unique_ptr<ProviderKind>()>;

  void add(std::string name, Make make);
  // Made on first use; nullptr for an unknown name.
  [[nodiscard]] const ProviderKind* find(std::string_view provider) const;
  // `postgres.role` -> its schema; an error with "did you mean" otherwise.
  [[nodiscard]] Result<const TypeSchema*> type(std::string_view name) const;
  // The same of a data source.
  [[nodiscard]] Result<const TypeSchema*> data_type(std::string_view name) const;
  // Sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  // The provider that `postgres.role` begins with.
  [[nodiscard]] Result<const ProviderKind*> kind_of(std::string_view type) const;
  struct Entry {
    std::string name;
    Make make;
    mutable std::unique_ptr<ProviderKind> kind;
  };
  std::vector<Entry> entries_;
  std::unique_ptr<std::mutex> making_ = std::make_unique<std::mutex>();  // behind a pointer: a registry may be moved
};

}  // namespace plumb
