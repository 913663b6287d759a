"""What the peers share: repeated calls, and memory."""
import json, resource, statistics, time


def seconds(call, repeat, least=0.02):
    """Seconds a call, `repeat` times, after two calls to warm up; short calls are repeated within a measurement."""
    call()
    begin = time.perf_counter()
    call()
    calls = max(1, round(least / (time.perf_counter() - begin)))
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - begin) / calls)
    return times


def timing(times):
    return dict(medianMs=statistics.median(times) * 1e3, minMs=min(times) * 1e3, maxMs=max(times) * 1e3)


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(**fields):
    print(json.dumps(fields), flush=True)
