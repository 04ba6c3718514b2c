// A path on the command line that leads nowhere: which file was meant?
#pragma once

#include <string>

#include "specs/result.h"

namespace lockstep {

// The error with a hint that names the files of the folder that are nearest to `path`, those with its extension first,
// when it is "file-not-found"; any other error as it is. Reads at most 2,000 entries of the folder.
Error with_near_files(Error error, const std::string& path);

}  // namespace lockstep
