// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Linux

/// `fuzz SECONDS CORPUS [FILE]...`: reads the texts of a corpus and other configurations, which must all be sound, and then for so
/// long changed forms of them.
///
/// Texts that are found worth keeping are written to CORPUS.new at the end. The text being read stands in CORPUS.last, for when
/// the process does not survive it: a trap, 20 seconds for one text and 2 GB of memory all end it.
@main
enum FuzzMain {
    static func main() {
        let words = CommandLine.arguments
        guard words.count >= 3, let seconds = Int(words[1]) else {
            print("usage: fuzz SECONDS CORPUS [FILE]...")
            exit(1)
        }
        let corpus = words[2]
        var seeds = ((try? Files.read(corpus)).map { Corpus.texts(in: $0) }) ?? []
        for path in words.dropFirst(3) { if let bytes = try? Files.read(path) { seeds.append(bytes) } }
        var space = rlimit(rlim_cur: 2 << 30, rlim_max: 2 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space)
        run(for: seconds, Array(seeds), corpus)
    }

    private static func run(for seconds: Int, _ seeds: [[UInt8]], _ corpus: String) {
        let seed = UInt64(time(nil))
        print("seed \(seed), \(seeds.count) texts to begin with")
        for text in seeds {
            guard let fault = Trial(text).fault else { continue }
            print("\(fault): \(Corpus.encode(Fuzzer.shrunk(text, keeping: fault)))")
            exit(1)
        }
        var fuzzer = Fuzzer(seeds: seeds, seed: seed)
        let last = open(corpus + ".last", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let began = time(nil)
        var spoken = began
        var faults = 0
        while time(nil) - began < seconds {
            let text = fuzzer.propose()
            pwrite(last, text, text.count, 0)
            ftruncate(last, off_t(text.count))
            alarm(20)
            if let fault = fuzzer.attempt(text) {
                print("after \(fuzzer.iterations) texts: \(fault): \(Corpus.encode(Fuzzer.shrunk(text, keeping: fault)))")
                fflush(nil)
                faults += 1
                if faults >= 20 { break }
            }
            if time(nil) - spoken >= 60 {
                spoken = time(nil)
                tell(fuzzer, spoken - began)
            }
        }
        alarm(0)
        tell(fuzzer, time(nil) - began)
        let lines = fuzzer.reduced().map { Corpus.encode($0) + "\n" }.sorted().joined()
        try? Files.replace(corpus + ".new", with: Array(lines.utf8), mode: 0o644)
        unlink(corpus + ".last")
        exit(faults == 0 ? 0 : 1)
    }

    private static func tell(_ fuzzer: Fuzzer, _ seconds: Int) {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let memory = usage.ru_maxrss / 1024
        print("\(seconds) s: \(fuzzer.iterations) texts, \(fuzzer.texts.count) kept, \(fuzzer.featureCount) features, at most \(memory) MB")
        fflush(nil)
    }
}
