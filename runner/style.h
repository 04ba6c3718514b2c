// How text is put on a terminal or into a log: colours, widths, and the escaping of what came from outside.
// Pure functions; thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep {

// Decided once by the command line (terminal, NO_COLOR, locale) and passed to everything that prints.
struct Style {
  bool color = false;
  bool unicode = true;
};

enum class Tone { plain, good, bad, warn, dim, bold };

// Wraps the text in the tone's escape sequence where the style has colours.
std::string paint(const Style& style, Tone tone, std::string_view text);

// Text from outside (a name, an engine's message) must not move the cursor, recolour the terminal or forge a line:
// control characters (C0, DEL, C1), bidirectional overrides and bytes that are no UTF-8 come out as "\x1b", "\u202e".
// Tabs and line feeds become spaces unless `keep_lines`, which keeps line feeds.
std::string escape_controls(std::string_view text, bool keep_lines = false);

// Columns on a terminal: wide East Asian characters count 2, combining ones 0. The text holds no escape sequences.
std::size_t display_width(std::string_view text);

// Cut to at most `width` columns, with an ellipsis where something was cut; never inside a character.
std::string fit(std::string_view text, std::size_t width, const Style& style);

// Filled up with spaces to `width` columns.
std::string pad(std::string_view text, std::size_t width);

}  // namespace lockstep
