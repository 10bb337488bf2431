"""Where processor time goes: samples of Java's stacks by JFR, of Python's by py-spy, as collapsed stacks (one a line:
`outermost;…;innermost count`, what flame graph programs read) and as a summary of the top frames; and JFR's account of
the heap.
"""

import json
import shutil
import subprocess
from collections import Counter
from datetime import datetime
from pathlib import Path

import contenders

SAMPLES_PER_SECOND = 200


class Refused(Exception):
    """The tool is not there, or the system does not let it look; the text says what to do."""


def _run(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Refused(f'{Path(str(command[0])).name}: {done.stdout.strip()[-400:]}')
    return done.stdout


class FlightRecording:
    """JFR in the JVM `pid` while the `with` block runs. `folder` can be written by the JVM's user."""

    def __init__(self, pid, folder):
        self.pid, self.file = pid, Path(folder) / 'bench.jfr'
        self.tools = Path(contenders.java()).resolve().parent

    def __enter__(self):
        said = _run(self.tools / 'jcmd', self.pid, 'JFR.start', 'name=bench', 'settings=profile',
                    'jdk.CPUTimeSample#enabled=true', f'jdk.CPUTimeSample#throttle={SAMPLES_PER_SECOND}/s')
        if 'Started recording' not in said:
            raise Refused(said.strip()[-400:])
        return self

    def __exit__(self, *_):
        _run(self.tools / 'jcmd', self.pid, 'JFR.stop', 'name=bench', f'filename={self.file}')

    def _events(self, name):
        text = _run(self.tools / 'jfr', 'print', '--json', '--stack-depth', '64', '--events', name, self.file)
        return [event['values'] for event in json.loads(text)['recording']['events']]

    def stacks(self):
        """Processor time in Java and in what it calls, the kernel too: jdk.CPUTimeSample is new in 25."""
        found = Counter()
        for event in self._events('jdk.CPUTimeSample'):
            frames = ((event.get('stackTrace') or {}).get('frames') or [])[::-1]
            names = [f'{frame["method"]["type"]["name"].replace("/", ".")}.{frame["method"]["name"]}' for frame in frames]
            found[';'.join(names) or '(no Java frame)'] += 1
        return found

    def heap(self):
        """(young collections, other collections, bytes allocated in a second or None)."""
        collections = Counter(event['name'] for event in self._events('jdk.GarbageCollection'))
        young = sum(count for name, count in collections.items() if name in ('DefNew', 'G1New', 'ParallelScavenge'))
        return young, sum(collections.values()) - young, self._allocated()

    def _allocated(self):
        """What was allocated between the first collection and the last: the heap grows by nothing else in between."""
        events = sorted(self._events('jdk.GCHeapSummary'), key=lambda event: event['startTime'])
        allocated, last, times = 0, None, []
        for event in events:
            if event['when'] == 'After GC':
                last = event['heapUsed']
                times.append(_time(event['startTime']))
            elif last is not None:
                allocated += event['heapUsed'] - last
        return allocated / (times[-1] - times[0]) if len(times) > 2 and times[-1] > times[0] else None


def _time(text):
    """JFR writes nanoseconds, which datetime does not read."""
    head, _, rest = text.partition('.')
    digits = rest[:9].rstrip('Z+-').split('+')[0].split('-')[0].rstrip('Z')
    return datetime.fromisoformat(head).timestamp() + float(f'0.{digits or 0}')


def python_stacks(project, pid, seconds, file):
    """A Counter of a Python process's stacks over `seconds`; blocks that long."""
    program = shutil.which('py-spy', path=str(project.bin)) or shutil.which('py-spy')
    if program is None:
        raise Refused('py-spy is not installed (it is in bench/requirements.txt)')
    _run(program, 'record', '--pid', pid, '--duration', seconds, '--rate', SAMPLES_PER_SECOND, '--format', 'raw',
         '--output', file)
    found = Counter()
    for line in Path(file).read_text().splitlines():
        stack, _, count = line.rpartition(' ')
        found[stack or '(no Python frame)'] += int(count)
    return found


def write(stacks, path):
    path.write_text(''.join(f'{stack} {count}\n' for stack, count in sorted(stacks.items())))


def summary(stacks, count=15):
    """Lines of a Markdown table: the frames that were innermost most often, and how often each was anywhere."""
    total = sum(stacks.values())
    if not total:
        return ['No samples.']
    innermost, anywhere = Counter(), Counter()
    for stack, number in stacks.items():
        frames = stack.split(';')
        innermost[frames[-1]] += number
        for frame in set(frames):
            anywhere[frame] += number
    rows = ['| innermost | % | or below it % |', '| --- | --: | --: |']
    rows += [f'| {frame.replace("|", "/")} | {100 * number / total:.1f} | {100 * anywhere[frame] / total:.1f} |'
             for frame, number in innermost.most_common(count)]
    wide = [f'{frame} {100 * number / total:.0f} %' for frame, number in anywhere.most_common(count + 10)
            if frame not in dict(innermost.most_common(count))]
    return [*rows, '', f'{total} samples. Beneath: {"; ".join(wide)}.']
