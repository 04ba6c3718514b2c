// What most tests include; precompiled once and shared by the test programs.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "cmake/pch.h"
