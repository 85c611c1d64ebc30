#include "engine/config/include.h"

#include <algorithm>
#include <filesystem>

#include "engine/base/text.h"

namespace plumb {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t deepest = 32;  // directories that a glob goes down

std::string normal(const stdfs::path& path) {
  std::string out = path.lexically_normal().generic_string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

bool is_inside(const std::string& path, const std::string& root) {
  if (path == root || root == "." || root == "/") return true;
  return path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/';
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

// Files with a meaning of their own, which a glob does not pick up by chance.
bool is_own_file(std::string_view name) {
  return name == "plumb.yaml" || name == "plumb.project.yaml" || name == "plumb.lock.yaml" || name == "module.yaml";
}

// Splits before the first part with a wildcard: `a/b/*.yaml` into `a/b` and what follows.
std::string fixed_folder(const std::string& glob) {
  const std::size_t wild = glob.find_first_of("*?");
  const std::size_t slash = glob.rfind('/', wild);
  return slash == std::string::npos ? "." : glob.substr(0, slash);
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder == "." ? name : folder + "/" + name;
}

}  // namespace

IncludeFinder::IncludeFinder(std::string directory, FileSystem& fs) : directory_(std::move(directory)), fs_(fs) {
  if (directory_.empty()) directory_ = ".";
  Result<std::string> real = fs_.real_path(directory_);
  real_directory_ = real.has_value() ? normal(*real) : normal(directory_);
  stack_name_ = stdfs::path(real_directory_).filename().generic_string();
  root_ = real_directory_;
  for (stdfs::path at = real_directory_;; at = at.parent_path()) {
    const Result<std::optional<FileInfo>> marker = fs_.info((at / "plumb.project.yaml").generic_string());
    if (marker.has_value() && marker->has_value()) {
      root_ = at.generic_string();
      break;
    }
    if (at.empty() || at == at.parent_path()) break;
  }
}

std::string IncludeFinder::path_of(const std::string& relative) const {
  return directory_ == "." ? relative : normal(stdfs::path(directory_) / relative);
}

Result<std::string> IncludeFinder::real_path(const std::string& relative) const {
  const std::string real = normal(PLUMB_TRY(fs_.real_path(path_of(relative))));
  if (is_inside(real, root_)) return real;
  return fail("`" + relative + "` leads out of the project", "keep the file under the directory of plumb.project.yaml");
}

void IncludeFinder::walk(const std::string& folder, const std::string& glob, std::size_t depth,
                         std::vector<std::string>& found, std::set<std::string>& visited) const {
  const Result<std::string> real = real_path(folder);
  if (!real.has_value() || !visited.insert(*real).second) return;
  const Result<std::vector<std::string>> names = fs_.list(path_of(folder));
  if (!names.has_value()) return;
  for (const std::string& name : *names) {
    if (name.starts_with('.')) continue;
    const std::string path = joined(folder, name);
    const Result<std::optional<FileInfo>> info = fs_.info(path_of(path));
    if (!info.has_value() || !info->has_value()) continue;
    if ((*info)->kind == FileInfo::Kind::directory) {
      if (depth < deepest) walk(path, glob, depth + 1, found, visited);
    } else if (!is_own_file(name) && glob_match(glob, path)) {
      found.push_back(path);
    }
  }
}

Result<std::string> IncludeFinder::resolve(const std::string& path, const std::string& from,
                                           std::string_view what) const {
  const std::string named = "the " + std::string(what) + " `" + printable(path) + "`";
  if (path.starts_with('/')) return fail(named + " is an absolute path", "write it relative to the file it stands in");
  std::string whole = normal(stdfs::path(from).parent_path() / path);
  if (is_inside(normal(stdfs::path(real_directory_) / fixed_folder(whole)), root_)) return whole;
  return fail(named + " leads out of the project", "keep it under the directory of plumb.project.yaml");
}

std::vector<std::string> IncludeFinder::find(const std::string& glob, const std::string& from, SourcePos pos,
                                             Diagnostics& diagnostics) const {
  const Result<std::string> resolved = resolve(glob, from, "include");
  if (!resolved.has_value()) {
    diagnostics.add(Error(resolved.error()).at(pos));
    return {};
  }
  const std::string& whole = *resolved;
  if (!has_wildcard(whole)) return {whole};
  std::vector<std::string> found;
  std::set<std::string> visited;
  const std::string_view rest = std::string_view(whole).substr(fixed_folder(whole).size());
  const bool deep = rest.find("**") != std::string_view::npos;
  const auto levels = static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '/'));
  // What is not needed is not visited: without `**` a glob has as many levels as slashes.
  walk(fixed_folder(whole), whole, deep ? 0 : deepest - std::min(deepest, levels), found, visited);
  std::sort(found.begin(), found.end());
  if (found.empty()) {
    diagnostics.warning("the include `" + printable(glob) + "` matches no file", "check it, or remove it", pos);
  }
  return found;
}

}  // namespace plumb
