/// A folder that goes away with the test, and a real store in it.
#pragma once
#include "store/sqlite_database.hpp"

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace wardroom::test {

class TempDirectory {
 public:
  TempDirectory() {
    auto pattern = (std::filesystem::temp_directory_path() / "wardroom-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    path_ = pattern;
  }
  ~TempDirectory() {
    std::error_code ignored;  // a leftover in the temporary folder does not fail a test
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(TempDirectory const&) = delete;
  TempDirectory& operator=(TempDirectory const&) = delete;
  std::string const& path() const { return path_; }
  std::string operator/(std::string const& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Opens, or throws with the error's sentence.
inline std::unique_ptr<store::SqliteDatabase> open_store(Executor loop, Clock& clock,
                                                         std::string const& path,
                                                         std::vector<store::Migration> steps = {}) {
  auto opened = store::SqliteDatabase::open(loop, clock, path, std::move(steps));
  if (!opened) throw std::runtime_error(opened.error().what);
  return std::move(*opened);
}

}  // namespace wardroom::test
