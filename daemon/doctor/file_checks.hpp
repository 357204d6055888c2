/// Checks of files that hold secrets, as the daemon sees them: would the next start take them?
#pragma once
#include "doctor/beside_loop.hpp"
#include "process/doctor.hpp"

#include <string>
#include <vector>

namespace wardroom::doctor {

struct SecretFile {
  std::string key;   ///< "identities.admin.client_secret_file"
  std::string path;  ///< a name without '/' is a systemd credential
};
struct FilePorts {
  BesideLoop& beside;
  std::vector<SecretFile> secrets;
  std::string master_key_file;  ///< a credential "master.key" wins
};
void add_file_checks(Doctor& doctor, FilePorts ports);

/// Blocks. Owner, mode, kind; that it can be read and is not empty.
Finding look_at_secret_file(SecretFile const& file);

}  // namespace wardroom::doctor
