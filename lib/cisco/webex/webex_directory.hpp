/// The people of the organisation from Webex: all of them page by page, one by id, those of a
/// group.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "ports/directory.hpp"

#include <map>
#include <string>

namespace wardroom::webex {

struct WebexDirectorySettings {
  /// People per page; the service gives at most 100 together with calling data.
  int page_size = 100;
  /// Also ask for locations (and through them countries); slower, and needs no more rights.
  bool calling_data = true;
  /// Members of a group per page; the service gives at most 500. Half of that is read in less than
  /// a millisecond.
  int group_page_size = 250;
};

class WebexDirectory final : public Directory {
 public:
  WebexDirectory(WebexApi& api, WebexDirectorySettings settings) : api_(api), settings_(settings) {}

  /// A person that cannot be named (no id) makes the listing an error: it would be missing from it.
  Task<Result<void>> people(std::function<void(std::vector<Person>)> page) override;
  Task<Result<Person>> person(PersonId id) override;
  Task<Result<Person>> person_by_email(std::string email) override;
  Task<Result<DirectoryGroup>> group(std::string name_or_id,
                                     std::function<void(GroupPage)> page) override;

 private:
  Task<void> learn_places();
  void add_place(Person& person) const;

  WebexApi& api_;
  WebexDirectorySettings settings_;
  std::map<std::string, Place, std::less<>> places_;  ///< by location id
  bool places_known_ = false;
};

}  // namespace wardroom::webex
