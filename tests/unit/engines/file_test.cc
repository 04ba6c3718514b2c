#include "engines/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>

#include "provenance/support.h"

namespace lockstep {
namespace {

using ::testing::HasSubstr;

unsigned mode_of(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0U;
}

std::size_t entries(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(File, ReadsBackWhatWasWritten) {
  TemporaryFolder folder;
  std::string text("a\0b\n", 4);
  ASSERT_TRUE(write_file_atomically(folder.path("f"), text));
  EXPECT_EQ(read_file(folder.path("f"), 4).value(), text);
  EXPECT_EQ(mode_of(folder.path("f")), 0600U);
  EXPECT_EQ(entries(folder.path()), 1U) << "no temporary file is left";
}

TEST(File, ReplacesAndKeepsItsMode) {
  TemporaryFolder folder;
  std::string path = folder.path("f");
  ASSERT_TRUE(write_file_atomically(path, "old", 0644, Existing::refuse));
  EXPECT_EQ(mode_of(path), 0644U);
  ASSERT_TRUE(write_file_atomically(path, "new"));
  EXPECT_EQ(read_file(path, 10).value(), "new");
  EXPECT_EQ(mode_of(path), 0600U);
}

TEST(File, RefusesToReplaceWhenTold) {
  TemporaryFolder folder;
  std::string path = folder.path("f");
  ASSERT_TRUE(write_file_atomically(path, "old"));
  EXPECT_EQ(write_file_atomically(path, "new", 0600, Existing::refuse).error().code, "file-exists");
  EXPECT_EQ(read_file(path, 10).value(), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(File, StopsAtTheLimit) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder.path("f"), "12345"));
  EXPECT_TRUE(read_file(folder.path("f"), 5));
  Result<std::string> more = read_file(folder.path("f"), 4);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, "file-too-large");
  EXPECT_EQ(read_file("/dev/zero", 1000).error().code, "file-too-large");
}

TEST(File, SaysWhyItCannotRead) {
  TemporaryFolder folder;
  EXPECT_EQ(read_file(folder.path("none"), 1).error().code, "file-not-found");
  Result<std::string> read = read_file(folder.path(), 1);
  EXPECT_EQ(read.error().code, "file-not-readable");
  EXPECT_THAT(read.error().message, HasSubstr("directory"));
}

TEST(File, SaysWhyItCannotWrite) {
  TemporaryFolder folder;
  std::string nowhere = folder.path("no/f");
  Result<void> written = write_file_atomically(nowhere, "x");
  EXPECT_EQ(written.error().code, "file-not-writable");
  EXPECT_THAT(written.error().remedy, HasSubstr("mkdir -p '" + folder.path("no") + "'"));
  EXPECT_EQ(check_writable(nowhere).error().message, written.error().message);
  EXPECT_EQ(write_file_atomically(folder.path(), "x").error().code, "file-not-writable");
  EXPECT_EQ(write_file_atomically("/dev/null", "x").error().code, "file-not-writable");
  EXPECT_EQ(check_writable(folder.path()).error().remedy, "name a file, not a folder");
  ASSERT_TRUE(write_file_atomically(folder.path("file"), "x"));
  EXPECT_THAT(check_writable(folder.path("file/f")).error().message, HasSubstr("Not a directory"));
  EXPECT_EQ(check_writable("/dev/null").error().code, "file-not-writable");
  EXPECT_TRUE(check_writable(folder.path("f")));
  EXPECT_FALSE(std::filesystem::exists(folder.path("f")));
}

TEST(File, MakesFoldersThatOthersCannotRead) {
  TemporaryFolder folder;
  ASSERT_TRUE(make_private_folder_of(folder.path("a/b/key.pem")));
  ASSERT_TRUE(make_private_folder_of(folder.path("a/b/key.pem")));
  EXPECT_EQ(std::filesystem::status(folder.path("a")).permissions(), std::filesystem::perms::owner_all);
  EXPECT_EQ(std::filesystem::status(folder.path("a/b")).permissions(), std::filesystem::perms::owner_all);
  ASSERT_TRUE(write_file_atomically(folder.path("file"), "x"));
  EXPECT_THAT(make_private_folder_of(folder.path("file/c/key.pem")).error().message, HasSubstr("Not a directory"));
}

TEST(File, WritesThroughASymbolicLink) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder.path("target"), "old"));
  std::filesystem::create_symlink("target", folder.path("link"));
  ASSERT_TRUE(write_file_atomically(folder.path("link"), "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
  EXPECT_EQ(read_file(folder.path("target"), 10).value(), "new");
}

}  // namespace
}  // namespace lockstep
