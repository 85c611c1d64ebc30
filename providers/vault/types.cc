#include "providers/vault/types.h"

namespace plumb::vault {

namespace {

std::vector<TypePtr> made_types() {
  std::vector<TypePtr> out;
  out.push_back(make_approle_role());
  out.push_back(make_approle_secret_id());
  out.push_back(make_userpass_user());
  out.push_back(make_jwt_auth_config());
  out.push_back(make_jwt_auth_role());
  out.push_back(make_kubernetes_auth_config());
  out.push_back(make_kubernetes_auth_role());
  out.push_back(make_mount());
  out.push_back(make_auth_method());
  out.push_back(make_policy());
  out.push_back(make_password_policy());
  out.push_back(make_namespace());
  out.push_back(make_kv_config());
  out.push_back(make_transit_key());
  out.push_back(make_generic());
  out.push_back(make_identity_entity());
  out.push_back(make_identity_entity_alias());
  out.push_back(make_identity_group());
  out.push_back(make_identity_group_alias());
  out.push_back(make_database_connection());
  out.push_back(make_database_role());
  out.push_back(make_database_static_role());
  out.push_back(make_kv_secret());
  out.push_back(make_kv_secret_v2());
  out.push_back(make_generated_secret());
  return out;
}

std::vector<DataPtr> made_data() {
  std::vector<DataPtr> out;
  out.push_back(make_kv_secret_data());
  out.push_back(make_kv_secrets_data());
  out.push_back(make_policy_document_data());
  out.push_back(make_mounts_data());
  out.push_back(make_auth_methods_data());
  return out;
}

}  // namespace

const std::vector<TypePtr>& all_types() {
  static const std::vector<TypePtr> types = made_types();
  return types;
}

const std::vector<DataPtr>& all_data() {
  static const std::vector<DataPtr> types = made_data();
  return types;
}

}  // namespace plumb::vault
