{{ log_streams_judged('user_lifecycle') }}
