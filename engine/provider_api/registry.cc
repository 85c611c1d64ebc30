#include "engine/provider_api/registry.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/model/address.h"

namespace plumb {

namespace {

#ifndef NDEBUG
// A schema that breaks the rules is a bug of its author: it ends a debug build at once.
void must_be_sound(const ProviderSchema& schema) {
  const std::vector<std::string> wrong = check_schema(schema);
  if (wrong.empty()) return;
  std::fprintf(stderr, "the schema of %s is wrong:\n%s\n", schema.name.c_str(), join(wrong, "\n").c_str());
  std::abort();
}
#endif

std::vector<std::string> names_of(const std::vector<TypeSchema>& types) {
  std::vector<std::string> out;
  for (const TypeSchema& type : types) out.push_back(type.name);
  return out;
}

}  // namespace

void Registry::add(std::string name, Make make) { entries_.push_back({std::move(name), std::move(make), nullptr}); }

const ProviderKind* Registry::find(std::string_view provider) const {
  const auto entry =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& one) { return one.name == provider; });
  if (entry == entries_.end()) return nullptr;
  const std::lock_guard lock(*making_);
  if (entry->kind == nullptr) {
    entry->kind = entry->make();
#ifndef NDEBUG
    must_be_sound(entry->kind->schema());
#endif
  }
  return entry->kind.get();
}

Result<const ProviderKind*> Registry::kind_of(std::string_view type) const {
  const std::string_view provider = type.substr(0, type.find('.'));
  if (const ProviderKind* kind = find(provider)) return kind;
  const std::vector<std::string> known = names();
  return fail("there is no provider " + quoted(provider) + did_you_mean(provider, known),
              "use one of: " + join(known, ", "));
}

Result<const TypeSchema*> Registry::type(std::string_view name) const {
  const ProviderSchema& schema = PLUMB_TRY(kind_of(name))->schema();
  if (const TypeSchema* type = schema.find(name)) return type;
  const std::vector<std::string> known = names_of(schema.types);
  return fail("there is no resource type " + quoted(name) + did_you_mean(name, known),
              "use one of: " + join(known, ", "));
}

Result<const TypeSchema*> Registry::data_type(std::string_view name) const {
  const ProviderSchema& schema = PLUMB_TRY(kind_of(name))->schema();
  if (const TypeSchema* type = schema.find_data(name)) return type;
  const std::vector<std::string> known = names_of(schema.data);
  return fail("there is no data source " + quoted(name) + did_you_mean(name, known),
              known.empty() ? "this provider has none" : "use one of: " + join(known, ", "));
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> out;
  out.reserve(entries_.size());
  for (const Entry& entry : entries_) out.push_back(entry.name);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace plumb
