// The auth method of Kubernetes: its connection to the cluster, and its roles.
#include <algorithm>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/auth_parts.h"
#include "providers/vault/grown_type.h"
#include "providers/vault/token_attributes.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

namespace {

Attribute pem_text(std::string name, std::string doc) {
  return compared(with_default(text(std::move(name), std::move(doc), "${file(\"ca.crt\")}"), ""),
                  Comparison::text_trailing_newline);
}

class KubernetesConfig : public GrownType {
 public:
  using GrownType::GrownType;

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out;
    if (const auto host = text_of(desired, "kubernetes_host"); host && host->empty()) {
      out.push_back({Path("kubernetes_host"), "`kubernetes_host` is empty", "write the address of the API server"});
    }
    if (flag_of(desired, "disable_local_ca_jwt").value_or(false) &&
        !may_hold_something(desired, "kubernetes_ca_cert")) {
      out.push_back({Path("kubernetes_ca_cert"), "without the pod's own certificate the server needs one to trust",
                     "set `kubernetes_ca_cert`, or leave `disable_local_ca_jwt` out"});
    }
    return out;
  }

  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    say_it_stays(changes, facts);
    GrownType::facts(client, changes, facts);
  }

 protected:
  // A write replaces everything, so the secret goes along each time; else it would be lost.
  [[nodiscard]] Value encode(const ChangeRequest& change) const override {
    Value body = GrownType::encode(change);
    const Value secret = change.desired.get("token_reviewer_jwt");
    return secret.is_string() ? with(body, "token_reviewer_jwt", secret) : body;
  }

  [[nodiscard]] ReadResult decode(const Value& identity, const Value& known, const Value& data) const override {
    ReadResult out = GrownType::decode(identity, known, data);
    // OpenBao tells whether there is one.
    if (flag_of(data, "token_reviewer_jwt_set") == std::optional(false)) {
      std::erase_if(out.unread, [](const Path& path) { return path.root() == "token_reviewer_jwt"; });
      out.value = with(out.value, "token_reviewer_jwt", Value());
    }
    return out;
  }
};

TypeSchema config_schema() {
  std::vector<Attribute> own{
      auth_mount("backend", "kubernetes"),
      required(text("kubernetes_host", "The address of the cluster's API server.", "https://10.96.0.1:443")),
      pem_text("kubernetes_ca_cert", "Whom to trust as the API server, PEM; the pod's own certificate when not set."),
      compared(with_default(attribute("pem_keys", set_type(string_type()),
                                      "Public keys or certificates, PEM, that sign service account tokens.",
                                      "[\"${file(\\\"sa.pub\\\")}\"]"),
                            Value::list()),
               Comparison::text_trailing_newline),
      with_default(
          text("issuer", "The issuer to find in a token, where that is looked at.", "https://kubernetes.default.svc"),
          ""),
      flag("disable_iss_validation", "The issuer of a token is not looked at.", true),
      flag("disable_local_ca_jwt", "The certificate and token of the pod that the server runs in are not used.", false),
      flag("use_annotations_as_alias_metadata", "Annotations of the service account become metadata of its alias.",
           false),
  };
  for (Attribute& one : versioned_secret(text("token_reviewer_jwt",
                                              "The token that asks the cluster to review others; the pod's own, or "
                                              "the one that logs in, when not set. Each write sends it: one that "
                                              "was set elsewhere is gone then.",
                                              "${var.reviewer_jwt}"))) {
    own.push_back(std::move(one));
  }
  auto out = type_schema("vault.kubernetes_auth_config",
                         "How an auth method of the kind `kubernetes` reaches its cluster. The server cannot take it "
                         "back: destroy forgets it, and it goes with the auth method.",
                         {"backend"}, std::move(own));
  out.containers = {in_auth_method("backend")};
  return out;
}

class KubernetesRole : public GrownType {
 public:
  using GrownType::GrownType;

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out;
    check_path_name(desired, "role_name", out);
    check_names(desired, "bound_service_account_names", out);
    check_names(desired, "bound_service_account_namespaces", out);
    const bool names = may_hold_something(desired, "bound_service_account_names");
    if (!names && desired.find("bound_service_account_names") != nullptr) {
      out.push_back({Path("bound_service_account_names"), "no service account could log in",
                     "name one, or write [\"*\"] for every one"});
    }
    if (!may_hold_something(desired, "bound_service_account_namespaces") &&
        !may_hold_something(desired, "bound_service_account_namespace_selector")) {
      out.push_back({Path("bound_service_account_namespaces"), "the role names no namespace of the cluster",
                     "set `bound_service_account_namespaces`, or a selector"});
    }
    return out;
  }

  [[nodiscard]] Value complete(Value desired) const override { return complete_token_attributes(std::move(desired)); }

 private:
  static void check_names(const Value& desired, const char* attribute, std::vector<TypeError>& out) {
    const auto names = texts_of(desired, attribute);
    if (names.size() > 1 && std::find(names.begin(), names.end(), "*") != names.end()) {
      out.push_back({Path(attribute), "\"*\" stands for every name, and others stand beside it",
                     "write [\"*\"] alone, or leave it out"});
    }
  }
};

TypeSchema role_schema() {
  const auto names = [](std::string name, std::string doc) {
    return attribute(std::move(name), set_type(string_type()), std::move(doc), "[billing]");
  };
  std::vector<Attribute> own{
      auth_mount("backend", "kubernetes"),
      required(compared(text("role_name", "The role's name; the server keeps it in lower case.", "billing"),
                        Comparison::identifier_case)),
      power(required(names("bound_service_account_names", "Service accounts that may log in; [\"*\"] for all."))),
      power(with_default(names("bound_service_account_namespaces",
                               "Namespaces of the cluster whose service accounts may log in; [\"*\"] for all."),
                         Value::list())),
      compared(optional(text("bound_service_account_namespace_selector",
                             "Namespaces of the cluster by their labels, as a selector in JSON.",
                             "'{\"matchLabels\":{\"team\":\"billing\"}}'")),
               Comparison::json),
      with_default(text("audience", "The audience to find in a token; empty for any.", "vault"), ""),
      with_default(attribute("alias_name_source", enum_type({"serviceaccount_uid", "serviceaccount_name"}),
                             "What an alias is named after.", "serviceaccount_name"),
                   "serviceaccount_uid"),
  };
  auto out = type_schema("vault.kubernetes_auth_role", "Which service accounts of a cluster get which tokens.",
                         {"backend", "role_name"}, with_token_attributes(std::move(own)));
  out.containers = {in_auth_method("backend")};
  return out;
}

}  // namespace

TypePtr make_kubernetes_auth_config() {
  return std::make_unique<KubernetesConfig>(config_schema(),
                                            DocumentPaths{"auth/{backend}/config", "", true, "backend"},
                                            std::vector<std::string>{"use_annotations_as_alias_metadata"});
}

TypePtr make_kubernetes_auth_role() {
  return std::make_unique<KubernetesRole>(
      role_schema(), DocumentPaths{"auth/{backend}/role/{role_name}", "auth/{backend}/role", false, "backend"},
      std::vector<std::string>{"bound_service_account_namespace_selector"});
}

}  // namespace plumb::vault
