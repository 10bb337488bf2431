"""What the bench concludes from what it saw: `python3 -m pytest bench`. No server runs here."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import measure
import stacks
import table
import vitals
from costs import Strace
from soak_load import Failure
from soak_report import Report
from soak_site import Ledger

HARMED, UNHARMED = 17, 18
LOG = 'ERROR incident ab1: POST /record: worker 1 (pid 17) ended: signal SIGKILL'
CALM = vitals.Vitals(0.0, 1, 1, 4, 0, 1, 50_000_000, 20_000_000, 50, 20, 1, 30)


def report(tmp_path, *failures, ledger='', findings=()):
    (tmp_path / 'ledger').write_text(ledger)
    site = SimpleNamespace(ledger=lambda: Ledger(tmp_path / 'ledger'), log=lambda: LOG,
                           contender=SimpleNamespace(title='mod_fcgid'))
    return Report(SimpleNamespace(
        site=site, findings=[], samples=[], began=0.0, before=None, after=None,
        trouble=SimpleNamespace(killed={HARMED}),
        visitors=SimpleNamespace(failures=failures, stale=[], answered=Counter()),
        run_of_troubles=SimpleNamespace(done=[('kill', 0.0, list(findings))])))


def failure(method, status, what):
    return Failure('a-1', method, '/x', 1.0, 2.0, status, what)


def test_a_soak_without_failures_is_clean(tmp_path):
    assert report(tmp_path).is_clean


def test_a_failed_get_is_not_excused_by_a_harmed_worker(tmp_path):
    assert not report(tmp_path, failure('GET', 502, 'Incident ab1'), ledger=f'begun a-1 {HARMED}\n').is_clean


def test_a_504_is_excused_if_the_log_knows_its_incident(tmp_path):
    assert report(tmp_path, failure('GET', 504, 'Incident ab1')).is_clean
    assert not report(tmp_path, failure('GET', 504, 'Incident ab2')).is_clean
    assert not report(tmp_path, failure('GET', 504, 'Gateway Timeout')).is_clean


def test_a_post_is_excused_if_a_harmed_worker_had_begun_it_and_the_log_knows_its_incident(tmp_path):
    lost = failure('POST', 502, 'Incident ab1')

    assert report(tmp_path, lost, ledger=f'begun a-1 {HARMED}\n').is_clean
    assert report(tmp_path, lost, ledger=f'begun a-1 {UNHARMED}\ntrouble exit b-1 {UNHARMED}\n').is_clean
    assert not report(tmp_path, lost, ledger='').is_clean
    assert not report(tmp_path, lost, ledger=f'begun a-1 {UNHARMED}\n').is_clean
    assert not report(tmp_path, failure('POST', 502, 'Bad Gateway'), ledger=f'begun a-1 {HARMED}\n').is_clean


def test_a_post_that_ran_twice_is_a_finding_even_if_it_was_answered(tmp_path):
    assert not report(tmp_path, ledger=f'begun a-1 {HARMED}\nbegun a-1 {UNHARMED}\n').is_clean


def test_a_trouble_that_the_site_did_not_mend_is_a_finding(tmp_path):
    assert not report(tmp_path, findings=['not whole after 10 s']).is_clean


def test_the_report_charges_a_failure_to_the_trouble_before_it(tmp_path):
    assert '| kill | 1 | 0 | 1 | 0 | 0 | 0 |' in report(tmp_path, failure('GET', 0, 'TimeoutError')).text()


def test_descriptors_may_vary_a_little_and_temporary_files_may_not():
    slack = vitals.SLACK_DESCRIPTORS

    assert vitals.leaks(CALM, replace(CALM, descriptors=50 + slack)) == []
    assert len(vitals.leaks(CALM, replace(CALM, descriptors=51 + slack))) == 1
    assert len(vitals.leaks(CALM, replace(CALM, temporary_files=2))) == 1


def test_memory_that_grows_is_found_in_a_long_run_only():
    def samples(step_seconds, step_bytes):
        return [replace(CALM, seconds=number * step_seconds, server_memory=50_000_000 + number * step_bytes)
                for number in range(100)]

    assert vitals.growth(samples(5, 0)) == []
    assert len(vitals.growth(samples(5, 1_000_000))) == 1
    assert vitals.growth(samples(0.5, 1_000_000)) == []


def figures(rate, p99):
    load = measure.Load()
    load.rate.append(rate)
    load.p99_ms.append(p99)
    return measure.Figures(loads={16: load})


def goals(goal, **measured):
    return table._goal(table.Result({'hello': measured}, [], 'uwsgi', 4), goal)


def test_a_goal_is_measured_against_the_best_of_its_peers():
    rate = table.Goal('hello', 'penstock', 'rate', 'at least', 1.0, ('slow', 'fast'))
    latency = table.Goal('hello', 'penstock', 'p99_ms', 'at most', 1.0, ('slow', 'fast'))
    peers = {'slow': figures(100, 9), 'fast': figures(200, 5)}

    assert goals(rate, penstock=figures(201, 1), **peers).startswith('- reached')
    assert goals(rate, penstock=figures(199, 1), **peers).startswith('- **missed**')
    assert goals(latency, penstock=figures(1, 4.9), **peers).startswith('- reached')
    assert goals(latency, penstock=figures(1, 5.1), **peers).startswith('- **missed**')


def test_a_goal_without_its_figures_is_left_out():
    goal = table.Goal('hello', 'penstock', 'rate', 'at least', 1.0, ('uwsgi',))

    assert goals(goal, penstock=figures(1, 1)) is None
    assert goals(goal, uwsgi=figures(1, 1)) is None


def test_every_goal_names_contenders_and_applications_that_exist():
    import applications
    import contenders
    known = {entry.name for entry in contenders.CONTENDERS}

    for goal in table.GOALS:
        assert {goal.contender, *goal.bases} <= known
        assert goal.application in {entry.name for entry in applications.APPLICATIONS}


def test_system_calls_are_read_with_and_without_errors(tmp_path):
    (tmp_path / 'counts').write_text('''\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000600           1       600           sendto
 40.00    0.000400           1       400        20 recvfrom
------ ----------- ----------- --------- --------- ----------------
100.00    0.001000           1      1000        20 total
''')
    assert Strace([], tmp_path / 'counts')._read() == {'sendto': 600, 'recvfrom': 400}


def test_a_frame_is_counted_once_where_it_recurs():
    lines = stacks.summary({'main;walk;walk;walk': 3, 'main': 1})

    assert '| walk | 75.0 | 75.0 |' in lines
    assert '| main | 25.0 | 100.0 |' in lines
