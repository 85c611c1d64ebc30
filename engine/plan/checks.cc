#include "engine/plan/checks.h"

#include <algorithm>
#include <map>

#include "engine/base/suggest.h"
#include "engine/base/text.h"

namespace plumb {

std::string join_words(const std::vector<std::string>& words) { return join(words, ", "); }

namespace {

// Whether anything at or below reads something: a secret must come from somewhere.
bool reads_something(World& world, const Tree& tree) {
  for (const Piece& piece : tree.pieces) {
    if (!piece.expression) continue;
    const auto id = world.interpreter->compile(piece.text, piece.pos);
    if (!id.has_value() || !world.interpreter->references_of(id.value()).chains.empty()) return true;
  }
  const auto item_reads = [&](const Tree& item) { return reads_something(world, item); };
  return std::any_of(tree.items.begin(), tree.items.end(), item_reads) ||
         std::any_of(tree.entries.begin(), tree.entries.end(),
                     [&](const Tree::Entry& entry) { return reads_something(world, entry.value); });
}

void check_literal_secret(World& world, const AttributeEntry& entry, const Attribute& attribute) {
  if (!attribute.sensitive || world.in.options.allow_literal_secrets || entry.value.kind == Tree::Kind::null) return;
  if (reads_something(world, entry.value)) return;
  world.diagnostics->error(
      "`" + entry.name + "` is a secret and is written here in clear text",
      "take it from a sensitive variable (${var.NAME}) or a generator (${random.password.NAME.value}); "
      "--allow-literal-secrets permits it for a try-out",
      entry.pos);
}

void check_groups(World& world, const std::map<std::string, std::vector<std::string>>& groups,
                  const std::vector<AttributeEntry>& entries, const std::string& what, const SourcePos& pos) {
  for (const auto& [group, names] : groups) {
    const auto set = std::count_if(names.begin(), names.end(), [&](const std::string& name) {
      return std::any_of(entries.begin(), entries.end(), [&](const AttributeEntry& e) { return e.name == name; });
    });
    if (set == 1) continue;
    world.diagnostics->error(what + " needs exactly one of: " + join_words(names),
                             set == 0 ? "set one of them" : "keep one of them", pos);
  }
}

}  // namespace

void check_attributes(World& world, const std::vector<AttributeEntry>& entries, const std::vector<Attribute>& schema,
                      const std::string& what, const SourcePos& pos, bool provider) {
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::string>> groups;
  for (const Attribute& attribute : schema) {
    if (attribute.required || attribute.optional) names.push_back(attribute.name);
    if (!attribute.exactly_one_of.empty()) groups[attribute.exactly_one_of].push_back(attribute.name);
    if (!attribute.required) continue;
    const bool given = std::any_of(entries.begin(), entries.end(),
                                   [&](const AttributeEntry& entry) { return entry.name == attribute.name; });
    if (!given) {
      world.diagnostics->error(
          what + " needs `" + attribute.name + "`",
          "add it" +
              (attribute.example.empty() ? "" : ", for example `" + attribute.name + ": " + attribute.example + "`"),
          pos);
    }
  }
  for (const AttributeEntry& entry : entries) {
    const auto it = std::find_if(schema.begin(), schema.end(),
                                 [&](const Attribute& attribute) { return attribute.name == entry.name; });
    if (it == schema.end()) {
      world.diagnostics->error(what + " has no attribute " + quoted(entry.name) + did_you_mean(entry.name, names),
                               "known: " + join_words(names), entry.pos);
    } else if (!it->required && !it->optional) {
      world.diagnostics->error("`" + entry.name + "` is told by the server and cannot be set", "remove it", entry.pos);
    } else if (!provider) {
      check_literal_secret(world, entry, *it);
    } else if (it->sensitive) {
      check_literal_secret(world, entry, *it);
    }
  }
  check_groups(world, groups, entries, what, pos);
}

void check_constants(World& world) {
  const auto check = [&](const std::string& what, const std::vector<AttributeEntry>& entries,
                         const std::vector<Attribute>& schema) {
    for (const AttributeEntry& entry : entries) {
      const auto attribute =
          std::find_if(schema.begin(), schema.end(), [&](const Attribute& a) { return a.name == entry.name; });
      if (attribute == schema.end() || entry.value.kind == Tree::Kind::null || !entry.value.constant()) continue;
      Diagnostics found;
      constant_value(entry.value, *attribute->type, found);
      for (Diagnostic& diagnostic : found.sorted()) {
        diagnostic.message = what + ": " + entry.name + ": " + diagnostic.message;
        world.diagnostics->add(std::move(diagnostic));
      }
    }
  };
  for (const ProviderNode& provider : world.providers) {
    if (provider.block == nullptr) continue;
    check("provider " + quoted(provider.name), provider.block->attributes, provider.kind->schema().config);
  }
  for (const ResourceNode& resource : world.resources) {
    check(resource.address.str(), resource.block->attributes, resource.type->attributes);
  }
}

void check_state_providers(World& world) {
  if (world.in.options.mode == PlanMode::validate) return;
  std::map<std::string, std::vector<std::string>> orphaned;  // provider instance -> addresses
  const auto check = [&](const InstanceRecord& record) {
    if (record.address.data || world.provider_by_name.contains(record.provider)) return;
    const ProviderKind* kind = world.in.registry->find(record.address.provider());
    // Named like its kind it may have been configured by the environment all along. Only where the server's identity is
    // known, so that it can be no other server.
    const auto needs = [](const Attribute& attribute) { return attribute.required; };
    const auto configurable = [&] {
      const auto server = world.in.state->servers.find(record.provider);
      const bool known = server != world.in.state->servers.end() && !server->second.empty();
      return (known || !kind->schema().connects) &&
             std::none_of(kind->schema().config.begin(), kind->schema().config.end(), needs);
    };
    if (kind != nullptr && record.provider == kind->schema().name && configurable()) {
      const auto index = static_cast<std::uint32_t>(world.providers.size());
      ProviderNode& provider = world.providers.emplace_back();
      provider.name = record.provider;
      provider.kind = kind;
      provider.node = world.add_node(NodeKind::provider, index);
      world.provider_by_name.emplace(record.provider, index);
      return;
    }
    orphaned[record.provider].push_back(record.address.str());
  };
  for (const auto& [address, record] : world.in.state->instances) check(record);
  for (const auto& record : world.recovered) check(*record);
  for (auto& [provider, addresses] : orphaned) {
    const std::size_t count = addresses.size();
    if (count > 5) addresses.resize(5);
    world.diagnostics->error("provider " + quoted(provider) + " is not configured any more, but state holds " +
                                 counted(count, "instance") + " of it: " + join_words(addresses) +
                                 (count > 5 ? ", ..." : ""),
                             "put the provider's block back until they are deleted", {});
  }
}

void check_selection(World& world) {
  const auto known = [&](const Address& address) {
    if (world.find_resource(address)) return true;
    // What stands in a module is known only once the module was called; here its call has to do.
    if (!address.modules.empty() && world.scopes[0].calls.contains(address.modules.front().name)) return true;
    return std::any_of(world.in.state->instances.begin(), world.in.state->instances.end(),
                       [&](const auto& entry) { return address.covers(entry.first); });
  };
  for (const auto* list : {&world.in.options.targets, &world.in.options.replace}) {
    for (const Address& address : *list) {
      if (known(address)) continue;
      world.diagnostics->error(address.str() + " is neither in configuration nor in state",
                               "`plumb state list` and the keys under `resources:` name what there is", {});
    }
  }
}

}  // namespace plumb
