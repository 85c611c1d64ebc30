// Document types that got attributes in later versions of the server. Older ones take such a parameter without a word
// and forget it, so it must be asked first.
#pragma once

#include <string>
#include <vector>

#include "providers/vault/document.h"

namespace plumb::vault {

class GrownType : public DocumentType {
 public:
  // `newer`: the attributes that not every server knows.
  GrownType(TypeSchema schema, DocumentPaths paths, std::vector<std::string> newer)
      : DocumentType(std::move(schema), std::move(paths)), newer_(std::move(newer)) {}

  // Blocks a change that sets what the server does not know. Asks for the server's own description of the path, once
  // for each mount, and only if such an attribute is set.
  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override;
  // The mount may have been made by the same apply: asked again.
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;

 private:
  // Those of `newer_` that are set to something else than their default.
  [[nodiscard]] std::vector<std::string> set_newer(const ChangeRequest& change) const;

  std::vector<std::string> newer_;
};

}  // namespace plumb::vault
