#include "engine/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace plumb::cli {

namespace {

const std::string& variable(const std::map<std::string, std::string>& environment, const std::string& name) {
  static const std::string none;
  const auto found = environment.find(name);
  return found == environment.end() ? none : found->second;
}

int width_of(int fd, const std::map<std::string, std::string>& environment) {
  const std::string& columns = variable(environment, "COLUMNS");
  int width = 0;
  const auto [end, error] = std::from_chars(columns.data(), columns.data() + columns.size(), width);
  if (error == std::errc() && end == columns.data() + columns.size() && width > 0) return width;
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

Terminal look_at_terminal(const std::map<std::string, std::string>& environment, bool no_color) {
  const bool plain = no_color || !variable(environment, "NO_COLOR").empty() || !variable(environment, "CI").empty() ||
                     variable(environment, "TERM") == "dumb";
  Terminal out;
  out.out = {!plain && isatty(STDOUT_FILENO) == 1, width_of(STDOUT_FILENO, environment)};
  out.err = {!plain && isatty(STDERR_FILENO) == 1, width_of(STDERR_FILENO, environment)};
  out.live = isatty(STDERR_FILENO) == 1 && out.err.width > 0 && variable(environment, "CI").empty() &&
             variable(environment, "TERM") != "dumb";
  out.can_answer = isatty(STDIN_FILENO) == 1;
  return out;
}

void write_out(std::string_view text) { write_all(STDOUT_FILENO, text); }
void write_err(std::string_view text) { write_all(STDERR_FILENO, text); }

bool ask_yes(const std::string& question, const StopRequest& stop) {
  write_err(question);
  std::string line;
  char c = 0;
  while (stop.load() == 0) {
    const ssize_t n = ::read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    if (c == '\n') return line == "yes";
    line += c;
  }
  write_err("\n");
  return false;
}

}  // namespace plumb::cli
