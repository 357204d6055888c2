/// What became of each key of the configuration while it was read: the value used, what it would
/// be otherwise, and where it comes from. `config show`, `diff`, `explain`, `set` and a reload live
/// on it.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::config {

enum class Kind : std::uint8_t {
  text,
  word,    ///< one of `choices`
  whole,   ///< a whole number
  number,  ///< degrees and the like
  flag,    ///< true or false
  duration,
  distance,
  texts,        ///< a list of texts
  numbers,      ///< a list of numbers
  secret_file,  ///< names a private file or a systemd credential
  ca_file,      ///< names a PEM file of certificates
  entries,      ///< a list of mappings, or mappings by name; its value are their names
  section,      ///< has no value of its own
};
std::string_view name(Kind kind);  ///< "a duration, such as 250ms, 30s, 5m, 1h or 2d"

enum class Origin : std::uint8_t { standard, file, derived };

struct Entry {
  std::string key{};                ///< "call_blocking.fences.campus.margin"
  std::vector<std::string> path{};  ///< the same in parts; of a list's entry its name
  std::string pattern{};            ///< the key with NAME for what the operator named
  std::string owner{};              ///< "call_blocking.fences.campus"; empty outside of `entries`
  Kind kind = Kind::text;
  std::string value{};     ///< what is used, safe to show: secrets never stand in the file
  std::string standard{};  ///< what would be used if the file did not say
  bool required = false;   ///< there is no such default
  bool personal = false;   ///< names people
  Origin origin = Origin::standard;
  std::string derived_from{};  ///< the key that the default follows
  std::string credential{};    ///< of a secret_file: the systemd credential that wins over it
  int line = 0, column = 0;    ///< of the key in the file
  std::string choices{};       ///< "observe, enforce or off", "from 1 to 20"

  /// In the file, and not only repeating the default.
  bool changed() const { return origin == Origin::file && (required || value != standard); }
  bool operator==(Entry const&) const = default;
};

class Record {
 public:
  /// The entry of that key, made or made anew in its old place.
  Entry& put(Entry entry);
  Entry const* find(std::string_view key) const;
  Entry* find(std::string_view key);
  std::vector<Entry> const& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

/// "default", "/etc/wardroom/wardroom.yaml:12", "derived from webex.api".
std::string source_of(Entry const& entry, std::string_view file);

/// A key whose value is not the same in two records; absent on the side where nobody asked for it.
struct Difference {
  std::string key;
  std::optional<std::string> before, after;
  bool personal = false;
  bool operator==(Difference const&) const = default;
};
/// In the order of `after`, then what is gone. Of a named entry that only one side has, such as a
/// new fence, its list alone tells.
std::vector<Difference> differences(Record const& before, Record const& after);

/// What is in force after a reload: of `fresh` what the reload takes, of `old` the rest.
Record after_reload(Record const& old, Record const& fresh,
                    std::function<bool(std::string_view key)> const& taken);

}  // namespace wardroom::config
