#pragma once
#include "containment.h"
