/// Typed reads of one mapping in wardroom.yaml. Every complaint has file:line:column and key;
/// reading goes on after one, so that a file's mistakes are all named in one run. Each key that is
/// asked for leaves its value, default and source in the record.
#pragma once
#include "base/units.hpp"
#include "config/amounts.hpp"
#include "config/complaint.hpp"
#include "config/record.hpp"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::config {

class Section {
 public:
  /// `complaints` collects, `record` notes; both outlive the section.
  Section(YAML::Node node, std::string file, std::string path, Complaints& complaints,
          Record* record = nullptr);

  bool has(std::string_view key) const;  ///< present and not null
  std::string text(std::string_view key, std::string fallback = "");
  std::string required_text(std::string_view key);  ///< complains when absent or empty
  /// A text whose default follows another key.
  std::string derived_text(std::string_view key, std::string fallback, std::string from);
  /// Names a file with a secret; `credential` = the systemd credential that wins over it.
  std::string secret_file(std::string_view key, std::string fallback = "",
                          std::string credential = "");
  std::string required_secret_file(std::string_view key);
  std::string ca_file(std::string_view key);  ///< names a PEM file; empty = none
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
  /// A list of texts, or just one of them.
  std::vector<std::string> one_or_more(std::string_view key);
  std::vector<double> numbers(std::string_view key);
  std::vector<GeoPoint> points(std::string_view key);  ///< [[latitude, longitude], …]
  Section section(std::string_view key);               ///< empty mapping when absent
  std::vector<Section> list(std::string_view key);     ///< sequence of mappings
  std::vector<Section> named();  ///< every key of this section as an entry that has this name
  std::vector<std::string> keys() const;

  /// For the record: what is really used for `key`, where that is not what the file says.
  void use(std::string_view key, std::string value);
  /// For the record: the key takes only these, "observe, enforce or off".
  void choices(std::string_view key, std::string choices);
  /// For the record: the key is needed, there is no default.
  void needed(std::string_view key);
  /// For the record: the key names people, whom no journal and no audit may name.
  void personal(std::string_view key);

  void complain(std::string_view key, std::string message);
  std::string const& path() const { return at_.path; }
  std::string const& name() const { return at_.parts.back(); }  ///< not of the root
  std::string const& file() const { return at_.file; }

  /// Complains about keys nobody asked for ("did you mean"), and duplicate keys.
  /// Call last; nested sections check themselves.
  void finish();

 private:
  /// Where the section stands: in complaints, in the record, in the file.
  struct Place {
    std::string file, path, pattern, owner;
    std::vector<std::string> parts;
    YAML::Mark mark;
  };
  Section(YAML::Node node, Place at, Complaints& complaints, Record* record);
  void must_be_mapping();
  YAML::Node find(std::string_view key);
  YAML::Mark mark_of(std::string_view key) const;
  Place below(std::string_view key) const;
  void complain_at(YAML::Mark mark, std::string_view key, std::string message);
  Entry* note(std::string_view key, Kind kind, std::string value, std::string standard);
  Entry* noted(std::string_view key);
  std::string text_of(Kind kind, std::string_view key, std::string const& fallback);

  YAML::Node node_;
  Place at_;
  Complaints* complaints_;
  Record* record_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace wardroom::config
