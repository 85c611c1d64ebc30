#include <algorithm>
#include <set>

#include "engine/model/address.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/auth_parts.h"
#include "providers/vault/document.h"
#include "providers/vault/token_attributes.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

namespace {

// A text, or a list of texts.
bool is_texts(const Value& value) {
  if (!value.is_list()) return value.is_string() || value.is_unknown();
  return std::all_of(value.as_list().begin(), value.as_list().end(),
                     [](const Value& one) { return one.is_string() || one.is_unknown(); });
}

class JwtRole : public DocumentType {
 public:
  using DocumentType::DocumentType;

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out;
    check_path_name(desired, "role_name", out);
    if (!desired.get("role_type").is_unknown()) check_bounds(desired, out);
    check_claims(desired, out);
    check_mappings(desired, out);
    return out;
  }

  [[nodiscard]] Value complete(Value desired) const override { return complete_token_attributes(std::move(desired)); }

 private:
  static void check_bounds(const Value& desired, std::vector<TypeError>& out) {
    if (text_or(desired, "role_type", "oidc") == "oidc") {
      if (may_hold_something(desired, "allowed_redirect_uris")) return;
      out.push_back({Path("allowed_redirect_uris"), "a role of the type `oidc` needs an address to come back to",
                     "set `allowed_redirect_uris`, or `role_type: jwt`"});
      return;
    }
    for (const char* bound : {"bound_audiences", "bound_subject", "bound_claims", "token_bound_cidrs"}) {
      if (may_hold_something(desired, bound)) return;
    }
    out.push_back({Path("role_type"), "any token of the issuer could log in with this role",
                   "set `bound_audiences`, `bound_subject`, `bound_claims` or `token_bound_cidrs`"});
  }

  static void check_claims(const Value& desired, std::vector<TypeError>& out) {
    const Value claims = desired.get("bound_claims");
    if (!claims.is_map() || text_of(desired, "bound_claims_type") != "glob") return;
    for (const auto& [claim, value] : claims.as_map()) {
      if (is_texts(value)) continue;
      out.push_back({Path("bound_claims") / claim, "a pattern is a text or a list of texts",
                     "put it in quotes, or leave `bound_claims_type: glob` out"});
    }
  }

  static void check_mappings(const Value& desired, std::vector<TypeError>& out) {
    const Value mappings = desired.get("claim_mappings");
    if (!mappings.is_map()) return;
    std::set<std::string> seen;
    for (const auto& [claim, value] : mappings.as_map()) {
      if (!value.is_string()) continue;
      if (value.as_string() == "role") {
        out.push_back(
            {Path("claim_mappings") / claim, "the server keeps the metadata `role` for itself", "choose another name"});
      } else if (!seen.insert(value.as_string()).second) {
        out.push_back({Path("claim_mappings") / claim, "two claims become the metadata " + quoted(value.as_string()),
                       "choose another name"});
      }
    }
  }
};

// Seconds, because -1 has a meaning.
Attribute leeway(std::string name, std::string doc) {
  return with_default(attribute(std::move(name), integer_type(), std::move(doc), "60"), 0);
}

std::vector<Attribute> bounds() {
  return {
      power(text_set("bound_audiences", "Audiences, one of which a token must have; empty for any.", "[vault]")),
      power(with_default(text("bound_subject", "The subject that a token must have; empty for any.", "repo:app"), "")),
      power(with_default(
          attribute("bound_claims", map_type(any_type()), "Claims that a token must have: a value, or a list of them.",
                    "{ groups: [ops, dev] }"),
          Value::map())),
      with_default(attribute("bound_claims_type", enum_type({"string", "glob"}),
                             "Whether `bound_claims` holds values or patterns.", "glob"),
                   "string"),
  };
}

std::vector<Attribute> oidc() {
  return {
      text_set("allowed_redirect_uris", "Where a login in a browser may come back to.",
               "[\"http://localhost:8250/oidc/callback\"]"),
      text_set("oidc_scopes", "What else to ask the issuer for.", "[profile]"),
      leeway("clock_skew_leeway", "Seconds that clocks may differ; 0 for the server's default of 60, -1 for none."),
      leeway("expiration_leeway", "Seconds a token may be expired; 0 for the server's default of 150, -1 for none."),
      leeway("not_before_leeway",
             "Seconds a token may be used too early; 0 for the server's default of 150, -1 for none."),
      compared(with_default(
                   text("max_age", "How long ago the user may have logged in at the issuer; 0 for ever.", "1h"), "0s"),
               Comparison::duration),
      flag("verbose_oidc_logging", "Tokens and claims go into the server's debug log.", false),
  };
}

std::vector<Attribute> own_attributes() {
  std::vector<Attribute> out{
      auth_mount("backend", "jwt"),
      required(compared(text("role_name", "The role's name; the server keeps it in lower case.", "ci"),
                        Comparison::identifier_case)),
      immutable(with_default(attribute("role_type", enum_type({"oidc", "jwt"}),
                                       "How one logs in: in a browser, or with a token at hand.", "jwt"),
                             "oidc")),
      required(text("user_claim", "The claim that names the user.", "sub")),
      flag("user_claim_json_pointer", "`user_claim` is a JSON pointer.", false),
      with_default(text("groups_claim", "The claim that names the user's groups.", "groups"), ""),
      with_default(attribute("claim_mappings", map_type(string_type()),
                             "Claims that become metadata of the token, and under what name.", "{ email: mail }"),
                   Value::map()),
  };
  for (Attribute& one : bounds()) out.push_back(std::move(one));
  for (Attribute& one : oidc()) out.push_back(std::move(one));
  return out;
}

}  // namespace

TypePtr make_jwt_auth_role() {
  auto schema = type_schema("vault.jwt_auth_role", "Which tokens of an issuer get which tokens of the server.",
                            {"backend", "role_name"}, with_token_attributes(own_attributes()));
  schema.containers = {in_auth_method("backend")};
  return std::make_unique<JwtRole>(
      std::move(schema), DocumentPaths{"auth/{backend}/role/{role_name}", "auth/{backend}/role", false, "backend"});
}

}  // namespace plumb::vault
