// The certificates and keys of an HTTP client, read and checked before the first connection.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/net/http.h"

namespace plumb::net {

// PEM texts; empty where nothing was given.
struct TlsMaterial {
  std::string trust;
  std::string certificate;
  std::string key;  // a secret
};

// Errors: Fault::input, naming the setting and the file, never what is in it.
Result<TlsMaterial> load_tls_material(const HttpTls& tls);

}  // namespace plumb::net
