"""The result as Markdown: a table for each application, the goals, the machine."""

# (application, contender, measured against, figure, at least / at most, factor)
GOALS = [
    ('quickstart', 'penstock-fcgid', 'flup-fcgid', 'rate', 'at least', 4.0),
    ('quickstart', 'penstock-fcgid', 'flup-fcgid', 'fresh_rate', 'at least', 4.0),
    ('hello', 'penstock-proxy', 'flup-proxy', 'rate', 'at least', 2.0),
    ('hello', 'penstock-proxy', 'uwsgi', 'rate', 'at least', 1.0),
    ('quickstart', 'penstock-fcgid', 'flup-fcgid', 'cold_ms', 'at most', 1.3),
]
FIGURES = {'rate': 'requests/s, warm', 'fresh_rate': 'requests/s, just started', 'cold_ms': 'dispatch to first byte'}

HEAD = ('contender', 'requests/s, warm', '× {base}', 'p50 ms', 'p99 ms', 'errors', 'first byte, cold ms', '× {base}',
        'requests/s, just started', '× {base}', 'errors', 'memory MB', 'Apache MB', 'processes')


def render(title, machine, settings, results, contenders, base):
    """`results` is {application: {contender: Figures}}; `base` the contender that ratios are taken of."""
    parts = [f'# {title}', '', machine, '', settings, '']
    for application, figures in results.items():
        parts += [f'## {application}', '', *_table(figures, contenders, base), '']
        parts += _failures(figures)
    goals = [line for goal in GOALS if (line := _goal(results, *goal))]
    if goals:
        parts += ['## Goals', '', *goals, '']
    return '\n'.join(parts)


def _table(figures, contenders, base):
    rows = [[cell.format(base=base) for cell in HEAD], ['---'] + ['--:'] * (len(HEAD) - 1)]
    rows += [_row(contender, figures[contender.name], figures.get(base))
             for contender in contenders if contender.name in figures]
    return ['| ' + ' | '.join(row) + ' |' for row in rows]


def _row(contender, own, base):
    errors = f'{own.errors}' if own.rate else ''
    if own.errors:
        kinds = (('status', own.bad_status), ('time-outs', own.timeouts), ('socket', own.socket_errors))
        errors += ' (' + ', '.join(f'{count} {kind}' for kind, count in kinds if count) + ')'
    megabytes = [None if size is None else size / 1e6 for size in (own.median('memory'), own.median('apache_memory'))]
    return [contender.title, _number(own.median('rate'), 0), _ratio(own, base, 'rate'),
            _number(own.median('p50_ms'), 1), _number(own.median('p99_ms'), 1), errors,
            _number(own.median('cold_ms'), 0), _ratio(own, base, 'cold_ms'),
            _number(own.median('fresh_rate'), 0), _ratio(own, base, 'fresh_rate'),
            str(own.fresh_errors) if own.fresh_rate else '',
            _number(megabytes[0], 0), _number(megabytes[1], 0), _number(own.median('processes'), 0)]


def _number(value, digits):
    return '' if value is None else f'{value:,.{digits}f}'


def quotient(own, base, name):
    """The ratio of two medians, or None where one was not measured."""
    if own is None or base is None or not own.median(name) or not base.median(name):
        return None
    return own.median(name) / base.median(name)


def _ratio(own, base, name):
    return _number(quotient(own, base, name), 2)


def _failures(figures):
    lines = []
    for name, own in figures.items():
        if own.failure:
            lines += [f'**{name} failed:**', '', '```', own.failure, '```', '']
    return lines


def _goal(results, application, contender, base, name, direction, factor):
    figures = results.get(application, {})
    found = quotient(figures.get(contender), figures.get(base), name)
    if found is None:
        return None
    reached = found >= factor if direction == 'at least' else found <= factor
    return (f'- {"reached" if reached else "**missed**"}: {application}, {FIGURES[name]} of {contender} '
            f'{direction} {factor:g} × {base}: {found:.2f}')
