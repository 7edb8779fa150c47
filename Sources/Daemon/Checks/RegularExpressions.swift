// SPDX-License-Identifier: GPL-2.0-or-later

import Health

/// Where HTTP conversations get their matcher from.
enum RegularExpressions {
    /// The library is not bound yet: a body of which a pattern is asked cannot be judged, and counts as not matching.
    static func match(_ pattern: BodyPattern, _ body: [UInt8]) -> Bool { pattern.mustNotMatch }
}
