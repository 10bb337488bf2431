"""What a soak found, as Markdown, and which of it must not be."""

import re
from collections import Counter

from vitals import Vitals

INCIDENT = re.compile(r'[Ii]ncident (\w+)')
SHOWN = 12


class Report:
    """One site's. A failed request is charged to the last trouble that had begun when it ended.

    A GET may fail by a 504 only (the request_timeout that a stuck worker runs into), and only with its incident in the
    log. A POST may fail only if a worker that came to harm had begun it, and its incident id must be in the log; no
    POST may be begun twice.
    """

    def __init__(self, soak):
        self.soak = soak
        self.ledger, self.log = soak.site.ledger(), soak.site.log()
        self.harmed = soak.trouble.killed | {pid for _, _, pid in self.ledger.faults}
        self.bad, self.deadlines, self.excused = [], [], []
        for failure in soak.visitors.failures:
            verdict, why = self._judge(failure)
            verdict.append((failure, why))
        twice = [name for name, pids in self.ledger.begun.items() if len(pids) > 1]
        self.findings = [*soak.findings, *(f'the POST {name} was begun twice' for name in twice),
                         *(f'old code: {line}' for line in soak.visitors.stale[:SHOWN])]

    @property
    def is_clean(self):
        findings = [finding for _, _, findings in self.soak.run_of_troubles.done for finding in findings]
        return not (self.bad or self.findings or findings)

    def _judge(self, failure):
        incident = self._incident(failure)
        if failure.status == 504 and incident:
            return self.deadlines, incident
        if failure.method == 'GET':
            return self.bad, 'a GET'
        begun = self.ledger.begun.get(failure.name, [])
        if not begun:
            return self.bad, 'no worker had begun it'
        if not set(begun) & self.harmed:
            return self.bad, f'worker {begun[0]} had begun it, and nothing was done to that one'
        if not incident:
            return self.bad, 'no incident id in its answer that the log knows'
        return self.excused, incident

    def _incident(self, failure):
        """The incident id in the answer, if the log has it too."""
        found = INCIDENT.search(failure.what)
        return found.group(1) if found and f'incident {found.group(1)}' in self.log else ''

    def _trouble_of(self, failure):
        began = [kind for kind, time, _ in self.soak.run_of_troubles.done if time <= failure.ended]
        return began[-1] if began else 'before any'

    def text(self):
        answered = self.soak.visitors.answered
        title = self.soak.site.contender.title
        lines = [f'## {title}: {"clean" if self.is_clean else "FAILED"}', '',
                 f'{answered["GET"]:,} GETs and {answered["POST"]:,} POSTs were answered rightly; {len(self.bad)} requests '
                 f'failed that must not, {len(self.excused)} POSTs failed that a harmed worker had begun, '
                 f'{len(self.deadlines)} got a 504 by request_timeout.', '']
        return '\n'.join(lines + self._troubles() + self._list() + self._vitals()) + '\n'

    def _troubles(self):
        counts = {name: Counter(self._trouble_of(failure) for failure, _ in group)
                  for name, group in (('bad', self.bad), ('excused', self.excused), ('deadlines', self.deadlines))}
        gets = Counter(self._trouble_of(failure) for failure, _ in self.bad if failure.method == 'GET')
        done = Counter(kind for kind, _, _ in self.soak.run_of_troubles.done)
        wrong = Counter(kind for kind, _, findings in self.soak.run_of_troubles.done if findings)
        rows = [('trouble', 'times', 'not mended by itself', 'failed GETs', 'failed POSTs', 'excused POSTs', '504s'),
                ('---', *['--:'] * 6)]
        for kind in dict.fromkeys([*done, *counts['bad']]):
            rows.append((kind, done[kind], wrong[kind], gets[kind], counts['bad'][kind] - gets[kind],
                         counts['excused'][kind], counts['deadlines'][kind]))
        return [_row(row) for row in rows] + ['']

    def _list(self):
        lines = [f'- {finding}' for finding in self.findings[:SHOWN]]
        seen = Counter()
        for kind, _, findings in self.soak.run_of_troubles.done:
            for finding in findings:
                seen[kind] += 1
                if seen[kind] <= 2:
                    lines.append(f'- {kind}: {finding}')
        for failure, why in self.bad:
            kind = f'{self._trouble_of(failure)}, {failure.method}, {failure.status}'
            seen[kind] += 1
            if seen[kind] <= 2:
                what = ' '.join(failure.what.split())[:160]
                lines.append(f'- {kind}: {failure.name} {failure.path}, after {failure.ended - failure.sent:.1f} s: '
                             f'{what} ({why})')
        return lines + [''] if lines else []

    def _vitals(self):
        samples, since = self.soak.samples, self.soak.began
        if not samples:
            return []
        step = max(1, len(samples) // SHOWN)
        rows = [Vitals.HEAD, ['--:'] * len(Vitals.HEAD), *(sample.row(since) for sample in samples[::step])]
        ends = [f'Without load, connections not counted: {name} {look.descriptors} descriptors, {look.sockets} sockets, '
                f'{look.temporary_files} temporary files, {look.threads} threads, {look.server_memory / 1e6:.0f} MB.'
                for name, look in (('before', self.soak.before), ('after', self.soak.after)) if look]
        return [_row(row) for row in rows] + [''] + ends


def _row(cells):
    return '| ' + ' | '.join(str(cell) for cell in cells) + ' |'
