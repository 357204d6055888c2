/// Checks of the ways to reach people: who is told, whether the last messages got through, and
/// whether the mail server answers.
#pragma once
#include "alerts/alert_settings.hpp"
#include "alerts/alerts.hpp"
#include "doctor/beside_loop.hpp"
#include "process/doctor.hpp"

namespace wardroom::doctor {

struct AlertPorts {
  alerts::Alerts& alerts;
  BesideLoop& beside;
  alerts::AlertSettings settings;
};
void add_alert_checks(Doctor& doctor, AlertPorts ports);

}  // namespace wardroom::doctor
