{{ log_streams_judged('authorization_failure') }}
