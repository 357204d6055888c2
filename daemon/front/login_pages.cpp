#include "front/login_pages.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

namespace wardroom::front {
namespace {

/// Escaped; what stands between two backticks is something to type, and set as such.
std::string words(std::string_view text) {
  std::string out;
  for (;;) {
    auto const begin = text.find('`');
    auto const end =
        begin == std::string_view::npos ? std::string_view::npos : text.find('`', begin + 1);
    if (end == std::string_view::npos) return out + html_escape(text);
    out += fmt::format("{}<code>{}</code>", html_escape(text.substr(0, begin)),
                       html_escape(text.substr(begin + 1, end - begin - 1)));
    text.remove_prefix(end + 1);
  }
}

/// `tone` = "good", "bad" or "plain": the colour of the edge, beside what the words say.
http::Response html(int status, std::string_view tone, std::string_view title,
                    std::string_view content) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.body = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{0} · Wardroom</title>\n"
      "<link rel=\"stylesheet\" href=\"/assets/app.css\">\n</head>\n<body class=\"plain\" "
      "data-tone=\"{1}\">\n"
      "<header class=\"plain-top\"><a href=\"/\">Wardroom</a></header>\n"
      "<main class=\"container\">\n<h1>{0}</h1>\n{2}</main>\n</body>\n</html>\n",
      html_escape(title), tone, content);
  return response;
}

}  // namespace

http::Response render(LoginPage const& page) {
  std::string content = fmt::format("<p>{}</p>\n", words(page.sentence));
  if (!page.remedy.empty())
    content += fmt::format("<section class=\"next\">\n<h2>What to do</h2>\n<p>{}</p>\n</section>\n",
                           words(page.remedy));
  content += "<p class=\"ways\">";
  if (!page.link.empty())
    content += fmt::format("<a role=\"button\" href=\"{}\">{}</a> ", html_escape(page.link),
                           html_escape(page.link_text));
  content += "<a href=\"/\">Back to the overview</a></p>\n";
  return html(page.status, page.status < 400 ? "good" : "bad", page.title, content);
}

http::Response code_form(bool wrong, std::string_view next) {
  return html(wrong ? 403 : 200, wrong ? "bad" : "plain", "One-time code",
              fmt::format("<p{}>{}</p>\n<p>{}</p>\n"
                          "<form method=\"get\" action=\"/admin/login\">\n"
                          "<label for=\"code\">Code</label>\n"
                          "<input id=\"code\" name=\"code\" autocomplete=\"off\" "
                          "autocapitalize=\"characters\" spellcheck=\"false\" required{}>\n"
                          "<input type=\"hidden\" name=\"next\" value=\"{}\">\n"
                          "<button type=\"submit\">Go on to Webex</button>\n</form>\n"
                          "<p class=\"ways\"><a href=\"/\">Back to the overview</a></p>\n",
                          wrong ? " id=\"wrong\" class=\"wrong\"" : "",
                          wrong ? "That code is wrong, used or too old."
                                : "This site has no administrator yet. The first one proves to "
                                  "have access to the server.",
                          words("Run `wardroomctl login --browser` on the server: it prints a code "
                                "that is valid for 15 minutes and for one login."),
                          wrong ? " aria-invalid=\"true\" aria-describedby=\"wrong\"" : "",
                          html_escape(next)));
}

http::Response one_step_left() {
  return html(200, "plain", "One step left",
              "<p>This login was begun in a terminal, and is finished there.</p>\n"
              "<section class=\"next\">\n<h2>What to do</h2>\n<p>Copy the whole address of this "
              "page from the address bar, go back to the terminal, run</p>\n"
              "<pre><code>wardroomctl auth</code></pre>\n"
              "<p>and paste the address, within half an hour. It works once.</p>\n</section>\n");
}

}  // namespace wardroom::front
