// What the tests of state share: a temporary directory, a state with every field set, and a full comparison.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "engine/base/file_system.h"
#include "state/store.h"

namespace plumb::test {

inline const std::string kSecret = "correct-horse-battery-staple";
inline const std::string kRootHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
inline const std::string kOtherHex = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

// A directory that goes with the test.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "plumb-state-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline KeySource key_in_environment(const std::string& hex = kRootHex) {
  KeySource source;
  source.environment["PLUMB_KEY"] = hex;
  return source;
}

// Wraps keys by writing them down; the test says whether it answers.
struct FakeVault {
  std::vector<std::string> keys;  // handed out in this order, as hex; then random ones
  std::optional<Error> error;
  std::size_t opened = 0, made = 0;
};
KeySource key_in_vault(const std::shared_ptr<FakeVault>& vault);

// Neither a variable nor a home: no key, and no place for one.
inline KeySource no_key() { return {}; }

Address addr(const std::string& text);
Path path(const std::string& text);

// Every field of every record at something other than its default; secrets in attributes, deposed and outputs.
InstanceRecord full_record(State& state, const std::string& address, const std::string& uid, bool secrets = true);
// One event of each kind, to be folded into a state in this order. Interns into `state`.
std::vector<JournalEvent> one_of_each(State& state, bool secrets = true);
void fold_all(State& state, const std::vector<JournalEvent>& events);

// All of a state as text, marks included and secrets in the clear; two equal texts are two equal states.
std::string dump(const State& state, bool with_serial = false);

// A session that was locked and loaded; fails the test when that fails.
struct Opened {
  std::unique_ptr<StateStore> store;
  std::unique_ptr<StateSession> session;
  State state;
  std::vector<std::string> notes;
};
Opened open_state(const std::string& directory, KeySource keys = key_in_environment(),
                  FileSystem& fs = real_file_system());
// Appends, folds.
void append_all(Opened& opened, const std::vector<JournalEvent>& events, bool durable = true);

}  // namespace plumb::test
