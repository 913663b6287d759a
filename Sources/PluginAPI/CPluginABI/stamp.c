#include "calm_plugin.h"
