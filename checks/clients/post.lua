-- wrk -t1 -c16 -d10s -s post.lua http://127.0.0.1:8080/v1/events
wrk.method = "POST"
wrk.body = '{"order":4711,"total":19.99}'
wrk.headers["Content-Type"] = "application/json"
