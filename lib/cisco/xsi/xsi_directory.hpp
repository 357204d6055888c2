/// The people of the call platform: the Enterprise directory page by page, and profiles one by one.
#pragma once
#include "cisco/xsi/xsi_call_control.hpp"
#include "ports/directory.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::xsi {

class XsiDirectory final : public CallingDirectory {
 public:
  struct Ports {
    Clock& clock;
    Random& dice;
    http::Client& client;
    oauth::AccessTokens& tokens;
    XsiOrganisation& organisation;
  };
  XsiDirectory(Ports ports, XsiSettings settings);

  /// Pages of 50. Errors: unavailable when the pages do not add up to the total the platform tells.
  Task<Result<void>> users(std::string any_user,
                           std::function<void(std::vector<CallingUser>)> page) override;
  Task<Result<CallingUser>> user(std::string id) override;

 private:
  Task<Result<std::string>> get(std::string path, std::string what);

  Ports ports_;
  XsiSettings settings_;
  XsiHttp http_;
  ActionsBase base_;
};

}  // namespace wardroom::xsi
