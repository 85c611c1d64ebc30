#include "engine/base/suggest.h"
#include "engine/cli/context.h"
#include "engine/lua/function_docs.h"
#include "engine/report/schema_text.h"

namespace plumb::cli {

namespace {

int show_providers(const Context& context, const std::vector<const ProviderSchema*>& providers, bool all) {
  if (context.options.json) {
    context.print_json(schemas_json(providers));
  } else {
    context.print(all ? providers_text(providers, context.terminal.out)
                      : provider_text(*providers.front(), context.terminal.out));
  }
  return 0;
}

int show_data(Context& context, std::string_view name) {
  const auto type = context.registry.data_type(name);
  if (!type.has_value()) return context.failed(type.error());
  if (context.options.json) {
    context.print_json(data_json(**type));
  } else {
    context.print(data_text(**type, context.terminal.out));
  }
  return 0;
}

// The page of standard functions is Markdown: the file engine/FUNCTIONS.md is this output.
int show_functions(const Context& context) {
  if (!context.options.json) {
    context.print(functions_page());
    return 0;
  }
  std::vector<Value> functions;
  for (const FunctionDoc& doc : function_docs()) {
    functions.push_back(Value(ValueMap{{"doc", Value(doc.doc)},
                                       {"example", Value(doc.example)},
                                       {"name", Value(doc.name)},
                                       {"result", Value(doc.result)},
                                       {"signature", Value(doc.signature)}}));
  }
  context.print_json(Value(ValueMap{{"format_version", Value("1.0")}, {"functions", Value(std::move(functions))}}));
  return 0;
}

}  // namespace

int run_schema(Context& context) {
  const Registry& registry = context.registry;
  if (context.options.arguments.empty()) {
    std::vector<const ProviderSchema*> all;
    for (const std::string& name : registry.names()) all.push_back(&registry.find(name)->schema());
    return show_providers(context, all, true);
  }
  const std::string& name = context.options.arguments.front();
  if (name == "functions") return show_functions(context);
  if (const ProviderKind* provider = registry.find(name)) return show_providers(context, {&provider->schema()}, false);
  if (constexpr std::string_view kData = "data."; name.starts_with(kData)) {
    return show_data(context, std::string_view(name).substr(kData.size()));
  }
  if (name.find('.') == std::string::npos) {
    return context.failed(Error{"there is no provider \"" + name + "\"" + did_you_mean(name, registry.names()),
                                "run `plumb schema` for the list"});
  }
  const auto type = registry.type(name);
  // Some are only asked about.
  if (!type.has_value() && registry.data_type(name).has_value()) return show_data(context, name);
  if (!type.has_value()) return context.failed(type.error());
  if (context.options.json) {
    context.print_json(type_json(**type));
  } else {
    context.print(type_text(**type, context.terminal.out));
  }
  return 0;
}

}  // namespace plumb::cli
