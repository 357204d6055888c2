/// The few small pages of the login: plain HTML in the site's look, without script. Pure.
#pragma once
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace wardroom::front {

struct LoginPage {
  int status = 200;
  std::string title, sentence, remedy;
  std::string link, link_text;  ///< empty = no link
};

/// Everything is escaped; carries no-store and no-referrer.
http::Response render(LoginPage const& page);

/// Asks for the one-time code; `wrong` says that the last one was.
http::Response code_form(bool wrong, std::string_view next);

/// The way back of a login that was begun in a terminal, which alone may finish it.
http::Response one_step_left();

}  // namespace wardroom::front
