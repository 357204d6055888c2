/// Writes what setup and import decided: several files, each whole or not at all, with the owner
/// and the mode that the daemon insists on.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace wardroom::ctl {

/// Whom the daemon runs as.
struct DaemonUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};
/// The user `wardroom`, when it exists and we are root, who alone may give files away; otherwise
/// the daemon is taken to run as ourselves.
std::optional<DaemonUser> daemon_user();

struct WrittenFile {
  std::string path;
  std::string mode;   ///< "0600"
  std::string owner;  ///< "wardroom"; empty = ours
};

/// Files to write in one go: all are brought to disk beside their places first, then each takes its
/// place by a rename. What fails before that leaves everything as it was.
class FileSet {
 public:
  explicit FileSet(std::optional<DaemonUser> user) : user_(std::move(user)) {}
  ~FileSet();  ///< removes what never took its place
  FileSet(FileSet const&) = delete;
  FileSet& operator=(FileSet const&) = delete;

  /// For the daemon's eyes only: 0600, its own.
  void add_secret(std::string path, Secret content) { files_.push_back({path, content, true, {}}); }
  /// Readable for the daemon's group where there is one (0640, root's), else ours alone (0600).
  void add_public(std::string path, std::string const& content) {
    files_.push_back({std::move(path), Secret(content), false, {}});
  }
  enum class Folder {
    config,   ///< 0755, ours: the daemon only reads there
    runtime,  ///< 0755, the daemon's: operators reach the socket in it
    state,    ///< 0700, the daemon's
  };
  /// A folder that is made when it is missing, the folders above it too; one that is there is left
  /// as it is.
  void add_folder(std::string path, Folder kind) { folders_.emplace_back(std::move(path), kind); }
  bool empty() const { return files_.empty(); }

  /// What was written, folders too. Errors: a sentence with what to do.
  Result<std::vector<WrittenFile>> commit();

 private:
  struct File {
    std::string path;
    Secret content;
    bool secret = false;
    std::string beside;  ///< where its bytes are until it takes its place
  };
  Result<void> make_folders(std::vector<WrittenFile>& made);
  Result<void> bring_to_disk(File& file);

  std::optional<DaemonUser> user_;
  std::vector<std::pair<std::string, Folder>> folders_;
  std::vector<File> files_;
};

/// Whether we could make or change `path`: "" or why not.
std::string cannot_write(std::string const& path);
/// The nearest folder of `path` that is there.
std::string existing_folder_of(std::string const& path);

}  // namespace wardroom::ctl
