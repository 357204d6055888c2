/// Typed reads of one mapping in wardroom.yaml. Every complaint has file:line:column and key;
/// reading goes on after one, so that a file's mistakes are all named in one run.
#pragma once
#include "base/units.hpp"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::config {

struct Complaint {
  std::string file;
  int line = 0, column = 0;
  std::string key;  ///< dotted path
  std::string message;
  std::string text() const;  ///< "wardroom.yaml:12:3: call_blocking.timeout: …"
};
using Complaints = std::vector<Complaint>;

class Section {
 public:
  /// `complaints` collects; all outlive the section.
  Section(YAML::Node node, std::string file, std::string path, Complaints& complaints);

  bool has(std::string_view key) const;  ///< present and not null
  std::string text(std::string_view key, std::string fallback = "");
  std::string required_text(std::string_view key);  ///< complains when absent or empty
  /// One of `words`; another is complained about with "did you mean".
  std::string word(std::string_view key, std::string fallback,
                   std::vector<std::string> const& words);
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                       std::int64_t most);
  double number(std::string_view key, double fallback, double least, double most);
  std::optional<double> maybe_number(std::string_view key, double least, double most);
  bool flag(std::string_view key, bool fallback);
  Milliseconds duration(std::string_view key,
                        Milliseconds fallback);            ///< "250ms", "30s", "5m", "1h", "2d"
  Meters distance(std::string_view key, Meters fallback);  ///< "300m", "2km"
  /// Empty entries are complaints.
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback = {});
  std::vector<double> numbers(std::string_view key);
  Section section(std::string_view key);            ///< empty mapping when absent
  std::vector<Section> list(std::string_view key);  ///< sequence of mappings
  std::vector<std::string> keys() const;

  void complain(std::string_view key, std::string message);
  std::string const& path() const { return path_; }
  std::string const& file() const { return file_; }

  /// Complains about keys nobody asked for ("did you mean"), and duplicate keys.
  /// Call last; nested sections check themselves.
  void finish();

 private:
  YAML::Node find(std::string_view key);
  YAML::Node node_;
  std::string file_, path_;
  Complaints* complaints_;
  std::set<std::string, std::less<>> asked_;
};

/// "30s" and friends; nullopt for anything else or a negative amount.
std::optional<Milliseconds> parse_duration(std::string_view text);
std::string format_duration(Milliseconds d);

}  // namespace wardroom::config
