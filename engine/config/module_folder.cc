#include "engine/config/module_folder.h"

#include <filesystem>

#include "engine/base/suggest.h"
#include "engine/base/text.h"

namespace plumb {
namespace {

namespace stdfs = std::filesystem;

constexpr const char* yaml_file = "module.yaml";
constexpr const char* lua_file = "module.lua";

// A source that other tools would fetch.
bool is_remote(std::string_view source) {
  if (source.find("://") != std::string_view::npos || source.find("::") != std::string_view::npos) return true;
  for (const char* const prefix : {"git@", "file:", "github.com/", "gitlab.com/", "bitbucket.org/"}) {
    if (source.starts_with(prefix)) return true;
  }
  const std::string_view path = source.substr(0, source.find('?'));
  return path.ends_with(".git");
}

class Finder {
 public:
  Finder(const std::string& source, const IncludeFinder& finder, FileSystem& fs)
      : named_("`" + printable(source) + "`"), finder_(finder), fs_(fs) {}

  Result<ModuleFolder> find(const std::string& folder) {
    const std::optional<FileInfo> info = PLUMB_TRY(fs_.info(finder_.path_of(folder)));
    if (!info) return missing(folder);
    if (info->kind != FileInfo::Kind::directory) {
      return fail(named_ + " is no folder", "name the folder that holds the module.yaml or module.lua");
    }
    PLUMB_CHECK(finder_.real_path(folder));
    const bool yaml = PLUMB_TRY(has(folder, yaml_file));
    const bool lua = PLUMB_TRY(has(folder, lua_file));
    if (yaml && lua) return fail(named_ + " holds both a module.yaml and a module.lua", "remove one of the two");
    if (!yaml && !lua) {
      return fail(named_ + " holds no module.yaml and no module.lua", "write one of them, or name another folder");
    }
    ModuleFolder out{folder, below(folder, lua ? lua_file : yaml_file), {}, lua};
    out.real = PLUMB_TRY(finder_.real_path(out.file));
    return out;
  }

 private:
  static std::string below(const std::string& folder, const std::string& name) {
    return folder == "." ? name : folder + "/" + name;
  }

  Result<bool> has(const std::string& folder, const char* file) {
    return PLUMB_TRY(fs_.info(finder_.path_of(below(folder, file)))).has_value();
  }

  [[nodiscard]] tl::unexpected<Error> missing(const std::string& folder) {
    const stdfs::path path(folder);
    std::string parent = path.parent_path().generic_string();
    if (parent.empty()) parent = ".";
    std::vector<std::string> siblings;
    // Names outside of the project are none of ours.
    if (finder_.real_path(parent).has_value()) {
      for (const std::string& name : fs_.list(finder_.path_of(parent)).value_or(std::vector<std::string>())) {
        const Result<std::optional<FileInfo>> info = fs_.info(finder_.path_of(below(parent, name)));
        const bool directory = info.has_value() && info->has_value() && (*info)->kind == FileInfo::Kind::directory;
        if (directory && !name.starts_with('.')) siblings.push_back(name);
      }
    }
    return fail("there is no folder " + named_ + did_you_mean(path.filename().generic_string(), siblings),
                "name the module's folder, relative to the file that calls it");
  }

  std::string named_;
  const IncludeFinder& finder_;
  FileSystem& fs_;
};

}  // namespace

Result<ModuleFolder> find_module(const std::string& source, const std::string& from, const IncludeFinder& finder,
                                 FileSystem& fs) {
  if (source.empty()) return fail("`source` is empty", "name the module's folder, as `./modules/billing`");
  if (is_remote(source)) {
    return fail("the source `" + printable(source) + "` is not a folder: git sources are not supported yet",
                "copy the module into the project, and name its folder");
  }
  const std::string folder = PLUMB_TRY(finder.resolve(source, from, "source"));
  return Finder(source, finder, fs).find(folder);
}

}  // namespace plumb
