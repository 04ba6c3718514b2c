// What the output streams are, decided once: colours only on terminals.
#pragma once

namespace lockstep {

// stdout (or stderr) is a terminal that can be redrawn: isatty, TERM set and not "dumb".
bool is_terminal(int descriptor);

// Colours: NO_COLOR forbids, CLICOLOR_FORCE demands, otherwise a terminal decides.
bool use_colour(int descriptor);

// Columns of the terminal; 80 when unknown.
int terminal_width(int descriptor);

}  // namespace lockstep
