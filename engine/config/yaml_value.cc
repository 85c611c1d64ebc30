#include "engine/config/yaml_value.h"

#include "engine/config/yaml.h"

namespace plumb {
namespace {

Error first_error(const Diagnostics& diagnostics) {
  const Diagnostic first = diagnostics.sorted().front();
  const std::string place = "line " + std::to_string(first.pos.line) + ", column " + std::to_string(first.pos.column);
  return {place + ": " + first.message, first.next_step};
}

}  // namespace

Result<Value> yaml_value(std::string_view text) {
  Diagnostics diagnostics;
  // An empty document is null here, and an empty map where configuration is read.
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Value();
  const Tree tree = read_yaml(text, {}, diagnostics, {.templates = false});
  if (diagnostics.has_errors()) return fail(first_error(diagnostics));
  const TypePtr any = any_type();
  Value value = constant_value(tree, *any, diagnostics);
  if (diagnostics.has_errors()) return fail(first_error(diagnostics));
  return value;
}

}  // namespace plumb
