{{ log_streams_judged('authentication') }}
