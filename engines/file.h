// Whole files: reading within a limit, writing all or nothing. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "specs/result.h"

namespace lockstep {

// The bytes of a file (a pipe works as well). Never reads more than `max_bytes`: a longer file is the error
// "file-too-large". Other errors: "file-not-found", "file-not-readable" (a folder, no permission, a failing disk).
Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes);

// The same from standard input.
Result<std::string> read_standard_input(std::uint64_t max_bytes);

enum class Existing { replace, refuse };

// Writes a file whole: temporary file in the same folder, fsync, rename, fsync of the folder. A reader sees the old
// file or the new one. A symbolic link is followed, so that its target is replaced. `mode` as for chmod (0600),
// whatever the umask. Errors: "file-exists" (Existing::refuse; decided by the kernel, so two writers cannot both win),
// "file-not-writable". The folder must be there already.
Result<void> write_file_atomically(const std::string& path, std::string_view text, unsigned mode, Existing existing);

// The usual case: mode 0600, replaces an existing file.
Result<void> write_file_atomically(const std::string& path, std::string_view text);

// Makes the folders on the way to `path` that are missing, of mode 0700: they are for what others must not read.
// Errors: "file-not-writable".
Result<void> make_private_folder_of(const std::string& path);

// Could write_file_atomically() work? Looks only, and answers with the error that it would give. For dry runs.
Result<void> check_writable(const std::string& path);

}  // namespace lockstep
