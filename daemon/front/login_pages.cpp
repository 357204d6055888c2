#include "front/login_pages.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

namespace wardroom::front {
namespace {

http::Response html(int status, std::string_view title, std::string_view content) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.body = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{0} · Wardroom</title>\n"
      "<link rel=\"stylesheet\" href=\"/assets/app.css\">\n</head>\n<body>\n"
      "<main class=\"container\">\n<h1>{0}</h1>\n{1}</main>\n</body>\n</html>\n",
      html_escape(title), content);
  return response;
}

}  // namespace

http::Response render(LoginPage const& page) {
  std::string content = fmt::format("<p>{}</p>\n", html_escape(page.sentence));
  if (!page.remedy.empty()) content += fmt::format("<p>{}</p>\n", html_escape(page.remedy));
  if (!page.link.empty())
    content += fmt::format("<p><a role=\"button\" href=\"{}\">{}</a></p>\n", html_escape(page.link),
                           html_escape(page.link_text));
  return html(page.status, page.title, content);
}

http::Response code_form(bool wrong, std::string_view next) {
  return html(
      wrong ? 403 : 200, "One-time code",
      fmt::format(
          "<p>{}</p>\n<p>Run <code>wardroomctl login</code> on the server: it prints a "
          "code that is valid for 15 minutes and for one login.</p>\n"
          "<form method=\"get\" action=\"/admin/login\">\n"
          "<label for=\"code\">Code</label>\n"
          "<input id=\"code\" name=\"code\" autocomplete=\"off\" autocapitalize=\"characters\" "
          "spellcheck=\"false\" required>\n"
          "<input type=\"hidden\" name=\"next\" value=\"{}\">\n"
          "<button type=\"submit\">Go on to Webex</button>\n</form>\n",
          wrong ? "That code is wrong, used or too old."
                : "This site has no administrator yet. The first one proves to have access "
                  "to the server.",
          html_escape(next)));
}

}  // namespace wardroom::front
