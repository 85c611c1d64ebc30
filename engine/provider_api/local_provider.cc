#include "engine/provider_api/local_provider.h"

namespace plumb {

Result<ServerInfo> LocalProvider::configure(const Value& /*config*/) { return ServerInfo{}; }

std::vector<ReadResult> LocalProvider::read_many(const TypeSchema& type, std::span<const ReadKey> keys) {
  const Error error{
      "objects of type " + type.name + " exist in state only", "Report this as a bug", {}, Fault::internal};
  return std::vector<ReadResult>(keys.size(), ReadResult::unreadable(error));
}

Value local_object(const TypeSchema& type, const Value& desired, ValueMap computed) {
  for (const Attribute& attribute : type.attributes) {
    if (computed.contains(attribute.name)) continue;
    const Value held = desired.get(attribute.name);
    const bool unset = held.is_null() && attribute.default_value;
    computed.set(attribute.name, unset ? *attribute.default_value : held);
  }
  return Value(std::move(computed));
}

}  // namespace plumb
