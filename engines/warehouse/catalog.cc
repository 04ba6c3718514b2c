#include "engines/warehouse/catalog.h"

namespace lockstep {

Columns::Columns() {
  static const auto nothing = std::make_shared<std::vector<Column>>();
  shared_ = nothing;
}

std::vector<Column>& Columns::edit() {
  if (shared_.use_count() != 1) shared_ = std::make_shared<std::vector<Column>>(*shared_);
  return *shared_;
}

}  // namespace lockstep
