"""Process titles, so that `ps` and `top` tell zygotes and workers apart by application.

Linux shows the memory that held the process's arguments; we write over it. The zygote is started
with an argument of padding that makes room. Where anything is different, nothing happens.
"""

import os

#: What `top` and `killall` show is limited to 15 characters by the kernel.
_LONGEST_COMM = 15


def set_title(title: str) -> None:
    """Sets what `ps` shows for this process, cut to the room that its arguments leave."""
    try:
        start, end = _argument_memory()
        text = title.encode("utf-8", "replace")[: end - start - 1]
        memory = os.open("/proc/self/mem", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(memory, text.ljust(end - start, b"\0"), start)
        finally:
            os.close(memory)
        with open("/proc/self/comm", "w") as comm:
            comm.write(title.replace(": ", "-")[:_LONGEST_COMM])
    except (OSError, ValueError, IndexError):
        pass


def _argument_memory():
    """Fields 48 and 49 of /proc/self/stat; the name in field 2 may hold spaces and parentheses."""
    with open("/proc/self/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
    start, end = int(fields[48 - 3]), int(fields[49 - 3])
    if not 0 < start < end:
        raise ValueError("no argument memory")
    return start, end
