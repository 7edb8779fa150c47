// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import CLinux
import CNetlink
import Glibc
