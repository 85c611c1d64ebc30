"""Runs a command and tells its wall time and peak memory."""
import os
import signal
import statistics
import subprocess
import time

FAST = 3.0  # seconds; what is faster is run three times


class TooLong(Exception):
    pass


class Wrong(Exception):
    pass


def once(command, good, timeout, env, cwd):
    """(seconds, kilobytes). The kernel counts this process's own memory before exec too, so about 12 MB is the floor."""
    with open(os.path.join(cwd, "output"), "w+b") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, cwd=cwd, start_new_session=True
        )

        def stop(*_):
            os.killpg(process.pid, signal.SIGKILL)

        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, timeout)
        _, status, usage = os.wait4(process.pid, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        seconds = time.perf_counter() - started
        code = os.waitstatus_to_exitcode(status)
        process.returncode = code
        if code == -signal.SIGKILL and seconds >= timeout:
            raise TooLong()
        if code not in good:
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
            raise Wrong(f"{' '.join(command)}: exit {code}\n{text[-3000:]}")
    return seconds, usage.ru_maxrss


def median(command, good=(0,), timeout=120, env=None, cwd=".", before=None, most=3):
    """The median of three runs when the first is fast, else that one. `before` runs ahead of each, untimed."""
    runs = []
    while len(runs) < most:
        if before:
            before()
        runs.append(once(command, good, timeout, env, cwd))
        if runs[0][0] > FAST:
            break
    return statistics.median(run[0] for run in runs), max(run[1] for run in runs)
