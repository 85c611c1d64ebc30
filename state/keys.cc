#include "state/keys.h"

#include <array>

#include "engine/base/file_system.h"
#include "engine/base/hash.h"
#include "engine/base/random.h"

namespace plumb {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kShortestPassphrase = 16;
constexpr std::uint32_t kPassphraseIterations = 600'000;
constexpr std::uint64_t kLargestKeyFile = 4096;
constexpr const char* kHowToMake = "put 32 random bytes there as text, for example from `openssl rand -hex 32`";

const std::string* variable(const KeySource& source, const std::string& name) {
  const auto it = source.environment.find(name);
  return it == source.environment.end() || it->second.empty() ? nullptr : &it->second;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Result<std::string> key_of_text(std::string_view text, const std::string& place) {
  const std::string_view body = trimmed(text);
  if (body.size() == 2 * kKeyBytes)
    if (auto key = from_hex(body)) return *key;
  if (auto key = from_base64(body); key && key->size() == kKeyBytes) return *key;
  return fail(place + " holds no root key: it must be 32 bytes as 64 hex digits or as base64", kHowToMake);
}

Result<std::optional<std::string>> key_of_file(const std::string& path) {
  FileSystem& fs = real_file_system();
  const auto info = PLUMB_TRY(fs.info(path));
  if (!info) return std::nullopt;
  const SourcePos pos{FileName(path), 0, 0};
  if (info->kind != FileInfo::Kind::file)
    return fail("the root key is no regular file", "name a file that holds the key", pos, Fault::environment);
  if ((info->mode & 077U) != 0)
    return fail("the root key's file is open to other users", "run `chmod 600 " + path + "`", pos, Fault::environment);
  auto key = key_of_text(PLUMB_TRY(fs.read(path, kLargestKeyFile)), "the file");
  if (!key) return fail(std::move(key).error().at(pos));
  return std::move(*key);
}

Result<std::optional<std::string>> key_of_passphrase(const KeySource& source, const std::string& lineage) {
  const std::string* phrase = variable(source, *source.passphrase_env);
  if (phrase == nullptr) return std::nullopt;
  if (phrase->size() < kShortestPassphrase)
    return fail("the passphrase in " + *source.passphrase_env + " is shorter than 16 bytes",
                "use a longer one, such as six random words");
  // The lineage as salt: two states with one passphrase have two keys.
  return std::string(bytes(pbkdf2_sha256(*phrase, "plumb root key " + lineage, kPassphraseIterations)));
}

// Empty when neither XDG_CONFIG_HOME nor HOME is set.
std::string default_directory(const KeySource& source) {
  if (const std::string* base = variable(source, "XDG_CONFIG_HOME")) return *base + "/plumb/keys";
  if (const std::string* home = variable(source, "HOME")) return *home + "/.config/plumb/keys";
  return {};
}

bool explicit_source(const KeySource& source) { return source.file || source.env || source.passphrase_env; }

// The file that holds the key, or would; empty when it is in the environment.
std::string key_file(const KeySource& source, const std::string& lineage) {
  if (source.file) return *source.file;
  if (source.env || source.passphrase_env || variable(source, "PLUMB_KEY") != nullptr) return {};
  const std::string directory = default_directory(source);
  return directory.empty() || lineage.empty() ? std::string() : directory + "/" + lineage + ".key";
}

// The variable that holds the key, for keys that are in no file.
std::string key_variable(const KeySource& source) {
  if (source.passphrase_env) return *source.passphrase_env;
  return source.env ? *source.env : "PLUMB_KEY";
}

}  // namespace

std::string key_file_of_id(const KeySource& source, const std::string& lineage, const std::string& id) {
  const std::string file = key_file(source, lineage);
  return file.empty() ? file : file + "." + id;
}

Result<std::optional<std::string>> find_key_of_id(const KeySource& source, const std::string& lineage,
                                                  const std::string& id) {
  const std::string file = key_file_of_id(source, lineage, id);
  if (file.empty() || id.empty()) return std::nullopt;
  return key_of_file(file);
}

Result<std::string> make_next_key(const KeySource& source, const std::string& lineage) {
  if (!key_file(source, lineage).empty()) {
    std::string key = random_bytes(kKeyBytes);
    PLUMB_CHECK(replace_file(real_file_system(), key_file_of_id(source, lineage, key_id(key)), hex(key) + "\n", 0600));
    return key;
  }
  KeySource next;
  const std::string name = key_variable(source) + "_NEW";
  (source.passphrase_env ? next.passphrase_env : next.env) = name;
  next.environment = source.environment;
  const auto key = PLUMB_TRY(find_root_key(next, lineage));
  if (key) return *key;
  return fail(
      "the key of this state is in the variable " + key_variable(source) + ", and there is no new one in " + name,
      source.passphrase_env ? "put a new passphrase of 16 bytes or more into " + name
                            : "put the new key into " + name + ", for example from `openssl rand -hex 32`",
      {}, Fault::environment);
}

Result<void> settle_next_key(const KeySource& source, const std::string& lineage, const std::string& old,
                             const std::string& next, std::vector<std::string>& notes) {
  const std::string file = key_file(source, lineage);
  if (file.empty()) {
    notes.push_back("from now on " + key_variable(source) + " must hold what " + key_variable(source) +
                    "_NEW held; keep the old one for older states in the history");
    return {};
  }
  FileSystem& fs = real_file_system();
  const std::string backup = key_file_of_id(source, lineage, key_id(old));
  PLUMB_CHECK(replace_file(fs, backup, hex(old) + "\n", 0600));
  // After an interrupted rekeying the file holds one that is older still.
  if (const auto there = PLUMB_TRY(key_of_file(file)); there && *there != old)
    PLUMB_CHECK(replace_file(fs, key_file_of_id(source, lineage, key_id(*there)), hex(*there) + "\n", 0600));
  PLUMB_CHECK(replace_file(fs, file, hex(next) + "\n", 0600));
  PLUMB_CHECK(fs.remove(key_file_of_id(source, lineage, key_id(next))));
  notes.push_back("the new root key is in " + file + " (id " + key_id(next) + "): back it up. The old one is in " +
                  backup + ", for older states in the history");
  return {};
}

std::string key_place(const KeySource& source, const std::string& lineage) {
  if (source.file) return *source.file;
  if (source.env) return "the variable " + *source.env;
  if (source.passphrase_env) return "the passphrase in the variable " + *source.passphrase_env;
  if (variable(source, "PLUMB_KEY") != nullptr) return "the variable PLUMB_KEY";
  const std::string directory = default_directory(source);
  return directory.empty() ? "the variable PLUMB_KEY" : directory + "/" + lineage + ".key";
}

Result<std::optional<std::string>> find_root_key(const KeySource& source, const std::string& lineage) {
  if (source.file) return key_of_file(*source.file);
  if (source.passphrase_env) return key_of_passphrase(source, lineage);
  const std::string name = source.env ? *source.env : "PLUMB_KEY";
  if (const std::string* text = variable(source, name)) return PLUMB_TRY(key_of_text(*text, "the variable " + name));
  const std::string directory = default_directory(source);
  if (source.env || directory.empty() || lineage.empty()) return std::nullopt;
  return key_of_file(directory + "/" + lineage + ".key");
}

Result<std::string> make_root_key(const KeySource& source, const std::string& lineage, std::string& where) {
  where = key_place(source, lineage);
  if (explicit_source(source)) {
    const std::string next =
        source.passphrase_env ? "set " + *source.passphrase_env + " to a passphrase of 16 bytes or more" : kHowToMake;
    return fail("the stack's `state.key` names " + where + ", and there is no key", next, {}, Fault::environment);
  }
  const std::string directory = default_directory(source);
  if (directory.empty())
    return fail("there is no place for a root key: neither HOME nor XDG_CONFIG_HOME is set",
                "set HOME, or put a key into PLUMB_KEY (`openssl rand -hex 32`)", {}, Fault::environment);
  FileSystem& fs = real_file_system();
  PLUMB_CHECK(fs.make_directories(directory, 0700));
  const SourcePos pos{FileName(where), 0, 0};
  // A key that is there is never replaced: something may be sealed under it.
  if (PLUMB_TRY(fs.info(where)))
    return fail("there is a root key already", "use it, or move it away", pos, Fault::environment);
  std::string key = random_bytes(kKeyBytes);
  PLUMB_CHECK(replace_file(fs, where, hex(key) + "\n", 0600));
  return key;
}

std::string digest_key(const std::string& root) { return std::string(bytes(hkdf_sha256(root, "plumb digest 1"))); }

std::string sealing_key(const std::string& root) { return std::string(bytes(hkdf_sha256(root, "plumb seal 1"))); }

std::string key_id(const std::string& root) { return hex(bytes(hkdf_sha256(root, "plumb key id 1"))).substr(0, 8); }

}  // namespace plumb
