#include "engine/report/schema_text.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/json_text.h"
#include "engine/report/masked_json.h"
#include "engine/report/value_text.h"

namespace plumb {

namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// `required`, `default false`, `forces replacement`, ...
std::vector<std::string> traits_of(const Attribute& attribute) {
  std::vector<std::string> out;
  if (attribute.required) out.emplace_back("required");
  if (attribute.optional && attribute.computed && !attribute.default_value) out.emplace_back("optional, else chosen");
  if (!attribute.required && !attribute.optional) out.emplace_back("computed");
  if (attribute.default_value) out.push_back("default " + value_text(*attribute.default_value));
  if (attribute.sensitive) out.emplace_back("sensitive");
  if (attribute.write_only) out.emplace_back("write-only");
  if (!attribute.versioned_by.empty()) out.push_back("sent when " + attribute.versioned_by + " changes");
  if (attribute.kept_by_server) out.emplace_back("kept by the server alone");
  if (attribute.immutable) out.emplace_back("forces replacement");
  if (attribute.create_only && attribute.versioned_by.empty()) out.emplace_back("used at creation only");
  if (attribute.local) out.emplace_back("kept in state only");
  if (attribute.reference) out.push_back("refers to " + attribute.reference->type);
  if (!attribute.exactly_one_of.empty()) out.push_back("exactly one of \"" + attribute.exactly_one_of + "\"");
  if (attribute.since_version > 0) out.push_back("since server version " + std::to_string(attribute.since_version));
  return out;
}

std::string attributes_text(const std::vector<Attribute>& attributes, const TextOptions& options) {
  std::string out;
  for (const Attribute& attribute : attributes) {
    const std::vector<std::string> traits = traits_of(attribute);
    out +=
        "  " + toned(attribute.name, Tone::strong, options) + ": " + (attribute.type ? attribute.type->str() : "any");
    if (!traits.empty()) out += toned("  # " + join(traits, ", "), Tone::dim, options);
    out += "\n";
    if (!attribute.doc.empty()) out += "      " + attribute.doc + "\n";
  }
  return out;
}

// One line each, under the addresses that they are the start of.
std::string types_text(const std::vector<TypeSchema>& types, std::string_view prefix, const TextOptions& options) {
  std::size_t width = 0;
  for (const TypeSchema& type : types) width = std::max(width, prefix.size() + type.name.size());
  std::string out;
  for (const TypeSchema& type : types) {
    out += "  " + toned(padded(std::string(prefix) + type.name, width), Tone::strong, options) + "  " + type.doc + "\n";
  }
  return out;
}

// Required attributes, as written in YAML.
std::string example_text(const TypeSchema& type, std::string_view section) {
  const std::string head = "Example:\n  " + std::string(section) + ":\n    " + type.name + ".example:";
  std::string out = head + "\n";
  bool any = false;
  for (const Attribute& attribute : type.attributes) {
    if (!attribute.required || attribute.example.empty()) continue;
    out += "      " + attribute.name + ": " + attribute.example + "\n";
    any = true;
  }
  return any ? out : head + " {}\n";
}

std::string identity_line(const TypeSchema& type) {
  std::vector<std::string> parts;
  for (const IdentityPart& part : type.identity) {
    std::string text = part.attribute;
    switch (part.on_change) {
      case OnIdentityChange::renames:
        text += " (a change renames)";
        break;
      case OnIdentityChange::replaces:
        text += " (a change replaces)";
        break;
      case OnIdentityChange::refuses:
        text += " (cannot change)";
        break;
    }
    parts.push_back(std::move(text));
  }
  return parts.empty() ? "" : "Identity: " + join(parts, ", ") + "\n";
}

Value attributes_json(const std::vector<Attribute>& attributes) {
  std::vector<ValueMap::Entry> out;
  for (const Attribute& attribute : attributes) {
    ValueMap one;
    one.set("computed", attribute.computed);
    one.set("create_only", attribute.create_only);
    one.set("default", attribute.default_value ? report::masked(*attribute.default_value) : Value());
    one.set("doc", attribute.doc);
    one.set("example", attribute.example);
    one.set("immutable", attribute.immutable);
    one.set("kept_by_server", attribute.kept_by_server);
    one.set("local", attribute.local);
    one.set("optional", attribute.optional);
    one.set("reference", attribute.reference ? Value(ValueMap{{"attribute", attribute.reference->attribute},
                                                              {"type", attribute.reference->type}})
                                             : Value());
    one.set("required", attribute.required);
    one.set("sensitive", attribute.sensitive);
    one.set("since_version", attribute.since_version);
    one.set("type", attribute.type ? attribute.type->str() : "any");
    one.set("versioned_by", attribute.versioned_by.empty() ? Value() : Value(attribute.versioned_by));
    one.set("write_only", attribute.write_only);
    out.emplace_back(attribute.name, Value(std::move(one)));
  }
  return ValueMap::from(std::move(out));
}

Value one_type_json(const TypeSchema& type) {
  Value::List identity;
  for (const IdentityPart& part : type.identity) identity.emplace_back(part.attribute);
  ValueMap out;
  out.set("attributes", attributes_json(type.attributes));
  out.set("doc", type.doc);
  out.set("holds_data", type.holds_data);
  out.set("identity", Value(std::move(identity)));
  out.set("link", type.link);
  out.set("name", type.name);
  out.set("server_id", type.server_id.empty() ? Value() : Value(type.server_id));
  out.set("version", type.version);
  return out;
}

Value data_source_json(const TypeSchema& type) {
  return ValueMap{{"attributes", attributes_json(type.attributes)}, {"doc", type.doc}, {"name", type.name}};
}

}  // namespace

std::string providers_text(const std::vector<const ProviderSchema*>& providers, const TextOptions& options) {
  std::string out;
  for (const ProviderSchema* provider : providers) {
    out += (out.empty() ? "" : "\n") + toned(provider->name, Tone::strong, options) + ": " + provider->doc + "\n";
    out += types_text(provider->types, "", options) + types_text(provider->data, "data.", options);
  }
  return out;
}

std::string provider_text(const ProviderSchema& provider, const TextOptions& options) {
  std::string out = toned(provider.name, Tone::strong, options) + ": " + provider.doc + "\n";
  if (!provider.config.empty()) {
    out +=
        "\nConfiguration (`providers: { " + provider.name + ": ... }`):\n" + attributes_text(provider.config, options);
  }
  out += "\nTypes:\n" + types_text(provider.types, "", options);
  if (!provider.data.empty()) out += "\nData sources:\n" + types_text(provider.data, "data.", options);
  return out;
}

std::string type_text(const TypeSchema& type, const TextOptions& options) {
  std::string out = toned(type.name, Tone::strong, options) + ": " + type.doc + "\n";
  out += identity_line(type);
  if (type.holds_data) out += "Holds data: it is protected until `lifecycle: { prevent_destroy: false }` is applied.\n";
  if (type.link) out += "A link: one that is there already is taken into state without a flag.\n";
  return out + "\nAttributes:\n" + attributes_text(type.attributes, options) + "\n" + example_text(type, "resources");
}

std::string data_text(const TypeSchema& type, const TextOptions& options) {
  std::vector<Attribute> asked, told;
  for (const Attribute& attribute : type.attributes) (attribute.computed ? told : asked).push_back(attribute);
  std::string out = toned("data." + type.name, Tone::strong, options) + ": " + type.doc + "\n";
  if (!asked.empty()) out += "\nAsked for:\n" + attributes_text(asked, options);
  return out + "\nTold:\n" + attributes_text(told, options) + "\n" + example_text(type, "data");
}

Value schemas_json(const std::vector<const ProviderSchema*>& providers) {
  std::vector<ValueMap::Entry> out;
  for (const ProviderSchema* provider : providers) {
    std::vector<ValueMap::Entry> types, data;
    for (const TypeSchema& type : provider->types) types.emplace_back(type.name, one_type_json(type));
    for (const TypeSchema& type : provider->data) data.emplace_back(type.name, data_source_json(type));
    out.emplace_back(provider->name, ValueMap{{"config", attributes_json(provider->config)},
                                              {"data", ValueMap::from(std::move(data))},
                                              {"doc", provider->doc},
                                              {"types", ValueMap::from(std::move(types))}});
  }
  return ValueMap{{"format_version", "1.0"}, {"providers", ValueMap::from(std::move(out))}};
}

Value type_json(const TypeSchema& type) { return ValueMap{{"format_version", "1.0"}, {"type", one_type_json(type)}}; }

Value data_json(const TypeSchema& type) {
  return ValueMap{{"data", data_source_json(type)}, {"format_version", "1.0"}};
}

}  // namespace plumb
