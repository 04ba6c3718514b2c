#include "engines/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace lockstep {

namespace {

constexpr std::size_t kReadBlock = std::size_t{1} << 18;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  // close() reports what a network file system found out late.
  [[nodiscard]] bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

Error not_readable(const std::string& path, int error) {
  if (error == ENOENT)
    return Error(
        "file-not-found"_code, fmt::format("'{}' does not exist", path),
        "check the path; relative paths start at the runbook's folder, on the command line at the current one");
  return Error("file-not-readable"_code, fmt::format("'{}' cannot be read: {}", path, reason_of(error)),
               error == EISDIR ? "name a file, not a folder" : "check the file's permissions");
}

Error not_writable(const std::string& path, int error) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  std::string remedy = "check the folder's permissions and the free space";
  if (error == ENOENT) remedy = fmt::format("make the folder first: mkdir -p '{}'", folder.empty() ? "." : folder);
  if (error == EISDIR) remedy = "name a file, not a folder";
  if (error == ENOTDIR) remedy = "a part of the path is a file, not a folder: name another place";
  return Error("file-not-writable"_code, fmt::format("'{}' cannot be written: {}", path, reason_of(error)), remedy);
}

Result<std::string> read_all(int number, const std::string& path, std::uint64_t max_bytes) {
  struct stat info{};
  if (::fstat(number, &info) != 0) return not_readable(path, errno);
  if (S_ISDIR(info.st_mode)) return not_readable(path, EISDIR);
  std::string text;
  if (S_ISREG(info.st_mode) && info.st_size > 0)
    text.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(static_cast<std::uint64_t>(info.st_size), max_bytes)));
  auto block = std::make_unique<char[]>(kReadBlock);
  while (true) {
    ssize_t count = ::read(number, block.get(), kReadBlock);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return not_readable(path, errno);
    if (count == 0) return text;
    if (static_cast<std::uint64_t>(count) > max_bytes - text.size())
      return Error("file-too-large"_code,
                   fmt::format("'{}' is larger than the limit of {} bytes; nothing of it was used", path, max_bytes),
                   "give a smaller file");
    text.append(block.get(), static_cast<std::size_t>(count));
  }
}

bool write_all(int number, std::string_view text) {
  while (!text.empty()) {
    ssize_t count = ::write(number, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Moves `from` to `to` unless something is there.
bool rename_without_replacing(const char* from, const char* to) {
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system without that flag: a hard link is refused for an existing name as well.
  return ::link(from, to) == 0 && ::unlink(from) == 0;
}

std::string folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Where the bytes go: the end of a chain of symbolic links. A device or pipe is no place for an atomic write.
Result<std::string> target_of(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return path;
  if (S_ISDIR(info.st_mode)) return not_writable(path, EISDIR);
  if (!S_ISREG(info.st_mode))
    return Error("file-not-writable"_code, fmt::format("'{}' is not a regular file", path), "name a regular file");
  std::error_code error;
  std::filesystem::path resolved = std::filesystem::canonical(path, error);
  return error ? path : resolved.string();
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return not_readable(path, errno);
  return read_all(file.number(), path, max_bytes);
}

Result<std::string> read_standard_input(std::uint64_t max_bytes) {
  return read_all(STDIN_FILENO, "standard input", max_bytes);
}

Result<void> write_file_atomically(const std::string& path, std::string_view text, unsigned mode, Existing existing) {
  Result<std::string> target = target_of(path);
  if (!target) return std::move(target).error();
  std::string temporary = *target + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // of mode 0600 from the first moment on
  if (file.number() < 0) return not_writable(path, errno);
  auto give_up = [&](int error) {
    ::unlink(temporary.c_str());
    return not_writable(path, error);
  };
  if (!write_all(file.number(), text) || ::fchmod(file.number(), static_cast<mode_t>(mode)) != 0 ||
      ::fsync(file.number()) != 0 || !file.close())
    return give_up(errno);
  bool moved = existing == Existing::replace ? ::rename(temporary.c_str(), target->c_str()) == 0
                                             : rename_without_replacing(temporary.c_str(), target->c_str());
  if (!moved && errno == EEXIST) {
    ::unlink(temporary.c_str());
    return Error("file-exists"_code, fmt::format("'{}' is there already", path),
                 "choose another name, or overwrite it with --force");
  }
  if (!moved) return give_up(errno);
  Descriptor folder(::open(folder_of(*target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() < 0 || ::fsync(folder.number()) != 0) return not_writable(path, errno);
  return {};
}

Result<void> write_file_atomically(const std::string& path, std::string_view text) {
  return write_file_atomically(path, text, S_IRUSR | S_IWUSR, Existing::replace);
}

Result<void> make_private_folder_of(const std::string& path) {
  std::filesystem::path folder;
  for (const std::filesystem::path& part : std::filesystem::path(folder_of(path))) {
    folder /= part;
    if (::mkdir(folder.c_str(), S_IRWXU) == 0) continue;
    const int error = errno;  // a read-only parent answers so for a folder that is there as well
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) return not_writable(path, error == EEXIST ? ENOTDIR : error);
  }
  return {};
}

Result<void> check_writable(const std::string& path) {
  Result<std::string> target = target_of(path);
  if (!target) return std::move(target).error();
  struct stat info{};
  if (::stat(folder_of(*target).c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) return not_writable(path, ENOTDIR);
  if (::access(folder_of(*target).c_str(), W_OK | X_OK) != 0) return not_writable(path, errno);
  return {};
}

}  // namespace lockstep
