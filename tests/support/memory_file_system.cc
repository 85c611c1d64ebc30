#include "tests/support/memory_file_system.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace plumb::test {
namespace {

Error no(const std::string& verb, const std::string& path, const std::string& reason) {
  return Error{"cannot " + verb + " " + path + ": " + reason, "check the path", {}, Fault::environment};
}

// One spelling for each path: `./a//b/` is `a/b`, the working directory is `.`.
std::string plain(const std::string& path) {
  std::string out = std::filesystem::path(path).lexically_normal().string();
  if (out.size() > 1 && out.back() == '/') out.pop_back();
  return out.empty() ? "." : out;
}

std::string parent(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace

class MemoryFileSystem::File final : public AppendFile {
 public:
  File(MemoryFileSystem& fs, std::shared_ptr<Node> node, std::string path, std::uint64_t boot)
      : fs_(fs), node_(std::move(node)), path_(std::move(path)), boot_(boot) {}
  Result<void> append(std::string_view bytes) override { return fs_.append(*node_, path_, bytes, boot_); }
  Result<void> sync() override { return fs_.sync(*node_, path_, boot_); }
  [[nodiscard]] std::uint64_t inode() const override { return node_->inode; }

 private:
  MemoryFileSystem& fs_;
  std::shared_ptr<Node> node_;
  std::string path_;
  std::uint64_t boot_;
};

MemoryFileSystem::MemoryFileSystem() : directories_{{".", 0755}, {"/", 0755}} {}
MemoryFileSystem::~MemoryFileSystem() = default;

std::optional<MemoryFileSystem::Injected> MemoryFileSystem::enter(const std::string& call, const std::string& path) {
  const std::string line = call + " " + path;
  history_.push_back(line);
  if (crash_at_ && history_.size() >= *crash_at_) {
    return Injected{no(call, path, "the machine has crashed"), history_.size() == *crash_at_ ? torn_ : 0};
  }
  if (const auto it = faults_.find(history_.size()); it != faults_.end()) return it->second;
  const auto hit = std::find_if(next_faults_.begin(), next_faults_.end(),
                                [&](const auto& entry) { return line.starts_with(entry.first); });
  if (hit == next_faults_.end()) return std::nullopt;
  Injected out = std::move(hit->second);
  next_faults_.erase(hit);
  return out;
}

bool MemoryFileSystem::is_directory(const std::string& path) const { return directories_.contains(path); }

Result<std::optional<FileInfo>> MemoryFileSystem::info(const std::string& given) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  if (auto fault = enter("info", path)) return fail(std::move(fault->error));
  if (const auto it = names_.find(path); it != names_.end()) {
    const Node& node = *it->second;
    return std::optional<FileInfo>(FileInfo{FileInfo::Kind::file, node.bytes.size(), node.inode, node.mode});
  }
  if (const auto it = directories_.find(path); it != directories_.end()) {
    return std::optional<FileInfo>(FileInfo{FileInfo::Kind::directory, 0, 0, it->second});
  }
  return std::optional<FileInfo>{};
}

Result<std::string> MemoryFileSystem::read(const std::string& given, std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  if (auto fault = enter("read", path)) return fail(std::move(fault->error));
  if (is_directory(path)) return fail(no("read", path, "it is not a regular file"));
  const auto it = names_.find(path);
  if (it == names_.end()) return fail(no("read", path, "No such file or directory"));
  if (it->second->bytes.size() > limit) {
    return fail(no("read", path, "it is larger than " + std::to_string(limit) + " bytes"));
  }
  return it->second->bytes;
}

Result<std::unique_ptr<AppendFile>> MemoryFileSystem::open(const char* call, const std::string& given,
                                                           std::uint32_t mode, bool fresh) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  if (auto fault = enter(call, path)) return fail(std::move(fault->error));
  if (!is_directory(parent(path))) return fail(no("open", path, "No such file or directory"));
  if (is_directory(path)) return fail(no("open", path, "Is a directory"));
  std::shared_ptr<Node>& node = names_[path];
  if (node != nullptr && fresh) return fail(no("create", path, "File exists"));
  if (node == nullptr) node = std::make_shared<Node>(Node{next_inode_++, mode, {}, {}});
  return std::make_unique<File>(*this, node, path, boot_);
}

Result<std::unique_ptr<AppendFile>> MemoryFileSystem::open_append(const std::string& path, std::uint32_t mode) {
  return open("open_append", path, mode, false);
}

Result<std::unique_ptr<AppendFile>> MemoryFileSystem::create_new(const std::string& path, std::uint32_t mode) {
  return open("create_new", path, mode, true);
}

Result<void> MemoryFileSystem::append(Node& node, const std::string& path, std::string_view bytes, std::uint64_t boot) {
  const std::lock_guard lock(mutex_);
  if (boot != boot_) return fail(no("write to", path, "it was opened before the crash"));
  if (auto fault = enter("append", path)) {
    node.bytes += bytes.substr(0, fault->partial);
    return fail(std::move(fault->error));
  }
  node.bytes += bytes;
  return {};
}

Result<void> MemoryFileSystem::sync(Node& node, const std::string& path, std::uint64_t boot) {
  const std::lock_guard lock(mutex_);
  if (boot != boot_) return fail(no("save", path, "it was opened before the crash"));
  if (auto fault = enter("sync", path)) return fail(std::move(fault->error));
  node.durable = node.bytes;
  return {};
}

Result<void> MemoryFileSystem::rename(const std::string& given_from, const std::string& given_to) {
  const std::lock_guard lock(mutex_);
  const std::string from = plain(given_from);
  const std::string to = plain(given_to);
  if (auto fault = enter("rename", from + " " + to)) return fail(std::move(fault->error));
  const auto it = names_.find(from);
  if (it == names_.end() || !is_directory(parent(to))) return fail(no("rename to", to, "No such file or directory"));
  if (is_directory(to)) return fail(no("rename to", to, "Is a directory"));
  if (from == to) return {};
  names_[to] = it->second;
  names_.erase(from);
  return {};
}

Result<void> MemoryFileSystem::remove(const std::string& given) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  if (auto fault = enter("remove", path)) return fail(std::move(fault->error));
  if (is_directory(path)) return fail(no("remove", path, "Is a directory"));
  names_.erase(path);
  return {};
}

Result<void> MemoryFileSystem::truncate(const std::string& given, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  if (auto fault = enter("truncate", path)) return fail(std::move(fault->error));
  const auto it = names_.find(path);
  if (it == names_.end()) return fail(no("shorten", path, "No such file or directory"));
  it->second->bytes.resize(size);
  return {};
}

Result<void> MemoryFileSystem::sync_directory(const std::string& given) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  if (auto fault = enter("sync_directory", path)) return fail(std::move(fault->error));
  if (!is_directory(path)) return fail(no("open the directory", path, "No such file or directory"));
  std::erase_if(durable_names_, [&](const auto& entry) { return parent(entry.first) == path; });
  for (const auto& [name, node] : names_) {
    if (parent(name) == path) durable_names_[name] = node;
  }
  return {};
}

Result<void> MemoryFileSystem::make_directories(const std::string& given, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  if (auto fault = enter("make_directories", path)) return fail(std::move(fault->error));
  for (std::string part = path; !is_directory(part); part = parent(part)) {
    if (names_.contains(part)) return fail(no("make the directory", part, "File exists"));
    directories_[part] = mode;
  }
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& given) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  if (auto fault = enter("list", path)) return fail(std::move(fault->error));
  if (!is_directory(path)) return fail(no("list", path, "No such file or directory"));
  std::vector<std::string> out;
  for (const auto& [name, node] : names_) {
    if (parent(name) == path) out.push_back(name_of(name));
  }
  for (const auto& [name, mode] : directories_) {
    if (name != path && parent(name) == path) out.push_back(name_of(name));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::size_t MemoryFileSystem::calls() const {
  const std::lock_guard lock(mutex_);
  return history_.size();
}

std::vector<std::string> MemoryFileSystem::history() const {
  const std::lock_guard lock(mutex_);
  return history_;
}

void MemoryFileSystem::fail_at(std::size_t n, Error error, std::size_t partial) {
  const std::lock_guard lock(mutex_);
  faults_[n] = Injected{std::move(error), partial};
}

void MemoryFileSystem::fail_next(std::string prefix, Error error, std::size_t partial) {
  const std::lock_guard lock(mutex_);
  next_faults_.emplace_back(std::move(prefix), Injected{std::move(error), partial});
}

void MemoryFileSystem::crash_at(std::size_t n, std::size_t torn) {
  const std::lock_guard lock(mutex_);
  crash_at_ = n;
  torn_ = torn;
}

bool MemoryFileSystem::crashed() const {
  const std::lock_guard lock(mutex_);
  return crash_at_ && history_.size() >= *crash_at_;
}

void MemoryFileSystem::reboot(Lose lose, std::size_t keep) {
  const std::lock_guard lock(mutex_);
  ++boot_;
  history_.clear();
  faults_.clear();
  next_faults_.clear();
  crash_at_.reset();
  torn_ = 0;
  if (lose == Lose::nothing) return;
  names_ = durable_names_;
  for (auto& [name, node] : names_) {
    const bool grew = node->bytes.starts_with(node->durable);
    const std::size_t tail = grew ? std::min(keep, node->bytes.size() - node->durable.size()) : 0;
    node->bytes = grew ? node->bytes.substr(0, node->durable.size() + tail) : node->durable;
    node->durable = node->bytes;
  }
}

void MemoryFileSystem::put(const std::string& given, std::string_view bytes, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(given);
  for (std::string part = parent(path); !is_directory(part); part = parent(part)) directories_[part] = 0755;
  const auto node = std::make_shared<Node>(Node{next_inode_++, mode, std::string(bytes), std::string(bytes)});
  names_[path] = node;
  durable_names_[path] = node;
}

std::optional<std::string> MemoryFileSystem::get(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto it = names_.find(plain(path));
  if (it == names_.end()) return std::nullopt;
  return it->second->bytes;
}

std::vector<std::string> MemoryFileSystem::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, node] : names_) out.push_back(name);
  return out;
}

Error MemoryFileSystem::disk_full() {
  return Error{"cannot write: No space left on device", "free some disk space and run again", {}, Fault::environment};
}

}  // namespace plumb::test
