#include "engine/config/document_files.h"

#include "engine/base/hash.h"
#include "engine/config/source_text.h"
#include "engine/config/yaml.h"

namespace plumb {

void DocumentFiles::read(const std::string& entry, SourcePos named_at) {
  open(entry, named_at);
  // The list grows while files name others.
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const File file = queue_[i];
    read_one(file.path, file.named_at);
  }
}

void DocumentFiles::open(const std::string& path, SourcePos named_at) {
  Result<std::string> real = finder_.real_path(path);
  if (!real.has_value()) {
    diagnostics_.add(std::move(real).error().at(named_at.known() ? named_at : SourcePos{FileName(path)}));
    return;
  }
  if (opened_.insert(*std::move(real)).second) queue_.push_back({path, named_at});
}

void DocumentFiles::read_one(const std::string& path, SourcePos named_at) {
  Result<std::string> text = fs_.read(finder_.path_of(path), kLargestDocument);
  if (!text.has_value()) {
    diagnostics_.add(std::move(text).error().at(named_at.known() ? named_at : SourcePos{FileName(path)}));
    return;
  }
  files_.push_back({path, hex(bytes(sha256(*text)))});
  Tree tree = read_yaml(*text, FileName(path), diagnostics_);
  for (const Tree::Entry& entry : tree.entries) {
    if (entry.key == "include") include(entry.value, path);
  }
  blocks_.document(tree, path);
}

void DocumentFiles::include(const Tree& tree, const std::string& from) {
  const Tree* items = &tree;
  const std::size_t count = tree.kind == Tree::Kind::list ? tree.items.size() : 1;
  if (tree.kind == Tree::Kind::list) items = tree.items.data();
  for (std::size_t i = 0; i < count; ++i) {
    const Tree& item = items[i];
    if (item.kind != Tree::Kind::scalar || item.text.empty()) {
      diagnostics_.error("`include` must be paths or globs, without expressions", "write it as `[roles/*.yaml]`",
                         item.pos);
      continue;
    }
    for (const std::string& path : finder_.find(item.text, from, item.pos, diagnostics_)) open(path, item.pos);
  }
}

}  // namespace plumb
