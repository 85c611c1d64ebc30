// The root key: 32 bytes that are never in state, plan or the stack's folder. HKDF gives what is used.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace plumb {

// `state.key: {vault_transit: {...}}`; what is empty comes from the environment.
struct TransitSource {
  std::string key;
  std::string mount = "transit";
  std::string address{}, namespace_name{}, ca_cert{};
  std::optional<std::string> token_env{};  // the variable that holds the token; else VAULT_TOKEN, ~/.vault-token
  SourcePos pos{};
};

// Something elsewhere that makes root keys, each with a wrapped form, and opens that again. One thread only.
class KeyWrapper {
 public:
  struct Fresh {
    std::string key;      // 32 bytes
    std::string wrapped;  // may lie beside what the key seals
  };
  virtual ~KeyWrapper() = default;
  // Errors of both say why it cannot be used now; Fault::input when configuration is wrong.
  virtual Result<Fresh> make() = 0;
  virtual Result<std::string> open(const std::string& wrapped) = 0;
  // In words for people, and as state names it: `transit/keys/plumb`.
  [[nodiscard]] virtual std::string place() const = 0;
  [[nodiscard]] virtual std::string name() const = 0;
};

// Where to look: the stack's `state.key`, else PLUMB_KEY, else $XDG_CONFIG_HOME/plumb/keys/<lineage>.key.
struct KeySource {
  std::optional<std::string> file;            // `state.key: {file: ...}`
  std::optional<std::string> env;             // `state.key: {env: NAME}`
  std::optional<std::string> passphrase_env;  // `state.key: {passphrase: ...}`: the variable that holds it
  // The environment as the process got it (PLUMB_KEY, XDG_CONFIG_HOME, HOME and what `env` names); injected for tests.
  std::map<std::string, std::string> environment;
  std::optional<TransitSource> transit{};  // `state.key: {vault_transit: ...}`
  // Makes what wraps keys; transit_wrapper() when empty. Injected for tests.
  std::function<Result<std::unique_ptr<KeyWrapper>>(const TransitSource&, const std::map<std::string, std::string>&)>
      wrapper{};
};

// Of keys that something else wraps nothing below knows: they are in no file and no variable (local_files.h).

// 32 bytes as hex or base64 text, in files and variables.
// nullopt: there is no key there. An error: there is something, and it is no key, or its file is open to others.
Result<std::optional<std::string>> find_root_key(const KeySource& source, const std::string& lineage);
// Makes a key where find_root_key would look last (0600 in a 0700 directory). Returns the key and sets `where`.
// An error when the source is explicit (file, env, passphrase) and empty, with what to do.
Result<std::string> make_root_key(const KeySource& source, const std::string& lineage, std::string& where);

// What a new key for the same state is called until the old one has gone, and an old one after: `KEY.<id>` beside a key
// in a file. Empty for keys in the environment: those bring the new one in a variable of their own, `NAME_NEW`.
std::string key_file_of_id(const KeySource& source, const std::string& lineage, const std::string& id);
// The key in that file; nullopt when there is none, or keys do not lie in files.
Result<std::optional<std::string>> find_key_of_id(const KeySource& source, const std::string& lineage,
                                                  const std::string& id);
// A new key beside the state's, durable before this returns: made for one in a file, taken from `NAME_NEW` for one in
// the environment.
Result<std::string> make_next_key(const KeySource& source, const std::string& lineage);
// The state is sealed under `next` now: it takes the old one's place, which stays under its id. `notes` tells what is
// left to do for keys in the environment.
Result<void> settle_next_key(const KeySource& source, const std::string& lineage, const std::string& old,
                             const std::string& next, std::vector<std::string>& notes);

// Where find_root_key looks, in words for people: a path, or a variable's name.
std::string key_place(const KeySource& source, const std::string& lineage);

std::string digest_key(const std::string& root);
std::string sealing_key(const std::string& root);
// Eight hex digits that name a key without telling it.
std::string key_id(const std::string& root);

}  // namespace plumb
