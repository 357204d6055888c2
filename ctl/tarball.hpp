/// Packs texts as a .tar.gz of plain ustar entries.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

struct Packed {
  std::string name, content;
};
/// `folder` holds them all. Names shorter than 80 bytes. Pure.
std::string tar_of(std::string const& folder, std::vector<Packed> const& files, Instant at);
/// By gzip(1). Error: unavailable when there is none.
Result<std::string> gzipped(std::string_view bytes);
/// A new file of mode 0600, on the disk when this returns. Errors: conflict = something is there
/// already, unavailable.
Result<void> write_new_file(std::string const& path, std::string_view bytes);

}  // namespace wardroom::ctl
