/// KEY=VALUE files as dotenv libraries read them: `export`, quotes, comments, CRLF, a BOM, several
/// lines in quotes, ${EARLIER} names. Pure; nothing is taken from the environment.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

struct EnvEntry {
  int line = 0;
  std::string key, value;
};

struct EnvFile {
  std::vector<EnvEntry> entries;  ///< in order; a key may stand there twice, then the last counts
  struct Trouble {
    int line = 0;
    std::string key;       ///< empty when not even that could be read
    std::string sentence;  ///< without the value
  };
  std::vector<Trouble> troubles;
};

EnvFile parse_env(std::string_view text);

}  // namespace wardroom::ctl
