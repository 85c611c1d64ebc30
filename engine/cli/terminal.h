// The process's own three streams: widths, colours, whole writes, and the question that apply asks.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/apply/apply.h"
#include "engine/report/style.h"

namespace plumb::cli {

// What each stream can show; chosen once at the start.
struct Terminal {
  TextOptions out;          // stdout
  TextOptions err;          // stderr
  bool live = false;        // stderr is a terminal that can redraw
  bool can_answer = false;  // stdin is a terminal
};

// Colours: a terminal, no --no-color, no NO_COLOR, no CI, TERM not `dumb`. Width: COLUMNS, else what the terminal says.
Terminal look_at_terminal(const std::map<std::string, std::string>& environment, bool no_color);

// Everything, or nothing more once the reader is gone.
void write_out(std::string_view text);
void write_err(std::string_view text);

// Asks on stderr and reads one line of stdin; true only for `yes`. False at end of input and on an interrupt.
bool ask_yes(const std::string& question, const StopRequest& stop);

}  // namespace plumb::cli
