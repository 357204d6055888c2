#include "sim/verify_page.hpp"

#include "base/encoding.hpp"
#include "sim/authorize_page.hpp"

#include <fmt/format.h>

namespace wardroom::sim {

std::string verify_page(Organisation const& org, std::string const& code,
                        std::string const& problem) {
  return fmt::format(
      "{}<h1>Log in another machine</h1>{}"
      "<form method=\"post\" action=\"/verify\"><p><label>The code that it shows<br>"
      "<input name=\"code\" value=\"{}\" inputmode=\"numeric\" autocomplete=\"off\" required "
      "size=\"8\" pattern=\"[0-9 ]*\"></label></p>"
      "<p>Who are you?</p><ul>{}</ul>"
      "<button class=\"deny\" name=\"decline\" value=\"yes\">Decline</button></form></body></html>",
      login_page_head("Log in another machine"),
      problem.empty() ? std::string()
                      : fmt::format("<p role=\"alert\">{}</p>", html_escape(problem)),
      html_escape(code), person_buttons(org));
}

std::string verify_done_page(std::string const& what) {
  return fmt::format("{}<h1>Done</h1><p>{}</p></body></html>", login_page_head("Done"),
                     html_escape(what));
}

}  // namespace wardroom::sim
