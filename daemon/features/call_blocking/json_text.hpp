/// JSON written straight as text, member by member, for what is written thousands of times a
/// second: a tree of it costs several times as much.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace wardroom::call_blocking {

/// The caller keeps the order: each `begin` has its `end`. What is not UTF-8 is replaced.
class JsonText {
 public:
  explicit JsonText(std::string& out) : out_(out) {}

  void begin();                      ///< an object as the document itself or in a list
  void begin(std::string_view key);  ///< … as a member
  void end();
  void begin_list(std::string_view key);
  void end_list();
  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, char const* value) { add(key, std::string_view(value)); }
  void add(std::string_view key, bool value);
  void add(std::string_view key, std::int64_t value);
  void add(std::string_view key, double value);
  /// Members written before by another one, without braces; or nothing.
  void add_members(std::string_view text);
  /// A value that is JSON already.
  void add_json(std::string_view key, std::string_view json);

 private:
  void comma();
  void name(std::string_view key);
  void text(std::string_view value);

  std::string& out_;
  bool first_ = true;
};

}  // namespace wardroom::call_blocking
