"""Zygote and workers, driven over their real sockets."""

import os
import signal
import struct
import tempfile

import pytest
from fakes import HERE, PACKAGE, request

from penstock import frames


def test_a_request_is_answered_in_one_piece(server):
    server.load("apps:hello")
    server.fork()
    answer = server.ask()
    assert (answer.status, answer.body) == ("200 OK", b"hello")
    assert answer.headers == [("Content-Type", "text/plain"), ("Content-Length", "5")]
    assert answer.types == [frames.HEAD, frames.BODY, frames.END]


def test_the_zygote_says_what_it_loaded(server):
    loaded = server.load("apps:hello")
    assert loaded["pid"] == server.zygote.pid
    assert loaded["application"] == "apps.hello"
    assert loaded["threads"] == []
    assert loaded["python"].count(".") == 2


def test_a_body_comes_inline(server):
    server.load("apps:echo")
    pid, _ = server.fork()
    assert server.ask(body=b"abc").body == b"abc|%d" % pid


def test_an_environ_that_is_not_ascii_arrives(server):
    server.load("apps:hello")
    server.fork()
    assert server.ask("/caf\xc3\xa9").status == "200 OK"


def test_a_spooled_body_comes_as_a_file(server):
    server.load("apps:echo")
    server.fork()
    answer = server.ask(kind=1, wanted=spool(b"from a file"))
    assert answer.body.startswith(b"from a file|")
    assert server.ask(body=b"next").body.startswith(b"next|")


def spool(content):
    def wanted(stream):
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            stream.send(frames.SPOOL, struct.pack("<QQ", 1, len(content)), [file.fileno()])

    return wanted


@pytest.mark.parametrize("kind", [0, 1])
def test_a_large_request_comes_by_the_stream(server, kind):
    server.load("apps:echo")
    server.fork()
    inline = b"" if kind else b"with its body"

    def wanted(stream):
        long = {"REQUEST_METHOD": "POST", "HTTP_COOKIE": "x" * 100_000}
        stream.send(frames.REQUEST, request(1, long, kind, inline))
        if kind:
            spool(b"with its body")(stream)

    server.queue.send(struct.pack("<QBxxxI", 1, 2, 0))
    assert server.ready().answer(wanted).body.startswith(b"with its body|")


def test_a_request_can_be_sent_to_one_worker_alone(server):
    server.load("apps:echo")
    pid, (stream,) = server.fork()
    server.fork(2, slot=1)
    stream.send(frames.REQUEST, request(9, {}, 0, b"for you"))
    assert stream.answer().body == b"for you|%d" % pid


def test_a_request_for_one_worker_waits_for_the_current_one(server):
    server.load("apps:echo")
    _, (stream,) = server.fork()

    def wanted(stream):
        stream.send(frames.REQUEST, request(9, {}, 0, b"second"))
        spool(b"first")(stream)

    assert server.ask(kind=1, wanted=wanted).body.startswith(b"first|")
    assert stream.answer().body.startswith(b"second|")


def test_a_spooled_body_follows_a_request_by_the_stream(server):
    server.load("apps:echo")
    _, (stream,) = server.fork()
    stream.send(frames.REQUEST, request(1, {}, 1))
    spool(b"unasked")(stream)
    answer = stream.answer()
    assert answer.body.startswith(b"unasked|") and frames.WANT not in answer.types


def test_a_large_body_comes_in_several_frames(server):
    server.load("apps:large")
    server.fork()
    answer = server.ask()
    assert len(answer.body) == 3_000_000
    assert answer.types.count(frames.BODY) == 3


def test_the_slot_holds_the_request_that_was_taken(server):
    server.load("apps:hello")
    server.fork(slot=2)
    for _ in range(3):
        server.ask()
    server.slots.seek(128)
    assert struct.unpack("<Q", server.slots.read(8)) == (3,)


def test_several_threads_answer_at_once(server):
    server.load("apps:together")
    server.fork(threads=3)
    for _ in range(3):
        server.post({})
    for stream in server.streams:
        assert stream.answer().body == b"hello"
    server.slots.seek(0)
    slots = server.slots.read(192)
    assert {struct.unpack_from("<Q", slots, 64 * n)[0] for n in range(3)} == {1, 2, 3}


def test_the_environ_tells_the_truth_about_processes_and_threads(server):
    server.load("apps:echo")
    server.fork(threads=2, alone=True)
    answer = server.ask(**{"wsgi.url_scheme": "https"})
    assert ("X-wsgi-multithread", "True") in answer.headers
    assert ("X-wsgi-multiprocess", "False") in answer.headers
    assert ("X-wsgi-url_scheme", "https") in answer.headers
    assert ("X-wsgi-input_terminated", "True") in answer.headers


def test_wsgi_errors_goes_to_the_log_with_its_request(server):
    server.load("apps:talk")
    server.fork()
    assert server.ask().log == "caf\xe9 \\udcff\n"
    assert server.ready().receive().payload == b"half"


def test_system_exit_is_a_500_and_the_worker_goes_on(server):
    server.load("apps:by_path")
    server.fork()
    answer = server.ask("/leave")
    assert answer.status == "500 Internal Server Error"
    assert "GET /leave: the application failed" in answer.log
    assert "SystemExit: 3" in answer.log
    assert PACKAGE not in answer.log
    assert server.ask("/hello").body == b"hello"


def test_a_traceback_is_on_the_page_only_in_debug(server):
    server.load("apps:leave", debug=True)
    server.fork()
    assert b"SystemExit: 3" in server.ask().body


@pytest.mark.parametrize("path, status", [("/die", "exit 7"), (None, "signal SIGKILL")])
def test_a_worker_that_dies_is_reported(server, path, status):
    server.load("apps:by_path")
    pid, _ = server.fork(worker=4)
    if path:
        server.post({"PATH_INFO": path})
    else:
        os.kill(pid, signal.SIGKILL)
    frame = server.receive()
    assert frame.type == frames.EXITED
    assert frame.json == {"worker": 4, "pid": pid, "status": status}


@pytest.mark.parametrize("drain", [b"\0", b"\1"])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_retired_worker_ends(server, drain, threads):
    server.load("apps:hello")
    _, streams = server.fork(threads=threads)
    for stream in streams:
        stream.send(frames.RETIRE, drain)
    assert server.receive().json["status"] == "exit 0"


def test_a_draining_worker_empties_the_queue_first(server):
    server.load("apps:hello")
    for _ in range(5):
        server.post({})
    _, (stream,) = server.fork()
    stream.send(frames.RETIRE, b"\1")
    assert [stream.answer().body for _ in range(5)] == [b"hello"] * 5
    assert server.receive().json["status"] == "exit 0"


def test_a_busy_worker_sees_that_it_is_retired(server, tmp_path):
    """It does not wait for a quiet moment that may never come."""
    server.load("apps:held")
    pipe = tmp_path / "pipe"
    os.mkfifo(str(pipe))
    server.post({"HELD_BY": str(pipe)})
    for _ in range(99):
        server.post({})
    _, (stream,) = server.fork()
    stream.send(frames.RETIRE, b"\0")
    pipe.write_text("go on")
    assert server.receive().json["status"] == "exit 0"
    answered = 0
    while stream.receive() is not None:
        answered += 1
    assert answered < 3 * 100


@pytest.mark.parametrize("threads", [1, 2])
def test_sigterm_ends_an_idle_worker(server, threads):
    server.load("apps:hello")
    pid, _ = server.fork(threads=threads)
    server.ask()
    os.kill(pid, signal.SIGTERM)
    assert server.receive().json["status"] == "exit 0"


def test_sigterm_lets_the_current_request_finish(server):
    server.load("apps:stop_myself")
    _, (stream,) = server.fork()
    server.post({})
    server.post({})
    assert stream.answer().body == b"hello"
    assert server.receive().json["status"] == "exit 0"
    assert stream.receive() is None, "the second request stays in the queue for another worker"
    server.fork(2)
    server.streams.remove(stream)
    assert server.ready().answer().body == b"hello"


def test_a_worker_ends_when_the_server_is_gone(server):
    server.load("apps:hello")
    _, (stream,) = server.fork()
    stream.socket.close()
    server.streams.clear()
    assert server.receive().json["status"] == "exit 0"


def test_the_zygote_ends_when_the_server_is_gone(server):
    server.load("apps:hello")
    server.connection.close()
    assert server.zygote.wait(10) == 0


def test_a_retired_zygote_outlives_its_workers(server):
    server.load("apps:hello")
    _, (stream,) = server.fork()
    frames.send_json(server.connection, frames.ZYGOTE_RETIRE, {})
    assert server.ask().body == b"hello"
    stream.send(frames.RETIRE, b"\1")
    assert server.receive().type == frames.EXITED
    assert server.zygote.wait(10) == 0


def test_changed_source_files_are_named(server, tmp_path):
    module = tmp_path / "changing.py"
    module.write_text("from apps import hello\n")
    server.load("changing:hello", directory=str(tmp_path), python_path=[HERE])
    assert changed(server) == []
    module.write_text("from apps import hello  # and more\n")
    assert changed(server) == [str(module)]


def changed(server):
    frames.send_json(server.connection, frames.CHANGED, {})
    return server.receive().json["files"]


def test_processes_have_titles(server):
    server.load("apps:hello")
    pid, _ = server.fork(worker=3)
    server.ask()
    assert title(server.zygote.pid) == "penstock: zygote test"
    assert title(pid) == "penstock: worker 3 test"


def title(pid):
    with open("/proc/%d/cmdline" % pid, "rb") as file:
        return file.read().rstrip(b"\0 ").decode()


def test_a_fork_that_the_system_refuses_is_reported(server, tmp_path):
    (tmp_path / "limited.py").write_text(
        "import os\n"
        "def refuse(): raise BlockingIOError(11, 'Resource temporarily unavailable')\n"
        "os.fork = refuse\n"
        "from apps import hello\n"
    )
    server.load("limited:hello", directory=str(tmp_path), python_path=[HERE])
    frames.send_json(server.connection, frames.FORK, {"worker": 1, "slot": 0, "threads": 1})
    frame = server.receive()
    assert (frame.type, frame.json["pid"]) == (frames.EXITED, 0)
    assert frame.json["status"] == "not started: Resource temporarily unavailable"


def test_threads_that_the_import_started_are_named(server, tmp_path):
    (tmp_path / "threaded.py").write_text(
        "import threading\n"
        "threading.Thread(target=threading.Event().wait, name='poller', daemon=True).start()\n"
        "from apps import hello\n"
    )
    loaded = server.load("threaded:hello", directory=str(tmp_path), python_path=[HERE])
    assert loaded["threads"] == ["poller"]


def test_stacks_are_shown_on_sigusr2(server):
    server.load("apps:hello")
    pid, _ = server.fork()
    server.ask()
    os.kill(pid, signal.SIGUSR2)
    line = server.zygote.stderr.readline()
    assert b"most recent call first" in line


def test_an_endless_response_ends_when_the_server_says_that_its_client_has_gone(server):
    server.load("apps:endless")
    server.fork(slot=1)
    number = server.post({})
    stream = server.ready()
    assert stream.receive().type == frames.HEAD
    os.pwrite(server.slots.fileno(), struct.pack("<Q", number), 64 + 8)

    log, kind = "", frames.HEAD
    for _ in range(100_000):
        frame = stream.receive()
        kind = frame.type
        log += frame.payload.decode() if kind == frames.ERRORS else ""
        if kind in (frames.TORN, frames.END):
            break

    assert kind == frames.TORN, "the response goes on"
    if not log:  # close() comes after the end
        log = stream.receive().payload.decode()
    assert log == "closed, cancelled: True\n"


def test_a_client_that_went_from_the_request_before_is_of_no_account(server):
    server.load("apps:large")
    server.fork()
    server.ask()
    os.pwrite(server.slots.fileno(), struct.pack("<Q", 1), 8)
    assert len(server.ask().body) == 3_000_000


@pytest.mark.parametrize("kind", [0, 1])
def test_a_filter_gets_its_input_and_its_file(server, kind):
    server.load("apps:filtered")
    server.fork()
    role = {"FCGI_ROLE": "FILTER", "penstock.input_length": "5"}
    body = b"inputthe file"
    answer = server.ask(body=b"" if kind else body, kind=kind, wanted=spool(body), **role)
    assert answer.body == b"THE FILE|input"
