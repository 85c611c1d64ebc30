#include "engine/report/state_text.h"

#include <set>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/model/json_text.h"
#include "engine/report/checks_json.h"
#include "engine/report/masked_json.h"
#include "engine/report/value_text.h"

namespace plumb {

namespace {

Value value_of(const OutputRecord& output) { return output.sensitive ? output.value.with_sensitive() : output.value; }

// Of what something else keeps, where it is.
std::vector<std::string> output_lines(const std::string& name, const OutputRecord& output, std::size_t indent) {
  if (output.reference.empty()) return value_lines(name, value_of(output), indent);
  return {std::string(indent, ' ') + printable(name) + ": (sensitive, read from " + printable(output.reference) + ")"};
}

std::string attributes_text(const Value& attributes, std::size_t indent) {
  std::string out;
  if (!attributes.is_map() || attributes.sensitive()) return out;
  for (const auto& [name, value] : attributes.as_map()) {
    if (value.is_null()) continue;
    for (const std::string& line : value_lines(name, value, indent)) out += line + "\n";
  }
  return out;
}

Value texts_json(const std::vector<std::string>& texts) {
  Value::List out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

// For one instance alone: of all of them it would be quadratic where many read many.
std::vector<std::string> dependencies_of(const State& state, const InstanceRecord& record) {
  std::map<std::string, const Address*> by_uid;
  for (const auto& [address, other] : state.instances) by_uid.emplace(other.uid, &address);
  std::set<Address> found;
  state.sets.flatten(record.dependencies, [&](std::uint32_t member) {
    const auto at = by_uid.find(state.uids.uid(member));
    if (at != by_uid.end()) found.insert(*at->second);
  });
  std::vector<std::string> out;
  for (const Address& address : found) out.push_back(address.str());
  return out;
}

Value deposed_json(const InstanceRecord& record) {
  Value::List out;
  for (const Deposed& old : record.deposed) {
    out.emplace_back(ValueMap{{"id", old.id},
                              {"identity", report::masked(old.identity)},
                              {"server_id", old.server_id.empty() ? Value() : Value(old.server_id)}});
  }
  return out;
}

// One line for each object that a replacement left behind.
std::string deposed_text(const InstanceRecord& record, std::size_t indent) {
  std::string out;
  for (const Deposed& old : record.deposed) {
    out += std::string(indent, ' ') + "deposed " + printable(old.id) + ": " + value_text(old.identity);
    if (!old.server_id.empty()) out += " (" + printable(old.server_id) + ")";
    out += ", to be deleted\n";
  }
  return out;
}

std::string checks_text(const State& state, const TextOptions& options) {
  std::string out;
  for (const auto& [name, check] : state.checks) {
    const Tone tone = check.status == "passed" ? Tone::good : Tone::warn;
    out += "  " + printable(name) + ": " + toned(printable(check.status), tone, options) + "\n";
    for (const std::string& message : check.messages) out += "    " + printable(message) + "\n";
  }
  return out;
}

ValueMap resource_json(const InstanceRecord& record) {
  ValueMap out;
  report::set_address(out, record.address);
  out.set("deposed", deposed_json(record));
  out.set("identity", report::masked(record.identity));
  out.set("partial", record.partial ? Value(*record.partial) : Value());
  out.set("prevent_destroy", record.prevent_destroy);
  out.set("provider", record.provider);
  out.set("schema_version", record.schema_version);
  out.set("sensitive_values", report::sensitive_shape(record.attributes));
  out.set("server_id", record.server_id.empty() ? Value() : Value(record.server_id));
  out.set("values", report::masked(record.attributes));
  return out;
}

}  // namespace

std::string state_text(const State& state, const TextOptions& options) {
  if (state.empty() && state.checks.empty()) return "State is empty.\n";
  std::string out;
  for (const auto& [address, record] : state.instances) {
    out += toned(printable(address.str()), Tone::strong, options) + ":\n" + attributes_text(record.attributes, 2);
    out += deposed_text(record, 2);
  }
  for (const auto& [id, intent] : state.pending) {
    out += toned(printable(intent.address.str()), Tone::warn, options) + ": interrupted; it may exist\n";
  }
  if (!state.outputs.empty()) {
    out += (out.empty() ? "" : "\n") + std::string("Outputs:\n");
    for (const auto& [name, output] : state.outputs) {
      for (const std::string& line : output_lines(name, output, 2)) out += line + "\n";
    }
  }
  if (!state.checks.empty()) out += (out.empty() ? "" : "\n") + std::string("Checks:\n") + checks_text(state, options);
  return out;
}

Value state_json(const State& state) {
  Value::List resources;
  for (const auto& [address, record] : state.instances) resources.emplace_back(resource_json(record));
  ValueMap root;
  root.set("resources", Value(std::move(resources)));
  ValueMap values;
  values.set("outputs", outputs_json(state.outputs));
  values.set("root_module", Value(std::move(root)));
  ValueMap out;
  out.set("checks", report::checks_json(state.checks));
  out.set("format_version", "1.0");
  out.set("lineage", state.lineage);
  out.set("serial", static_cast<std::int64_t>(state.serial));
  out.set("values", Value(std::move(values)));
  return out;
}

std::string state_list_text(const State& state) {
  std::string out;
  for (const auto& [address, record] : state.instances) out += printable(address.str()) + "\n";
  return out;
}

Value state_list_json(const State& state) {
  Value::List instances;
  for (const auto& [address, record] : state.instances) {
    instances.emplace_back(ValueMap{{"address", address.str()},
                                    {"identity", report::masked(record.identity)},
                                    {"provider", record.provider},
                                    {"server_id", record.server_id.empty() ? Value() : Value(record.server_id)},
                                    {"type", address.type}});
  }
  return ValueMap{{"format_version", "1.0"}, {"instances", std::move(instances)}};
}

std::string instance_text(const State& state, const InstanceRecord& record, const TextOptions& options) {
  std::string out = toned(printable(record.address.str()), Tone::strong, options) + ":\n";
  out += attributes_text(record.attributes, 2);
  for (const auto& [path, digest] : record.digests) {
    // Kept secrets stand above; of these there is only a digest.
    if (!value_at(record.attributes, path)) out += "  " + printable(path.str()) + ": (sensitive, not kept)\n";
  }
  out += "Kept of it:\n  provider: " + printable(record.provider) + "\n  uid: " + record.uid + "\n";
  if (!record.server_id.empty()) out += "  server id: " + printable(record.server_id) + "\n";
  std::vector<std::string> managed;
  for (const Path& path : record.managed) managed.push_back(printable(path.str()));
  out += "  managed: " + (managed.empty() ? "nothing" : join(managed, ", ")) + "\n";
  const std::vector<std::string> dependencies = dependencies_of(state, record);
  if (!dependencies.empty()) out += "  depends on: " + printable(join(dependencies, ", ")) + "\n";
  if (record.prevent_destroy) out += "  protected: it is never destroyed\n";
  if (record.retain) out += "  retained: forgotten instead of destroyed\n";
  if (record.partial) out += "  half-made: " + printable(*record.partial) + "\n";
  out += deposed_text(record, 2);
  return out;
}

Value instance_json(const State& state, const InstanceRecord& record) {
  ValueMap instance = resource_json(record);
  instance.set("depends_on", texts_json(dependencies_of(state, record)));
  ValueMap out;
  out.set("format_version", "1.0");
  out.set("instance", Value(std::move(instance)));
  return out;
}

std::string outputs_text(const std::map<std::string, OutputRecord>& outputs) {
  std::string out;
  for (const auto& [name, output] : outputs) {
    for (const std::string& line : output_lines(name, output, 0)) out += line + "\n";
  }
  return out;
}

Value outputs_json(const std::map<std::string, OutputRecord>& outputs) {
  std::vector<ValueMap::Entry> out;
  for (const auto& [name, output] : outputs) {
    const Value value = value_of(output);
    out.emplace_back(name, ValueMap{{"sensitive", value.any_sensitive()}, {"value", report::masked(value)}});
  }
  return ValueMap::from(std::move(out));
}

Result<std::string> output_raw(const std::map<std::string, OutputRecord>& outputs, const std::string& name,
                               bool show_sensitive) {
  const auto found = outputs.find(name);
  if (found == outputs.end()) {
    std::vector<std::string> names;
    for (const auto& [other, output] : outputs) names.push_back(other);
    return fail("there is no output \"" + printable(name) + "\"" + did_you_mean(name, names),
                names.empty() ? "no output is in state: add one under `outputs:` and run `plumb apply`"
                              : "use one of: " + join(names, ", "));
  }
  if (const std::string& reference = found->second.reference; !reference.empty()) {
    return fail("output \"" + name + "\" is kept by the server alone: it is read from " + printable(reference),
                "read it there");
  }
  const Value value = value_of(found->second);
  if (value.any_unavailable()) {
    return fail("output \"" + name + "\" is sealed, and its key is missing", "restore the key");
  }
  if (value.any_sensitive() && !show_sensitive) {
    return fail("output \"" + name + "\" is sensitive, and Plumb prints no secret unasked",
                "`plumb output " + name + " --show-sensitive` prints it");
  }
  if (value.is_list() || value.is_map()) return json_text(value);
  return scalar_text(value).value_or("");
}

}  // namespace plumb
