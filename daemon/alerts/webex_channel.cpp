#include "alerts/webex_channel.hpp"

namespace wardroom::alerts {

WebexChannel::WebexChannel(Ports ports, Settings settings)
    : clock_(ports.clock),
      settings_(std::move(settings)),
      messages_(ports, {.api = settings_.api, .bot_token = settings_.bot_token}) {}

std::vector<std::string> WebexChannel::targets() const {
  std::vector<std::string> out;
  if (!settings_.space.empty()) out.push_back(settings_.space);
  if (settings_.admins)
    for (auto& admin : settings_.admins()) out.push_back(std::move(admin));
  return out;
}

Task<Result<std::string>> WebexChannel::send(std::string to, Bulletin bulletin) {
  bool const space = to == settings_.space;
  auto answer = co_await messages_.post(
      space ? "roomId" : webex::person_address(to), to,
      {cut(bulletin.text, longest_message), cut(bulletin.markdown, longest_message)});
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  auto judged = webex::judge_message(*answer, clock_.now());
  if (!judged) judged.error().what += remedy(judged.error().kind, space);
  co_return judged;
}

std::string_view WebexChannel::remedy(ErrorKind kind, bool space) const {
  bool const bot = messages_.by_bot();
  switch (kind) {
    case ErrorKind::unauthorized:
      return bot ? "; make a new bot token and put it into alerts.bot_token_file"
                 : "; log in again: wardroomctl login";
    case ErrorKind::denied:
      return bot ? "; add the bot to the space"
                 : "; the admin login needs the scope spark:messages_write, and its person must "
                   "be in the space";
    case ErrorKind::not_found:
      return space ? "; check alerts.webex_space, and add the sender to that space"
                   : "; Webex knows nobody of that address, or it is the sender's own: a login "
                     "cannot write to itself, a bot can (alerts.bot_token_file)";
    case ErrorKind::throttled:
      return ": too many requests";
    case ErrorKind::malformed:
      return "; wardroomd and Webex disagree about the request, please tell the developers";
    default:
      return "";
  }
}

}  // namespace wardroom::alerts
