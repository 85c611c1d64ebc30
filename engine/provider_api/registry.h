// The explicit list of provider kinds. Filled once at start-up; schemas are made when first asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/provider_api/provider.h"

namespace plumb {

// Not thread-safe while entries are added; afterwards read-only.
class Registry {
 public:
  using Make = std::function<std::unique_ptr<ProviderKind>()>;

  void add(std::string name, Make make);
  // Made on first use; nullptr for an unknown name.
  [[nodiscard]] const ProviderKind* find(std::string_view provider) const;
  // `postgres.role` -> its schema; an error with "did you mean" otherwise.
  [[nodiscard]] Result<const TypeSchema*> type(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Entry {
    std::string name;
    Make make;
    mutable std::unique_ptr<ProviderKind> kind;
  };
  std::vector<Entry> entries_;
};

}  // namespace plumb
