/// The people of the call platform: the Enterprise directory page by page, and profiles one by one.
#pragma once
#include "cisco/xsi/xsi_call_control.hpp"
#include "cisco/xsi/xsi_documents.hpp"
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

  /// Pages of 50, one after the other. Errors: unavailable when the pages do not add up to the
  /// total the platform tells, or that total shrinks meanwhile.
  Task<Result<void>> users(std::string any_user,
                           std::function<void(std::vector<CallingUser>)> page) override;
  Task<Result<CallingUser>> user(std::string id) override;

 private:
  Task<Result<std::string>> get(std::string path, std::string what);
  Task<Result<DirectoryPage>> page_at(std::string path, Uptime give_up);

  Ports ports_;
  XsiSettings settings_;
  XsiHttp http_;
  ActionsBase base_;
};

}  // namespace wardroom::xsi
