// The files that make up one document: an entry file and what it includes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/config/blocks.h"
#include "engine/config/include.h"

namespace plumb {

// Reads the files of a stack or of a YAML module into a BlockReader, each once however it is named.
class DocumentFiles {
 public:
  DocumentFiles(const IncludeFinder& finder, FileSystem& fs, BlockReader& blocks, std::vector<FileRead>& files,
                Diagnostics& diagnostics)
      : finder_(finder), fs_(fs), blocks_(blocks), files_(files), diagnostics_(diagnostics) {}

  // `entry` is relative to the stack. Errors that have no place in a file stand at `named_at`.
  void read(const std::string& entry, SourcePos named_at);

 private:
  struct File {
    std::string path;
    SourcePos named_at;  // of the glob; none for the first
  };

  void open(const std::string& path, SourcePos named_at);
  void read_one(const std::string& path, SourcePos named_at);
  void include(const Tree& tree, const std::string& from);

  const IncludeFinder& finder_;
  FileSystem& fs_;
  BlockReader& blocks_;
  std::vector<FileRead>& files_;
  Diagnostics& diagnostics_;
  std::vector<File> queue_;
  std::set<std::string> opened_;  // where they really lie
};

}  // namespace plumb
