#include "engine/provider_api/provider.h"

namespace plumb {

ReadResult ReadResult::present(Value value, std::string server_id) {
  ReadResult out;
  out.status = Status::present;
  out.value = std::move(value);
  out.server_id = std::move(server_id);
  return out;
}

ReadResult ReadResult::unreadable(Error error) {
  ReadResult out;
  out.status = Status::unreadable;
  out.error = std::move(error);
  return out;
}

ListResult Provider::list(const TypeSchema& type) {
  ListResult out;
  out.error = Error{"objects of type " + type.name + " cannot be listed", "Name them one by one", {}, Fault::provider};
  return out;
}

std::vector<ReadResult> Provider::read_data(const TypeSchema& type, std::span<const Value> configs) {
  const Error error{"the data source " + type.name + " cannot be read", "report this", {}, Fault::internal};
  return std::vector<ReadResult>(configs.size(), ReadResult::unreadable(error));
}

std::vector<PlanFacts> Provider::plan_facts(std::span<const ChangeRequest> changes) {
  return std::vector<PlanFacts>(changes.size());
}

void Provider::release() {}

Value Provider::complete(const TypeSchema& /*type*/, Value desired) const { return desired; }

bool Provider::verify(const TypeSchema& /*type*/, const Path& /*path*/, const Value& /*secret*/,
                      const std::string& /*evidence*/) const {
  return false;
}

std::vector<TypeError> ProviderKind::check(const TypeSchema& /*type*/, const Value& /*desired*/) const { return {}; }

std::vector<std::string> ProviderKind::claims(const TypeSchema& /*type*/, const Value& /*desired*/) const { return {}; }

std::string ProviderKind::serial_key(const TypeSchema& /*type*/, const Value& /*attributes*/) const { return {}; }

}  // namespace plumb
