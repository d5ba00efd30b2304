#pragma once
#include "containment.h"
#include "scheduling.h"
