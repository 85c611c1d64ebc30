#include "engine/cli/imported_block.h"

#include <set>

#include "engine/config/yaml_write.h"

namespace plumb::cli {

namespace {

bool secret(const Attribute& attribute) { return attribute.sensitive || attribute.write_only; }

bool readable(const Attribute& attribute, const Value& live) {
  const Value value = live.get(attribute.name);
  return !secret(attribute) && !value.is_null() && value.fully_known() && !value.any_sensitive();
}

// Identity in its own order, then the rest in the schema's.
std::vector<const Attribute*> in_order(const TypeSchema& type) {
  std::vector<const Attribute*> out;
  for (const IdentityPart& part : type.identity) {
    if (const Attribute* attribute = type.find(part.attribute)) out.push_back(attribute);
  }
  for (const Attribute& attribute : type.attributes) {
    if (!type.is_identity(attribute.name) && (attribute.required || attribute.optional)) out.push_back(&attribute);
  }
  return out;
}

std::string secret_comment(const Attribute& attribute, const std::string& blanks) {
  return blanks + "# " + attribute.name + ": a secret, which nobody can read; give it as ${var." + attribute.name +
         "} from a sensitive variable, or from a generator\n";
}

}  // namespace

std::string imported_block(const TypeSchema& type, const Address& address, const std::string& provider,
                           const Value& live, std::size_t indent) {
  const std::string blanks(indent + 2, ' ');
  std::string body;
  if (provider != address.provider()) body += yaml_entry("provider", provider, indent + 2);
  std::string comments;
  std::set<std::string> groups;  // of which one member is enough
  for (const Attribute* attribute : in_order(type)) {
    if (secret(*attribute)) {
      comments += secret_comment(*attribute, blanks);
      continue;
    }
    if (!readable(*attribute, live)) continue;
    const Value value = live.get(attribute->name);
    if (!attribute->required && attribute->default_value && equivalent(value, *attribute->default_value, *attribute)) {
      continue;
    }
    if (!attribute->exactly_one_of.empty() && !groups.insert(attribute->exactly_one_of).second) continue;
    body += yaml_entry(attribute->name, value, indent + 2);
  }
  const std::string key = std::string(indent, ' ') + address.str() + ":";
  return (body.empty() ? key + " {}\n" : key + "\n" + body) + comments;
}

std::vector<std::string> unread_attributes(const TypeSchema& type, const Value& live) {
  std::vector<std::string> out;
  for (const Attribute& attribute : type.attributes) {
    if (attribute.required && !readable(attribute, live)) out.push_back(attribute.name);
  }
  return out;
}

}  // namespace plumb::cli
