#include "engine/provider_api/attributes.h"
#include "providers/vault/document.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

TypePtr make_password_policy() {
  auto schema = type_schema(
      "vault.password_policy", "How a secrets engine makes passwords.", {"name"},
      {
          required(text("name", "The policy's name.", "database")),
          required(compared(text("policy", "Its rules, in HCL: `length`, and one `rule \"charset\"` block or more.",
                                 "${file(\"database.hcl\")}"),
                            Comparison::text_trailing_newline)),
      });
  return std::make_unique<DocumentType>(
      std::move(schema), DocumentPaths{"sys/policies/password/{name}", "sys/policies/password", false, ""});
}

}  // namespace plumb::vault
