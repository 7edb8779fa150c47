// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// Reloads at the time that a watched file says (`reload_time_file`).
///
/// The file is removed when its time has come, unless it says a time of day and `reload_repeat` is set.
final class ReloadSchedule {
    /// The calendar may be set while one waits, so it is looked at this often.
    private static let rhythm = Interval.seconds(30)

    private let loop: EventLoop
    private let log: (Severity, String) -> Void
    private let reload: () -> Void
    private var settings = ReloadSettings()
    private var watch: FileWatch?
    private var time: ReloadTime?
    private var timer: EventLoop.TimerID?
    /// What was last said about what the file says.
    private var refused: String?
    /// When the next reload is due; nil if none is scheduled.
    private(set) var due: WallTime?

    init(on loop: EventLoop, log: @escaping (Severity, String) -> Void, reload: @escaping () -> Void) {
        self.loop = loop
        self.log = log
        self.reload = reload
    }

    /// Follows this file from now on, if any.
    func configure(_ wanted: ReloadSettings) {
        let isSame = wanted.timeFile == settings.timeFile
        settings = wanted
        guard !isSame else { return }
        watch = nil
        cancel()
        guard let path = wanted.timeFile else { return }
        do throws(SystemError) {
            let watch = try FileWatch(loop: loop)
            try watch.watch(path) { [unowned self] _ in look() }
            self.watch = watch
        } catch {
            log(.warning, "Unable to watch reload time file \(path) - \(error)")
        }
        look()
    }

    /// What is due, as dumps show it.
    var text: String? { due.map { "\($0.stamp)" } }

    private func look() {
        guard let path = settings.timeFile else { return }
        let text = (try? Files.read(path, limit: 128)).map { bytes in
            String(decoding: bytes.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
        }
        guard let text, !text.isEmpty else {
            if let due { log(.info, "Cancelling reload scheduled for \(due.stamp)") }
            return cancel()
        }
        guard let time = ReloadTime(text) else { return refuse("Invalid reload time '\(text)' specified - ignoring") }
        guard let next = time.next(after: .now) else { return refuse("Reload time \(text) is in the past - ignoring") }
        refused = nil
        guard next != due else { return }
        schedule(time, next)
    }

    /// A file is written in several steps, each of which is news: what is wrong with it is said once.
    private func refuse(_ line: String) {
        cancel()
        if refused != line { log(.warning, line) }
        refused = line
    }

    private func schedule(_ time: ReloadTime, _ next: WallTime) {
        cancel()
        self.time = time
        due = next
        log(.info, "Scheduling reload for \(next.stamp)")
        wait()
    }

    private func cancel() {
        if let timer { loop.cancel(timer) }
        (timer, time, due) = (nil, nil, nil)
    }

    private func wait() {
        guard let due else { return }
        let rest = Interval(nanoseconds: due.nanoseconds &- WallTime.now.nanoseconds)
        guard rest > .zero else { return reach() }
        timer = loop.after(min(rest, Self.rhythm)) { [unowned self] _ in
            timer = nil
            wait()
        }
    }

    private func reach() {
        let time = time
        cancel()
        if let time, time.day == nil, settings.keepsTimeFile {
            if let next = time.next(after: .now) { schedule(time, next) }
        } else if let path = settings.timeFile {
            try? Files.remove(path)
        }
        reload()
    }
}
