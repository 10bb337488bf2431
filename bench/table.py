"""The result as Markdown: a table for each application and front, the goals, the machine."""

from dataclasses import dataclass
from typing import Optional

PEERS = ('uwsgi', 'mod_wsgi', 'gunicorn', 'flup-proxy')
TITLES = {'rate': 'requests/s, warm', 'p99_ms': '99th percentile, warm', 'fresh_rate': 'requests/s, just started',
          'cold_ms': 'dispatch to first byte', 'many_memory': 'memory with {many} workers',
          'respawn_ms': 'first answer after the kill of all workers, ms'}


@dataclass(frozen=True)
class Goal:
    """`contender`'s `figure` is to be at least, or at most, `factor` times that of the best of `bases`.

    Without bases `factor` is the figure itself.
    """

    application: str
    contender: str
    figure: str
    direction: str
    factor: float
    bases: tuple = ()
    connections: int = 16


GOALS = [
    Goal('hello', 'penstock-proxy', 'rate', 'at least', 1.25, ('uwsgi',)),
    Goal('hello', 'penstock-proxy', 'rate', 'at least', 0.8, ('null',)),
    Goal('minimal', 'penstock-proxy', 'rate', 'at least', 1.15, ('uwsgi',)),
    Goal('quickstart', 'penstock-proxy', 'rate', 'at least', 1.05, ('uwsgi',)),
    Goal('quickstart', 'penstock-proxy', 'p99_ms', 'at most', 1.0, PEERS),
    Goal('quickstart', 'penstock-proxy', 'many_memory', 'at most', 0.75, ('gunicorn',)),
    Goal('quickstart', 'penstock-proxy', 'many_memory', 'at most', 1.0, ('gunicorn-preload',)),
    Goal('quickstart', 'penstock-proxy', 'respawn_ms', 'at most', 25),
    Goal('quickstart', 'penstock-fcgid', 'rate', 'at least', 5.0, ('flup-fcgid',)),
    Goal('quickstart', 'penstock-fcgid', 'fresh_rate', 'at least', 5.0, ('flup-fcgid',)),
    Goal('quickstart', 'penstock-fcgid', 'errors', 'at most', 0),
    Goal('quickstart', 'penstock-fcgid', 'cold_ms', 'at most', 1.15, ('flup-fcgid',)),
]

HEAD = ('contender', 'connections', 'requests/s, warm', '× {base}', 'p50 ms', 'p99 ms', 'errors', 'first byte, cold ms',
        '× {base}', 'requests/s, just started', '× {base}', 'errors', 'memory MB', 'with {many} workers', 'front MB',
        'processes', 'answer after kill ms')


@dataclass
class Result:
    """`figures` is {application: {contender: Figures}}; ratios are taken of `base`, behind nginx of `base`-nginx."""

    figures: dict
    contenders: list
    base: str
    many: Optional[int]
    """The workers that `many_memory` was measured with."""


def render(title, machine, settings, result):
    parts = [f'# {title}', '', machine, '', settings, '']
    for application, figures in result.figures.items():
        for front in dict.fromkeys(contender.front for contender in result.contenders):
            mine = [contender for contender in result.contenders
                    if contender.front == front and contender.name in figures]
            if mine:
                parts += [f'## {application}, {front}', '', *_table(result, figures, mine, front), '']
        parts += _failures(figures)
    goals = [line for goal in GOALS if (line := _goal(result, goal))]
    if goals:
        parts += ['## Goals', '', *goals, '']
    return '\n'.join(parts)


def _table(result, figures, contenders, front):
    base = result.base if front == 'apache' else f'{result.base}-{front}'
    rows = [[cell.format(base=base, many=result.many or 0) for cell in HEAD], ['---'] + ['--:'] * (len(HEAD) - 1)]
    loads = sorted({connections for contender in contenders for connections in figures[contender.name].loads})
    for number, connections in enumerate(loads or [None]):
        for contender in contenders:
            own, other = figures[contender.name], figures.get(base)
            starts = _starts(own, other) if number == 0 else [''] * 10
            rows.append([contender.title, *_load(own, other, connections), *starts])
    return ['| ' + ' | '.join(row) + ' |' for row in rows]


def _load(own, base, connections):
    """Cells of the warm load; the number of connections first."""
    mine = own.loads.get(connections)
    if mine is None:
        return [str(connections or ''), *[''] * 5]
    theirs = base and base.loads.get(connections)
    errors = f'{mine.errors}' if mine.rate else ''
    if mine.errors:
        kinds = (('status', mine.bad_status), ('time-outs', mine.timeouts), ('socket', mine.socket_errors))
        errors += ' (' + ', '.join(f'{count} {kind}' for kind, count in kinds if count) + ')'
    return [str(connections), _number(mine.median('rate'), 0), _number(quotient(mine, theirs, 'rate'), 2),
            _number(mine.median('p50_ms'), 1), _number(mine.median('p99_ms'), 1), errors]


def _starts(own, base):
    """Cells of what was measured with nothing else running."""
    memory, many, front = (size and size / 1e6 for size in map(own.median, ('memory', 'many_memory', 'front_memory')))
    return [_number(own.median('cold_ms'), 0), _number(quotient(own, base, 'cold_ms'), 2),
            _number(own.median('fresh_rate'), 0), _number(quotient(own, base, 'fresh_rate'), 2),
            str(own.fresh_errors) if own.fresh_rate else '', _number(memory, 0), _number(many, 0), _number(front, 0),
            _number(own.median('processes'), 0), _number(own.median('respawn_ms'), 0)]


def _number(value, digits):
    return '' if value is None else f'{value:,.{digits}f}'


def quotient(own, base, name):
    """The ratio of two medians, or None where one was not measured."""
    if own is None or base is None or not own.median(name) or not base.median(name):
        return None
    return own.median(name) / base.median(name)


def _failures(figures):
    lines = []
    for name, own in figures.items():
        if own.failure:
            lines += [f'**{name} failed:**', '', '```', own.failure, '```', '']
    return lines


def _goal(result, goal):
    """A line of the list of goals; None where something that it needs was not measured."""
    figures = result.figures.get(goal.application, {})
    if goal.figure == 'many_memory' and not result.many:
        return None
    own = _figure(figures.get(goal.contender), goal)
    if own is None:
        return None
    title = TITLES.get(goal.figure, goal.figure).format(many=result.many)
    found, against = own, ''
    if goal.bases:
        best = _best(figures, goal)
        if best is None:
            return None
        found, against = own / best[0], f' × {best[1]}'
    reached = found >= goal.factor if goal.direction == 'at least' else found <= goal.factor
    return (f'- {"reached" if reached else "**missed**"}: {goal.application}, {title} of {goal.contender} '
            f'{goal.direction} {goal.factor:g}{against}: {found:.2f}')


def _best(figures, goal):
    """(value, name) of the best of the goal's bases, or None; 'at most' goals are about figures where less is better."""
    found = [(value, name) for name in goal.bases if (value := _figure(figures.get(name), goal))]
    better = min if goal.direction == 'at most' else max
    return better(found, default=None)


def _figure(own, goal):
    if own is None:
        return None
    load = own.loads.get(goal.connections)
    if goal.figure == 'errors':
        return None if load is None else load.errors + own.fresh_errors
    if goal.figure in ('rate', 'p99_ms'):
        return load and load.median(goal.figure)
    return own.median(goal.figure)
