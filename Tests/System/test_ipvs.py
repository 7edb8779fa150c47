# SPDX-License-Identifier: GPL-2.0-or-later
"""The same file by Debian's keepalived and by us: the same table in the kernel after the start, while servers are down, when they
are back, after a reload, and after the stop. The configurations stand in ipvs_cases.py; those of a chapter share a file. With
KEEPALIVED_EACH_ALONE in the environment each is tried in a file of its own as well."""
import os

from ipvs import Table, directors
from ipvs_cases import CHAPTERS, GLOBALS
from lab import BINARY, PEER, check, wait_until
from suite import need, test


def compare(step, ours, theirs, any_server_order=False):
    """The tables are the same, in every form in which users see them."""
    def seen(director, form):
        return Table.ordered(director.table.proc() if form is None else director.table.ipvsadm(form),
                             any_server_order=any_server_order)

    def are_same():
        return all(seen(ours, form) == seen(theirs, form) for form in (None, "-Sn"))

    wait_until(are_same, 15, f"/proc/net/ip_vs and ipvsadm -Sn are the same {step}", lambda: "\n".join([
        difference(seen(theirs, None), seen(ours, None)), difference(seen(theirs, "-Sn"), seen(ours, "-Sn")), ours.daemon.log()[-1500:], "2.2.7 said:",
        theirs.daemon.log()[-1500:]]))
    for form in ("-Sn", "-Ln"):
        other, mine = seen(theirs, form), seen(ours, form)
        check(mine == other, f"ipvsadm {form} is the same {step}", difference(other, mine))


def difference(theirs, ours):
    """The lines that only one of the two has, or both when it is but their order."""
    theirs, ours = theirs.splitlines(), ours.splitlines()
    lines = ([f"2.2.7: {line}" for line in theirs if line not in ours]
             + [f" ours: {line}" for line in ours if line not in theirs])
    return "\n".join(lines or ["2.2.7:", *theirs, "ours:", *ours])


def walk(first, second):
    """Takes both daemons through a life with these two configurations."""
    need(PEER)
    with directors(BINARY, PEER) as pair:
        ours, theirs = pair
        for one in pair:
            one.start(GLOBALS + first)
        before = theirs.settled(calm=1.5)
        compare("after the start", *pair)
        if "TCP_CHECK" in first:
            for one in pair:
                one.listener.close()
            during = theirs.settled(since=before)
            compare("while servers are down", *pair)
            for one in pair:
                one.listener.open()
            theirs.settled(since=during)
            compare("when the servers are back", *pair)
        mark = theirs.daemon.mark()
        for one in pair:
            one.daemon.reload(GLOBALS + second)
        theirs.daemon.expect_log("Reload complete", 15, mark)
        theirs.settled(calm=1)
        compare("after the reload", *pair, any_server_order=True)  # 2.2.7 deletes servers of groups and adds them again
        for one in pair:
            one.stop()
        # 2.2.7 leaves a group behind that a reload made larger.
        check(ours.table.is_empty(), "nothing is left after the stop", ours.table.proc())


for chapter, cases in CHAPTERS.items():
    @test(f"{chapter} ({len(cases)} configurations): the table is that of 2.2.7", limit=120, kernel="ipvs")
    def _(cases=cases):
        walk(*("".join(text.replace("{n}", str(n)) for n, text in enumerate(texts, 1))
               for texts in ([case.first for case in cases], [case.second for case in cases])))

    for case in cases if os.environ.get("KEEPALIVED_EACH_ALONE") else []:
        @test(f"{chapter}: {case.name}, alone: the table is that of 2.2.7", limit=120, kernel="ipvs")
        def _(case=case):
            walk(case.first.replace("{n}", "1"), case.second.replace("{n}", "1"))
