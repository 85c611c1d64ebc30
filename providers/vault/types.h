// What each file of a type gives. One line each, in the order of the reference page.
#pragma once

#include "providers/vault/type.h"

namespace plumb::vault {

TypePtr make_password_policy();

}  // namespace plumb::vault
