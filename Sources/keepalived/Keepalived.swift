// SPDX-License-Identifier: GPL-2.0-or-later

import Daemon
import Linux

@main
enum Keepalived {
    static func main() { Program.exit(DaemonProgram.run(Swift.CommandLine.arguments)) }
}
