// What the output streams are, decided once: colours only on terminals.
#pragma once

#include "runner/progress_tree.h"

namespace lockstep {

// stdout (or stderr) is a terminal that can be redrawn: isatty, TERM set and not "dumb".
bool is_terminal(int descriptor);

// Colours: NO_COLOR forbids, CLICOLOR_FORCE demands, otherwise a terminal decides.
bool use_colour(int descriptor);

// The locale says UTF-8.
bool unicode_locale();

// 80 x 24 when unknown.
TerminalSize terminal_size(int descriptor);

}  // namespace lockstep
