// SPDX-License-Identifier: GPL-2.0-or-later
/// Kernel headers, and the few things in them that Swift cannot import by itself. No logic.
#pragma once
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
