#include "output/page_groups.h"

#include <string_view>

#include "model/column.h"

namespace rusage_bpf {
namespace {

std::string_view name_of(Column::Drawn drawn) {
  switch (drawn) {
    case Column::Drawn::cpu_share:
      return "cpu_share";
    case Column::Drawn::waiting_tasks:
      return "waiting_tasks";
    case Column::Drawn::rate:
      return "rate";
    case Column::Drawn::level:
      break;
  }
  return "level";
}

Json columns_of(ChartId chart) {
  Json list = Json::array();
  for (const Column &column : columns)
    if (column.chart == chart)
      list.push_back({{"name", column.name},
                      {"label", column.label},
                      {"unit", column.unit},
                      {"drawn", name_of(column.drawn())},
                      {"of_processes", column.processes == Column::Processes::shown}});
  return list;
}

Json charts_of(GroupId group) {
  Json list = Json::array();
  for (const Chart &chart : charts)
    if (chart.group == group) list.push_back({{"name", chart.name}, {"columns", columns_of(chart.id)}});
  return list;
}

}  // namespace

Json page_groups() {
  Json list = Json::array();
  for (const Group &group : groups)
    list.push_back(
        {{"key", group.key}, {"title", group.title}, {"colour", group.colour}, {"charts", charts_of(group.id)}});
  return list;
}

}  // namespace rusage_bpf
