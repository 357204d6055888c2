/// Reads a list that comes in pages, as many to a page as the bridge likes, and that may change
/// meanwhile, so that nothing that was there all the time is left out. Pure.
///
/// Each page begins with the last element of the page before. When that one is not there, something
/// before it went away and something behind it may have slipped through: then some steps back. A
/// list whose total changed is read again, `rounds` times at most; the last time it suffices that
/// each page joined the one before and
/// all that is there was seen. Source: cms.md 6.1 "Collections".
#pragma once
#include "base/result.hpp"
#include "base/xml.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace wardroom::cms {

class ListReading {
 public:
  enum class Step {
    more,   ///< ask for the page at offset()
    again,  ///< forget what was heard: the list is read from its beginning
    done
  };
  struct Taken {
    Step step = Step::more;
    std::vector<xml::Element> fresh{};  ///< not heard in this round yet
  };

  ListReading(std::string item, int rounds) : item_(std::move(item)), rounds_left_(rounds) {}
  std::size_t offset() const { return offset_; }
  /// `root` of the page asked for at offset(). Errors: malformed, unavailable (it never kept
  /// still).
  Result<Taken> take(xml::Element root);

 private:
  Result<Taken> next_round();
  Result<Taken> step_back();
  Result<Taken> end_round(std::uint64_t total, Taken out);

  std::string item_;
  int rounds_left_;
  std::unordered_set<std::string> seen_;
  std::size_t offset_ = 0;
  std::optional<std::uint64_t> total_;  ///< of the round's first page
  bool changed_ = false;                ///< something came or went in this round
  bool anchored_ = false;               ///< the page begins with one that was seen
  bool loose_ = false;                  ///< a page of this round could not be joined to another
  std::size_t back_ = 1, pages_ = 0;
};

}  // namespace wardroom::cms
