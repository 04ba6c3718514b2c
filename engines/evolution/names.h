#pragma once
#include "engines/warehouse/names.h"
