// `state.key`: where the root key of the stack's state is.
#include <filesystem>

#include "engine/config/blocks.h"

namespace plumb {

// The name of a variable; what is written there is not shown: it may be the secret itself.
std::optional<std::string> BlockReader::variable_name(const Tree::Entry& member) {
  std::optional<std::string> text = constant_text(member);
  if (!text) return std::nullopt;
  const bool name = !text->empty() && text->find_first_not_of(
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                          "0123456789_") == std::string::npos;
  if (name) return text;
  error("`" + member.key + "` must name an environment variable", "write the name, as `PLUMB_STATE_KEY`",
        member.value.pos);
  return std::nullopt;
}

// As all relative paths: from the file that holds it.
std::string BlockReader::path_from_here(const std::string& path) const {
  return (std::filesystem::path(path_).parent_path() / path).lexically_normal().generic_string();
}

void BlockReader::state_key(Tree& tree) {
  int sources = 0;
  for (Tree::Entry& member : tree.entries) {
    if (member.key == "vault_transit") {
      ++sources;
      if (want_map(member, "a map with `key`")) transit_key(member.value);
      continue;
    }
    if (member.key != "file" && member.key != "env" && member.key != "passphrase") {
      unknown_key(member, "in `state.key`", {"file", "env", "passphrase", "vault_transit"});
      continue;
    }
    ++sources;
    if (member.key == "file") {
      if (const std::optional<std::string> text = constant_text(member)) stack_->key_file = path_from_here(*text);
    } else if (std::optional<std::string> name = variable_name(member)) {
      (member.key == "env" ? stack_->key_env : stack_->key_passphrase_env) = std::move(name);
    }
  }
  if (sources != 1)
    error("`state.key` takes exactly one of `file`, `env`, `passphrase` and `vault_transit`", "give one", tree.pos);
}

void BlockReader::transit_key(Tree& tree) {
  TransitKeyBlock block;
  block.pos = tree.pos;
  for (const Tree::Entry& member : tree.entries) {
    if (member.key == "token") {
      block.token_env = variable_name(member);
      continue;
    }
    const std::optional<std::string> text = [&]() -> std::optional<std::string> {
      for (const char* name : {"address", "namespace", "mount", "key", "ca_cert"}) {
        if (member.key == name) return constant_text(member);
      }
      unknown_key(member, "in `vault_transit`", {"address", "token", "namespace", "mount", "key", "ca_cert"});
      return std::nullopt;
    }();
    if (!text) continue;
    if (text->empty()) {
      error("`" + member.key + "` is empty", "give it a value, or leave it out", member.value.pos);
    } else if (member.key == "address") {
      block.address = *text;
    } else if (member.key == "namespace") {
      block.namespace_name = *text;
    } else if (member.key == "mount") {
      block.mount = *text;
    } else if (member.key == "key") {
      block.key = *text;
    } else {
      block.ca_cert = path_from_here(*text);
    }
  }
  if (block.key.empty()) {
    error("`vault_transit` has no `key`", "name the transit key that wraps the root key: `key: plumb`", tree.pos);
  } else {
    stack_->key_transit = std::move(block);
  }
}

}  // namespace plumb
