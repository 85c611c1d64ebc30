// What each file of a type gives. One line each, in the order of the reference page.
#pragma once

#include "providers/vault/type.h"

namespace plumb::vault {

TypePtr make_approle_role();
TypePtr make_approle_secret_id();
TypePtr make_userpass_user();
TypePtr make_jwt_auth_config();
TypePtr make_jwt_auth_role();
TypePtr make_kubernetes_auth_config();
TypePtr make_kubernetes_auth_role();
TypePtr make_mount();
TypePtr make_auth_method();
TypePtr make_policy();
TypePtr make_password_policy();
TypePtr make_namespace();
TypePtr make_kv_config();
TypePtr make_transit_key();
TypePtr make_generic();
TypePtr make_identity_entity();
TypePtr make_identity_entity_alias();
TypePtr make_identity_group();
TypePtr make_identity_group_alias();
TypePtr make_database_connection();
TypePtr make_database_role();
TypePtr make_database_static_role();
TypePtr make_kv_secret();
TypePtr make_kv_secret_v2();
TypePtr make_generated_secret();

DataPtr make_kv_secret_data();
DataPtr make_kv_secrets_data();

DataPtr make_policy_document_data();
DataPtr make_mounts_data();
DataPtr make_auth_methods_data();

}  // namespace plumb::vault
