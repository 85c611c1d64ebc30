#include <sys/stat.h>
#include <unistd.h>

#include "engine/cli/context.h"
#include "engine/cli/signals.h"

namespace {

std::map<std::string, std::string> environment_of(char** entries) {
  std::map<std::string, std::string> out;
  for (; entries != nullptr && *entries != nullptr; ++entries) {
    const std::string_view entry(*entries);
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) out.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  // Whatever we write is for its owner alone.
  umask(077);
  plumb::cli::install_signals();
  return plumb::cli::run(std::vector<std::string>(argv + 1, argv + argc), environment_of(environ));
}
