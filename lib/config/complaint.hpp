/// A mistake in the configuration: where it stands, on which key, what is wrong and what to write.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::config {

struct Complaint {
  std::string file;
  int line = 0, column = 0;  ///< from 1; columns count bytes. 0 = the file as a whole
  std::string key;           ///< dotted path
  std::string message;
  std::string text() const;   ///< "wardroom.yaml:12:3: call_blocking.timeout: …"
  std::string place() const;  ///< "wardroom.yaml:12:3"
  bool operator==(Complaint const&) const = default;
};
using Complaints = std::vector<Complaint>;

/// In the order of the file.
void sort(Complaints& complaints);

/// A URL's login, wherever it stands in `text`, without its password: "https://ada:***@host/".
std::string without_passwords(std::string_view text);

}  // namespace wardroom::config
