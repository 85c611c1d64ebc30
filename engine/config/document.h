// A document as its events came: one node after the other, aliases not yet followed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/source_text.h"
#include "engine/config/tree.h"
#include "engine/config/yaml.h"

namespace plumb {

struct RawNode {
  enum class Kind : std::uint8_t { null, scalar, list, map, alias };
  static constexpr std::uint32_t none = 0xffffffff;

  Kind kind = Kind::null;
  bool plain = false;           // scalar without quotes
  bool aliased = false;         // an alias stands for it, so that its text must be kept
  std::uint32_t offset = 0;     // of its own bytes: behind anchors, tags and the opening quote
  std::uint32_t first = none;   // list, map: first child; a map's children are key, value, key, value, ...
  std::uint32_t next = none;    // sibling
  std::uint32_t children = 0;   // how many
  std::uint32_t target = none;  // alias: what it stands for
  std::string text;             // scalar
};

struct RawDocument {
  std::vector<RawNode> nodes;  // in order of the text; the root is the first
};

// yaml-cpp's part. nullopt when there is no document in the text, or errors were added.
std::optional<RawDocument> parse_document(const SourceText& source, std::size_t max_depth, Diagnostics& diagnostics);

// The rest: aliases and merge keys expanded, duplicate keys refused, templates split. Takes the texts out of
// `document`.
Tree expand_document(RawDocument& document, const SourceText& source, const YamlOptions& options,
                     Diagnostics& diagnostics);

}  // namespace plumb
