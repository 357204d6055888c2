/// Case folding: "STRASSE", "Strasse" and "straße" compare equal, in every script; and the one
/// spelling of an address. Pure.
///
/// ASCII is done in place; anything else by Unicode's full case folding and its normal form C, the
/// same for every language (a Turkish dotless i stays one). Domains beyond ASCII become what the
/// DNS knows them by (IDNA 2008 with UTS 46): "Müller.example" is "xn--mller-kva.example", and
/// "straße.example" is not "strasse.example".
#pragma once
#include <array>
#include <cstddef>
#include <forward_list>
#include <string>
#include <string_view>

namespace wardroom::space_sync {

/// Of what is no UTF-8, only ASCII letters are folded.
std::string folded(std::string_view text);
/// What is no domain is only folded.
std::string folded_domain(std::string_view domain);
/// Local part folded, domain as above.
std::string folded_address(std::string_view address);

/// Folds the few texts of one person without an allocation, as long as they are short and ASCII.
/// The views live as long as the room.
class FoldRoom {
 public:
  std::string_view text(std::string_view text);
  std::string_view address(std::string_view address);

 private:
  bool take(std::string_view text, std::string_view& out);

  std::array<char, 1024> room_;  // not initialised: only what was written is ever read
  std::size_t used_ = 0;
  std::forward_list<std::string> others_;
};

}  // namespace wardroom::space_sync
