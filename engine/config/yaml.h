// YAML 1.2, core schema, on yaml-cpp's events: what the file says, and nothing it does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/config/tree.h"

namespace plumb {

struct YamlOptions {
  bool templates = true;  // split `${...}`; off for variable files and flags, where text is text
  std::size_t max_depth = 100;
  std::size_t max_alias_nodes = 100'000;
};

// One document as a tree; an empty file is an empty map. On errors the tree is null and `diagnostics` has them.
// Positions are of the scalar's own bytes: line and column (bytes, from 1) in `text`, templates included.
Tree read_yaml(std::string_view text, FileName file, Diagnostics& diagnostics, const YamlOptions& options = {});

}  // namespace plumb
