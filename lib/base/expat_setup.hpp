/// What every expat parser of ours begins with. Any thread.
#pragma once
#include <expat.h>

#include <random>

// Debian 12 got it with a security update and not in its first release. Weak, so that a program
// made with either library runs with either; where it is missing nothing is deferred.
extern "C" XMLPARSEAPI(XML_Bool) XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled)
    __attribute__((weak));

namespace wardroom::xml {

/// One for the process: who sends documents cannot know it, and drawing it costs more than a small
/// document.
inline unsigned long hash_salt() {
  static unsigned long const salt = std::random_device{}() | 1u;
  return salt;
}

/// For a new parser and after each XML_ParserReset, which forgets both: a salt, and every element
/// is told as soon as its bytes are there.
inline void set_up(XML_Parser parser) {
  XML_SetHashSalt(parser, hash_salt());
  if (XML_SetReparseDeferralEnabled) XML_SetReparseDeferralEnabled(parser, XML_FALSE);
}

}  // namespace wardroom::xml
