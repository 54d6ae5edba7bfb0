-- One XADD a request, as webdis takes it.
wrk.method = "POST"
wrk.body = "XADD/events/*/event/" .. os.getenv("BENCH_TEXT")
wrk.path = "/"
